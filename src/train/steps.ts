// The steps of training around the network: the inputs of a batch, dropout, the loss, and the optimizer.

import { hashOf } from "../plan/steps/perturb.js";
import type { PlanBuffer } from "../plan/types.js";
import type { BufferId, Step, View } from "../shaders/step.js";
import { channels, plane, quads, vec4s } from "../tensor/layout.js";
import type { Optimizer, Parameter, TrainingPlanOptions, TrainingPorts } from "./types.js";

/** From the bytes of a batch to the network's inputs, by batch.wgsl. */
export function inputStep(
  { run, training, pixels }: TrainingPorts,
  { buffer, layout }: View,
  { scale, shift, margin, mirror }: TrainingPlanOptions,
): Step {
  const { height, width } = plane(layout);
  return {
    label: "inputs",
    shader: "batch",
    entry: "make_inputs",
    uniforms: {
      layer: {
        ...{ channels: channels(layout), height, width, stride: vec4s(layout) },
        ...{ margin, mirror: mirror ? 1 : 0, scale, shift },
      },
    },
    bindings: { run, training, pixels, inputs: buffer },
    workgroups: [Math.ceil((height * width) / 64), quads(layout), 1],
    samples: 1,
  };
}

/** Sets a part of a tensor, or of its gradient, to 0. */
export function dropoutStep(name: string, run: BufferId, view: View, rate: number): Step {
  const { buffer, layout, offset, stride } = view;
  return {
    label: `dropout of ${name}`,
    shader: "dropout",
    entry: "drop",
    uniforms: { layer: { vec4s: vec4s(layout), offset, stride, name: hashOf(name), rate } },
    bindings: { run, elements: buffer },
    workgroups: [Math.ceil(vec4s(layout) / 64), 1, 1],
    samples: 1,
  };
}

/** The loss of each sample and its gradient, and what is added to the totals. */
export function lossSteps(
  { run, labels, totals }: TrainingPorts,
  {
    logits,
    dy,
    results,
    batch,
  }: Readonly<{ logits: View; dy: View; results: BufferId; batch: number }>,
): Step[] {
  const loss = {
    label: "loss",
    shader: "loss",
    entry: "cross_entropy",
    uniforms: {
      layer: {
        ...{ channels: channels(logits.layout), offset: logits.offset, stride: logits.stride },
        ...{ dy_offset: dy.offset, dy_stride: dy.stride },
      },
    },
    bindings: { run, logits: logits.buffer, labels, dy: dy.buffer, results },
    workgroups: [Math.ceil(batch / 64), 1, 1] as const,
    samples: 0,
  };
  const bindings = { run, results, totals };
  const one = [1, 1, 1] as const;
  return [
    loss,
    { ...loss, label: "totals", entry: "add_up", uniforms: {}, bindings, workgroups: one },
  ];
}

/** Adds up the parts of a parameter's gradient, and lets the optimizer step. */
export function updateStep(
  { buffer, memories, parts, partCount }: Parameter,
  { label, bytes }: PlanBuffer,
  optimizer: Optimizer,
  training: BufferId,
): Step {
  const vec4s = bytes / 16;
  const [mean, mean_square] = memories as [BufferId, BufferId?];
  return {
    label: `${label} update`,
    shader: "optimizer",
    entry: optimizer,
    uniforms: { layer: { vec4s, parts: partCount } },
    bindings: {
      ...{ training, parts, weights: buffer, mean },
      ...(mean_square !== undefined && { mean_square }),
    },
    workgroups: [Math.min(Math.ceil(vec4s / 64), 65535), 1, 1],
    samples: 0,
  };
}
