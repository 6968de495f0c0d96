// im2col for convolutions of one channel: im2col.wgsl copies what the taps see into channels, and conv.wgsl multiplies them by
// the weights. That takes a quarter of the products and of the loads, because all four lanes are in use. Training does the
// same in the graph (train/first-layer.ts), where the weights can be learned in their own buffer.

import type { View } from "../../shaders/step.js";
import type { Constant } from "../../tensor/types.js";
import { type Arguments, gradientTo, join, layer, source } from "../epilogue.js";
import type { Node, Planning, Sink } from "../types.js";
import { pointwise } from "../window.js";
import { chooseDirect } from "./choose.js";
import { directForward } from "./direct.js";
import { type Convolution, operations, sizesOf, tapsOf } from "./geometry.js";

/** What is seen through the taps, as channels. */
function seenBy(node: Node, plan: Planning, name: string, conv: Convolution): View {
  const layout = { shape: [1, tapsOf(conv.geometry), ...conv.geometry.output], channel: 1 };
  return plan.savedTensor(node, name, layout);
}

/** The product between: from taps to channels, or back. */
function product(conv: Convolution, isTurned: boolean): Convolution {
  const { key, bias, geometry } = conv;
  const { outputs, output } = geometry;
  const { type, data } = conv.weights;
  const taps = tapsOf(conv.geometry);
  const turned: Constant = {
    type,
    shape: [taps, outputs, 1, 1],
    get data() {
      const at = (i: number) => (i % outputs) * taps + Math.floor(i / outputs);
      return Float32Array.from({ length: taps * outputs }, (_, i) => data[at(i)] as number);
    },
  };
  return {
    geometry: {
      ...pointwise(output),
      groups: 1,
      channels: isTurned ? outputs : taps,
      outputs: isTurned ? taps : outputs,
    },
    weights: isTurned ? turned : { type, shape: [outputs, taps, 1, 1], data },
    bias: isTurned ? undefined : bias,
    key: `${key} by taps${isTurned ? ", turned" : ""}`,
    flops: operations(geometry),
  };
}

/** A launch with an invocation for each of so many pixels. */
function launch(conv: Convolution, args: Arguments, pixels: readonly [number, number]) {
  return {
    shader: "im2col",
    ...join(args, layer(sizesOf(conv.geometry))),
    workgroups: [Math.ceil((pixels[0] * pixels[1]) / 64), 1, 1] as const,
    samples: 1,
  };
}

/** Writes down y = a(b + W ∗ x). */
export function im2colForward(node: Node, plan: Planning, conv: Convolution, x: View): void {
  const seen = seenBy(node, plan, "im2col", conv);
  const args = join(source("x", x), { uniforms: {}, bindings: { seen: seen.buffer } });
  plan.step({
    ...launch(conv, args, conv.geometry.output),
    label: `${node.name} neighborhoods`,
    entry: "spread",
  });
  const middle = product(conv, false);
  directForward(node, plan, middle, chooseDirect(middle, "forward", plan.tiling), seen);
}

/** Writes down dx = Wᵀ ∗ dy. */
export function im2colBackward(
  node: Node,
  plan: Planning,
  conv: Convolution,
  dy: View,
  sink: Sink,
): void {
  const seen = seenBy(node, plan, "neighborhoods back", conv);
  const back = { ...node, name: `${node.name} back` };
  const middle = product(conv, true);
  directForward(back, plan, middle, chooseDirect(middle, "forward", plan.tiling), dy, seen);
  const args = join(gradientTo(sink, plan), {
    uniforms: {},
    bindings: { seen_back: seen.buffer },
  });
  plan.step({
    ...launch(conv, args, conv.geometry.input),
    label: `${node.name} back, result`,
    entry: "gather",
  });
}
