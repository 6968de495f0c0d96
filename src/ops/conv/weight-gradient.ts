// The gradients of what layers have to learn, by weight-gradient.wgsl: for training alone, and so apart from the rest, which everyone loads.

import { positions } from "../../tensor/layout.js";
import { inputOf, nodeError, outputOf } from "../attributes.js";
import { join, layer } from "../epilogue.js";
import { asConvolution, linearOf } from "../gemm.js";
import type { Node, TrainingPlanning, WeightGradient } from "../types.js";
import { isDepthwise } from "./choose.js";
import { convolutionOf } from "./conv.js";
import { type Convolution, groupQuads, operations, sizesOf, tapsOf } from "./geometry.js";
import { biasOf, matrices } from "./weights.js";

const conv: WeightGradient = (node, plan) => {
  const own = convolutionOf(node, plan);
  if (isDepthwise(own.geometry)) {
    throw nodeError(node, "a convolution with a group for each channel cannot be trained");
  }
  writeDown(node, plan, own, "conv");
};

/** A dense layer is a convolution whose only position is a sample, so that the sum is over samples alone. */
const dense: WeightGradient = (node, plan) => {
  const count = positions(plan.value(inputOf(node)).layout);
  writeDown(node, plan, asConvolution(linearOf(node, plan), count), count > 1 ? "conv" : "dense");
};

/** Writes down the gradients of the parameters that layers of each operator have. */
export const weightGradients: Readonly<Record<string, WeightGradient>> = {
  Conv: conv,
  Gemm: dense,
  MatMul: dense,
};

/** Invocations that keep a device busy; the samples are cut into as many parts as that takes. */
const BUSY = 2048;

/** Writes down dW = Σ dy ⊗ x and db = Σ dy. */
function writeDown(
  node: Node,
  plan: TrainingPlanning,
  conv: Convolution,
  entry: "conv" | "dense",
): void {
  const x = plan.value(inputOf(node));
  const dy = plan.gradient(outputOf(node));
  const { geometry } = conv;
  const { output, channels, outputs } = geometry;
  const quads = groupQuads(geometry);
  const size = (count: number) => ([4, 2, 1] as const).find((q) => q <= count) ?? 1;
  const [OUT_QUADS, IN_QUADS] = [size(quads.out_quads), size(quads.in_quads)];
  const blocks = Math.ceil(quads.out_quads / OUT_QUADS) * Math.ceil(quads.in_quads / IN_QUADS);
  const invocations = quads.groups * blocks * tapsOf(geometry);
  // The kernels take samples four at a time.
  const most = Math.ceil(plan.batch / 4);
  const wanted = Math.min(most, Math.ceil(BUSY / invocations));
  const samples_of_part = 4 * Math.ceil(most / wanted);
  const parts = Math.ceil(plan.batch / samples_of_part);
  const sizes = layer({
    ...sizesOf(geometry),
    ...quads,
    channels: channels / geometry.groups,
    outputs: outputs / geometry.groups,
    all_outputs: outputs,
    x_offset: x.offset,
    x_stride: x.stride,
    dy_offset: dy.offset,
    dy_stride: dy.stride,
    samples_of_part,
    parts,
  });
  const launches = {
    shader: "weight-gradient",
    constants: { WORKGROUP: plan.tiling.workgroup, OUT_QUADS, IN_QUADS },
    uniforms: sizes.uniforms,
    samples: 0,
  };
  const groups = (count: number) => Math.ceil(count / plan.tiling.workgroup);
  const w = matrices(conv, plan).bindings.w as number;
  if (plan.isLearned(w)) {
    plan.step({
      ...launches,
      label: `${node.name} weights`,
      entry,
      bindings: { run: plan.run, x: x.buffer, dy: dy.buffer, dw: plan.partsOf(w, parts) },
      workgroups: [groups(invocations * parts), 1, 1],
      flops: operations(geometry) * plan.batch,
    });
  }
  const b = biasOf(conv, plan).bindings.b as number;
  if (conv.bias && plan.isLearned(b)) {
    // A position of a sample costs little here: each sample may be a part.
    const each = Math.ceil(plan.batch / Math.min(plan.batch, 16));
    const count = Math.ceil(plan.batch / each);
    plan.step({
      ...launches,
      uniforms: join(sizes, layer({ samples_of_part: each })).uniforms,
      label: `${node.name} bias`,
      entry: "bias",
      bindings: { run: plan.run, dy: dy.buffer, db: plan.partsOf(b, count) },
      workgroups: [groups(quads.groups * quads.out_quads), 1, count],
      flops: output[0] * output[1] * outputs * plan.batch,
    });
  }
}
