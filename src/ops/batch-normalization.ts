// BatchNormalization with its trained statistics: a scale and a shift for each channel. Most are folded into
// the convolution before (graph/fuse.ts); one that stands alone is batch-normalization.wgsl.

import { channels, packVector, positions, quads } from "../tensor/layout.js";
import type { Constant } from "../tensor/types.js";
import { constantInput, inputOf, nodeError, numberOf, outputOf } from "./attributes.js";
import { activated, gradientTo, join, layer, source } from "./epilogue.js";
import { STABILIZER } from "./rules/lrp.js";
import type { Node, Op, Planning } from "./types.js";

/** y = scale·x + shift for each channel, as the node's statistics say. */
export function affineOf(
  node: Node,
  constants: ReadonlyMap<string, Constant>,
): { scale: Float64Array; shift: Float64Array } {
  if (numberOf(node, "training_mode", 0)) {
    throw nodeError(node, "training mode mixes the samples: export the model in evaluation mode");
  }
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((k) => {
    const constant = constantInput(node, k, constants, "its statistics");
    if (!constant) throw nodeError(node, "it needs scale, bias, mean and variance");
    return constant.data;
  }) as [Float32Array, Float32Array, Float32Array, Float32Array];
  if ([beta, mean, variance].some(({ length }) => length !== gamma.length)) {
    throw nodeError(node, "its scale, bias, mean and variance are not equally long");
  }
  const epsilon = numberOf(node, "epsilon", 1e-5);
  const scale = Float64Array.from(
    gamma,
    (g, c) => g / Math.sqrt((variance[c] as number) + epsilon),
  );
  const shift = Float64Array.from(beta, (b, c) => b - (mean[c] as number) * (scale[c] as number));
  return { scale, shift };
}

function scaleBuffer(node: Node, plan: Planning, which: "scale" | "shift"): number {
  const count = (plan.constant(inputOf(node, 1)) as Constant).data.length;
  return plan.weights(`${node.name} ${which}`, Math.ceil(count / 4), () =>
    packVector(affineOf(node, plan.graph.constants)[which]),
  );
}

export const BatchNormalization: Op = {
  fusesActivation: true,
  channel: (_node, k, [x]) => (k === 0 && x && x.shape.length > 1 ? 1 : undefined),
  infer(node, [x], constants) {
    if (!x) throw nodeError(node, "its input is constant: it should have been folded");
    const { length } = affineOf(node, constants).scale;
    if (length !== channels(x)) {
      throw nodeError(node, `it has ${length} channels, its input [${x.shape}] has ${channels(x)}`);
    }
    return [x];
  },
  forward(node, plan) {
    const x = plan.value(inputOf(node));
    const count = positions(x.layout);
    const args = join(source("x", x), activated(node, plan, count));
    plan.step({
      label: node.name,
      shader: "batch-normalization",
      entry: "forward",
      uniforms: join(args, layer({ positions: count })).uniforms,
      bindings: {
        ...args.bindings,
        scale: scaleBuffer(node, plan, "scale"),
        shift: scaleBuffer(node, plan, "shift"),
      },
      workgroups: [Math.ceil(count / 8 / 64), quads(x.layout), 1],
      samples: 1,
    });
  },
  rules: {
    gradient(node, plan) {
      const sink = plan.sink(node, 0);
      if (!sink) return;
      const count = positions(sink.layout);
      const dy = plan.gradient(outputOf(node));
      const args = join(source("dy", dy), gradientTo(sink, plan));
      plan.step({
        label: `${node.name} back`,
        shader: "batch-normalization",
        entry: "backward",
        uniforms: join(args, layer({ positions: count })).uniforms,
        bindings: { ...args.bindings, scale: scaleBuffer(node, plan, "scale") },
        workgroups: [Math.ceil(count / 64), quads(sink.layout), 1],
        samples: 1,
      });
    },
    epsilon(node, plan) {
      const sink = plan.sink(node, 0);
      if (!sink) return;
      const x = plan.value(inputOf(node));
      const r = plan.gradient(outputOf(node));
      const count = positions(sink.layout);
      const sizes = { positions: count, r_offset: r.offset, r_stride: r.stride };
      const args = join(
        source("x", x),
        gradientTo(sink, plan),
        layer({ ...sizes, epsilon: STABILIZER }),
      );
      plan.step({
        label: `${node.name} relevance`,
        shader: "batch-normalization",
        entry: "backward_share",
        uniforms: args.uniforms,
        bindings: {
          ...args.bindings,
          dy: r.buffer,
          scale: scaleBuffer(node, plan, "scale"),
          shift: scaleBuffer(node, plan, "shift"),
        },
        workgroups: [Math.ceil(count / 64), quads(sink.layout), 1],
        samples: 1,
      });
    },
  },
};
