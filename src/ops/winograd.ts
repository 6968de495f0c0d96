// Convolutions of 3 × 3 with a quarter of the products, by winograd.wgsl at both ends and conv.wgsl between.

import { positions, vec4s } from "../layout.js";
import type { Node, Planning, Sink, Step, View } from "../types.js";
import { biasPart, type Convolution, convolve, convolveBack, operations } from "./convolution.js";
import { activated, gradientTo, join, layer, type Part, source } from "./epilogue.js";

/** Places of a tile, pixels along each side of what it makes. */
const PLACES = 36;
const SIDE = 4;

/** The most bytes of transformed weights, which are four times those of the model. */
const MOST_BYTES = 2 ** 26;

const quadsOf = (channels: number): number => Math.ceil(channels / 4);

/** How many tiles cover the plane. */
function tilesOf({ window }: Convolution): number {
  return Math.ceil(window.output[0] / SIDE) * Math.ceil(window.output[1] / SIDE);
}

/** True where winograd.wgsl can make the convolution, and sooner than conv.wgsl. */
export function isWinograd(node: Node, conv: Convolution, plan: Planning): boolean {
  const { window, groups, change } = conv;
  const isAll = (pair: readonly number[], n: number) => pair.every((v) => v === n);
  const fits =
    isAll(window.kernel, 3) &&
    isAll([...window.stride, ...window.dilation, ...window.before, ...window.after], 1) &&
    groups === 1 &&
    !change &&
    // The mask is made of the result.
    (node.activation?.slope ?? 0) >= 0;
  if (!fits || !plan.tiling.winograd || plan.changingWeights) return false;
  const [from, to] = [quadsOf(conv.channels), quadsOf(conv.outputs)];
  if (PLACES * from * to * 64 > MOST_BYTES) return false;
  // Loads and stores of vec4s: half of one for each product of a matrix and a vector, which is what a tile of
  // conv.wgsl comes to, and what the ends read and write.
  const direct = (window.output[0] * window.output[1] * 9 * from * to) / 2;
  const tiles = tilesOf(conv) * ((PLACES * from * to) / 2 + 66 * (from + to));
  return tiles < direct;
}

/** G w of three weights: six, `step` apart from `at` on. */
function spread(
  from: ArrayLike<number>,
  [w, stride]: readonly [number, number],
  to: Float32Array | Float64Array,
  [at, step]: readonly [number, number],
): void {
  const [a, b, c] = [from[w], from[w + stride], from[w + 2 * stride]] as [number, number, number];
  const [near, far] = [-(a + c) / 6, a / 24 + c / 6];
  to[at] = a / 4;
  to[at + step] = near - b / 6;
  to[at + 2 * step] = near + b / 6;
  to[at + 3 * step] = far + b / 12;
  to[at + 4 * step] = far - b / 12;
  to[at + 5 * step] = c;
}

/** G w Gᵀ of every pair of channels as conv.wgsl reads them: [36][O/4][C/4] of 4 × 4 matrices, column by column. */
function packPlaces({ weights: { data }, channels, outputs }: Convolution): Float32Array {
  const [from, to] = [quadsOf(channels), quadsOf(outputs)];
  const place = from * to * 16;
  const packed = new Float32Array(PLACES * place);
  const half = new Float64Array(18);
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < channels; c++) {
      const w = (o * channels + c) * 9;
      const at = ((o >> 2) * from + (c >> 2)) * 16 + (c & 3) * 4 + (o & 3);
      for (let k = 0; k < 3; k++) spread(data, [w + k, 3], half, [k, 3]);
      for (let i = 0; i < 6; i++) {
        spread(half, [3 * i, 1], packed, [at + 6 * i * place, place]);
      }
    }
  }
  return packed;
}

/** The products at all places: a 1 × 1 convolution over the tiles, in a group for each place. */
function products(conv: Convolution): Convolution {
  const row: [number, number] = [1, tilesOf(conv)];
  return {
    window: {
      kernel: [1, 1],
      stride: [1, 1],
      dilation: [1, 1],
      before: [0, 0],
      after: [0, 0],
      input: row,
      output: row,
    },
    groups: PLACES,
    channels: PLACES * quadsOf(conv.channels) * 4,
    outputs: PLACES * quadsOf(conv.outputs) * 4,
    weights: conv.weights,
    packed: () => packPlaces(conv),
    bias: undefined,
    key: `${conv.key} by places`,
    flops: operations(conv),
  };
}

/** A buffer of a node for what all places of all tiles hold. */
function tiled(
  node: Node,
  plan: Planning,
  name: string,
  conv: Convolution,
  channels: number,
): View {
  const shape = [1, PLACES * quadsOf(channels) * 4, 1, tilesOf(conv)];
  const layout = { shape, channel: 1 };
  const stride = vec4s(layout);
  return { buffer: plan.saved(node, name, stride * 16), layout, offset: 0, stride };
}

/** A launch with an invocation for each tile of each quad, or so many others. */
function launch(
  { window }: Convolution,
  plan: Planning,
  part: Part,
  channels: number,
  perQuad: number,
): Omit<Step, "label" | "entry"> {
  const { workgroup } = plan.tiling;
  const quads = quadsOf(channels);
  const [height, width] = window.output;
  return {
    shader: "winograd",
    constants: { WORKGROUP: workgroup },
    ...join(part, layer({ height, width, quads })),
    workgroups: [Math.ceil((quads * perQuad) / workgroup), 1, 1],
    samples: 1,
  };
}

/** Writes down y = a(b + W ∗ x). */
export function winogradForward(node: Node, plan: Planning, conv: Convolution, x: View): void {
  const { channels, outputs, window } = conv;
  const tiles = tiled(node, plan, "tiles", conv, channels);
  const made = tiled(node, plan, "products", conv, outputs);
  const spread = join(source("x", x), { uniforms: {}, bindings: { tiles: tiles.buffer } });
  plan.step({
    ...launch(conv, plan, spread, channels, tilesOf(conv)),
    label: `${node.name} tiles`,
    entry: "spread_forward",
  });
  convolve(node, plan, products(conv), tiles, made);
  const { uniforms, bindings, mask } = activated(node, plan, window.output[0] * window.output[1]);
  const { mask: bits, ...result } = bindings;
  const gather = join(biasPart(conv, plan), {
    uniforms,
    bindings: { ...result, products: made.buffer },
  });
  plan.step({
    ...launch(conv, plan, gather, outputs, tilesOf(conv)),
    label: `${node.name} result`,
    entry: "gather_forward",
  });
  if (!mask) return;
  const words = Math.ceil(positions(plan.value(node.outputs[0] as string).layout) / 8);
  plan.step({
    ...launch(conv, plan, { uniforms, bindings }, outputs, words),
    label: `${node.name} mask`,
    entry: "mark",
  });
}

/** Writes down dx = Wᵀ ∗ dy. */
export function winogradBackward(
  node: Node,
  plan: Planning,
  conv: Convolution,
  dy: View,
  sink: Sink,
): void {
  const { channels, outputs } = conv;
  const tiles = tiled(node, plan, "tiles back", conv, outputs);
  const made = tiled(node, plan, "products back", conv, channels);
  const spread = join(source("x", dy), { uniforms: {}, bindings: { tiles: tiles.buffer } });
  plan.step({
    ...launch(conv, plan, spread, outputs, tilesOf(conv)),
    label: `${node.name} back, tiles`,
    entry: "spread_backward",
  });
  convolveBack(node, plan, products(conv), tiles, { ...made, add: false });
  const gather = join(gradientTo(sink, plan), {
    uniforms: {},
    bindings: { products: made.buffer },
  });
  plan.step({
    ...launch(conv, plan, gather, channels, tilesOf(conv)),
    label: `${node.name} back, result`,
    entry: "gather_backward",
  });
}
