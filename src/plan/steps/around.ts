// The steps before and after the network: what is known of the image, which class, the noisy samples that go in;
// the gradient that the backward pass begins with, and the moments that take what comes out.

import type { Ports } from "../../methods/procedure.js";
import type { Head } from "../../ops/types.js";
import type { BufferId, Step, View } from "../../shaders/step.js";

import { channels, positions, quads, vec4s } from "../../tensor/layout.js";
import type { Layout } from "../../tensor/types.js";
import { HEADS } from "../scores.js";

const sampleLayer = (input: Layout) => ({
  channels: channels(input),
  positions: positions(input),
  stride: vec4s(input),
});

/** The least and the greatest element of the image. */
export function rangeStep({ image, range }: Ports, input: Layout): Step {
  return {
    label: "range",
    shader: "target",
    entry: "range",
    uniforms: { layer: { channels: channels(input), positions: positions(input) } },
    bindings: { values: image, extremes: range },
    workgroups: [1, 1, 1],
    samples: 0,
  };
}

/** Standard deviation of every element's noise, for a noise of 1. */
export function spreadStep({ image, range, spread, table, run }: Ports, input: Layout): Step {
  return {
    label: "spread",
    shader: "noise",
    entry: "find_spread",
    uniforms: { layer: sampleLayer(input) },
    bindings: { image, image_range: range, table, spread_out: spread, run },
    workgroups: [Math.ceil(vec4s(input) / 64), 1, 1],
    samples: 0,
  };
}

/** The class of the first sample becomes the target. */
export function classStep(target: BufferId, logits: View): Step {
  return {
    label: "class",
    shader: "target",
    entry: "top_class",
    uniforms: { layer: { channels: channels(logits.layout) } },
    bindings: { logits: logits.buffer, class_index: target },
    workgroups: [1, 1, 1],
    samples: 0,
  };
}

/** The inputs of a batch: the image with noise, or a place on the way there from a baseline. */
export function noiseStep(ports: Ports, input: Layout, noisy: BufferId, hasPaths: boolean): Step {
  const { image, spread, baselines, table, run } = ports;
  return {
    constants: { PATHS: hasPaths ? 1 : 0, ALIGNED: positions(input) % 4 === 0 ? 1 : 0 },
    label: "noise",
    shader: "noise",
    entry: "add_noise",
    uniforms: { layer: sampleLayer(input) },
    bindings: { image, spread, baselines, table, noisy, run },
    workgroups: [Math.ceil(positions(input) / 4 / 64), quads(input), 1],
    samples: 1,
  };
}

/** The gradient of the target with respect to the logits. */
export function seedStep(target: BufferId, logits: View, seeds: View, head: Head): Step {
  return {
    label: "seed",
    shader: "target",
    entry: "seed",
    constants: { HEAD: HEADS.indexOf(head) },
    uniforms: {
      layer: {
        channels: channels(logits.layout),
        stride: seeds.stride,
        logits_stride: logits.stride,
        logits_offset: logits.offset,
      },
    },
    bindings: { target_class: target, logits: logits.buffer, seeds: seeds.buffer },
    workgroups: [1, 1, 1],
    samples: 1,
  };
}

/** The target itself, of each sample. */
export function scoreStep(target: BufferId, logits: View, scores: BufferId, head: Head): Step {
  return {
    label: "score",
    shader: "target",
    entry: "score",
    constants: { HEAD: HEADS.indexOf(head) },
    uniforms: {
      layer: {
        channels: channels(logits.layout),
        logits_stride: logits.stride,
        logits_offset: logits.offset,
      },
    },
    bindings: { target_class: target, logits: logits.buffer, scores },
    workgroups: [1, 1, 1],
    samples: 1,
  };
}

/** Takes what came out of a batch into the moments. */
export function accumulateStep(
  ports: Ports,
  input: Layout,
  gradients: BufferId,
  hasPaths: boolean,
): Step {
  const { image, spread, baselines, table, moments, run } = ports;
  return {
    constants: { PATHS: hasPaths ? 1 : 0 },
    label: "accumulate",
    shader: "moments",
    entry: "accumulate",
    uniforms: { layer: sampleLayer(input) },
    bindings: { image, spread, baselines, table, gradients, moments, run },
    workgroups: [Math.ceil(vec4s(input) / 64), 1, 1],
    samples: 0,
  };
}
