// Convolutions of one channel, by neighborhoods.wgsl at both ends and conv.wgsl between: a quarter of the products, and
// of the loads, because all four lanes of what is multiplied are in use.

import type { View } from "../../shaders/step.js";
import type { Constant } from "../../tensor/types.js";
import { gradientTo, join, layer, type Part, source } from "../epilogue.js";
import type { Node, Planning, Sink } from "../types.js";
import { pointwise } from "../window.js";
import { type Convolution, convolve, geometry, operations } from "./direct.js";

/** With fewer taps there is nothing to win. */
const LEAST_TAPS = 8;

const tapsOf = ({ window }: Convolution): number => window.kernel[0] * window.kernel[1];

/** True where neighborhoods.wgsl can, and it is sooner done so. */
export function isNeighborhoods(conv: Convolution, plan: Planning): boolean {
  // Noise on weights is drawn for each element of their buffer, and here are two.
  if (conv.change || plan.changingWeights) return false;
  return conv.channels === 1 && conv.groups === 1 && tapsOf(conv) >= LEAST_TAPS;
}

/** What is seen through the taps, as channels. */
function seenBy(node: Node, plan: Planning, name: string, conv: Convolution): View {
  const layout = { shape: [1, tapsOf(conv), ...conv.window.output], channel: 1 };
  return plan.savedTensor(node, name, layout);
}

/** The product between: from taps to channels, or back. */
function product(conv: Convolution, isTurned: boolean): Convolution {
  const { key, bias, outputs, window } = conv;
  const { type, data } = conv.weights;
  const taps = tapsOf(conv);
  const turned: Constant = {
    type,
    shape: [taps, outputs, 1, 1],
    get data() {
      const at = (i: number) => (i % outputs) * taps + Math.floor(i / outputs);
      return Float32Array.from({ length: taps * outputs }, (_, i) => data[at(i)] as number);
    },
  };
  return {
    window: pointwise(window.output),
    groups: 1,
    channels: isTurned ? outputs : taps,
    outputs: isTurned ? taps : outputs,
    weights: isTurned ? turned : { type, shape: [outputs, taps, 1, 1], data },
    bias: isTurned ? undefined : bias,
    key: `${key} by taps${isTurned ? ", turned" : ""}`,
    flops: operations(conv),
  };
}

/** A launch with an invocation for each of so many pixels. */
function launch(conv: Convolution, part: Part, pixels: readonly [number, number]) {
  const { kernel, stride } = conv.window;
  const sizes = layer({
    ...geometry(conv),
    kernel_y: kernel[0],
    kernel_x: kernel[1],
    stride_y: stride[0],
    stride_x: stride[1],
  });
  return {
    shader: "neighborhoods",
    ...join(part, sizes),
    workgroups: [Math.ceil((pixels[0] * pixels[1]) / 64), 1, 1] as const,
    samples: 1,
  };
}

/** Writes down y = a(b + W ∗ x). */
export function neighborhoodsForward(node: Node, plan: Planning, conv: Convolution, x: View): void {
  const seen = seenBy(node, plan, "neighborhoods", conv);
  const parts = join(source("x", x), { uniforms: {}, bindings: { seen: seen.buffer } });
  plan.step({
    ...launch(conv, parts, conv.window.output),
    label: `${node.name} neighborhoods`,
    entry: "spread",
  });
  convolve(node, plan, product(conv, false), seen);
}

/** Writes down dx = Wᵀ ∗ dy. */
export function neighborhoodsBackward(
  node: Node,
  plan: Planning,
  conv: Convolution,
  dy: View,
  sink: Sink,
): void {
  const seen = seenBy(node, plan, "neighborhoods back", conv);
  const back = { ...node, name: `${node.name} back` };
  convolve(back, plan, product(conv, true), dy, seen);
  const parts = join(gradientTo(sink, plan), {
    uniforms: {},
    bindings: { seen_back: seen.buffer },
  });
  plan.step({
    ...launch(conv, parts, conv.window.input),
    label: `${node.name} back, result`,
    entry: "gather",
  });
}
