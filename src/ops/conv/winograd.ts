// Convolutions of 3 × 3 with a quarter of the products, and of 5 × 5 with a sixth of them, by winograd.wgsl and
// winograd5.wgsl at both ends and conv.wgsl between.

import type { Step, View } from "../../shaders/step.js";
import { positions } from "../../tensor/layout.js";
import { outputOf } from "../attributes.js";
import { type Arguments, activated, gradientTo, join, layer, source } from "../epilogue.js";
import { residual } from "../residual.js";
import type { Node, Planning, Sink } from "../types.js";
import { pointwise } from "../window.js";
import { chooseDirect } from "./choose.js";
import { directBackward, directForward } from "./direct.js";
import { type Convolution, type Geometry, operations } from "./geometry.js";
import { biasOf } from "./weights.js";

/** Pixels along each side of what a tile makes. */
const SIDE = 4;

const quadsOf = (channels: number): number => Math.ceil(channels / 4);

/** How many tiles cover the plane. */
function tilesOf({ output }: Geometry): number {
  return Math.ceil(output[0] / SIDE) * Math.ceil(output[1] / SIDE);
}

/** Length of the kernel's sides. */
const sizeOf = ({ kernel }: Geometry): number => kernel[0];

/** Places along each side of a tile, and of the whole tile. */
const lineOf = (geometry: Geometry): number => SIDE + sizeOf(geometry) - 1;
const placesOf = (geometry: Geometry): number => lineOf(geometry) ** 2;

/** The rows of G for each size of kernel: what becomes of its weights at the points 0, ±1, ±2, (±1/2,) ∞. */
const SPREADS: Readonly<Record<number, readonly (readonly number[])[]>> = {
  3: [
    [1 / 4, 0, 0],
    ...[1, -1].map((p) => [-1 / 6, -p / 6, -1 / 6]),
    ...[2, -2].map((p) => [1 / 24, p / 24, 1 / 6]),
    [0, 0, 1],
  ],
  5: [
    [1, 0, 0, 0, 0],
    ...[1, -1].map((p) => powers(p, -2 / 9)),
    ...[2, -2].map((p) => powers(p, 1 / 90)),
    ...[1 / 2, -1 / 2].map((p) => powers(p, 32 / 45)),
    [0, 0, 0, 0, 1],
  ],
};

function powers(p: number, factor: number): number[] {
  return [0, 1, 2, 3, 4].map((k) => factor * p ** k);
}

/**
 * G w Gᵀ of every pair of channels as conv.wgsl reads them: [places][O/4][C/4] of 4 × 4 matrices, column by column.
 * For the way back of a convolution that is one itself: of turned weights, with inputs for outputs.
 */
function* packPlaces(conv: Convolution, isTurned: boolean): Generator<void, Float32Array> {
  const { geometry } = conv;
  const { channels, outputs } = geometry;
  const { data } = conv.weights;
  const [size, line] = [sizeOf(geometry), lineOf(geometry)];
  const spread = Float64Array.from((SPREADS[size] as readonly (readonly number[])[]).flat());
  const taps = size * size;
  const [from, to] = [quadsOf(channels), quadsOf(outputs)];
  const place = from * to * 16;
  const packed = new Float32Array(placesOf(geometry) * place);
  const half = new Float64Array(line * size);
  // Millions of weights go through here: plain loops.
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < channels; c++) {
      const first = (o * channels + c) * taps;
      for (let r = 0; r < line; r++) {
        for (let k = 0; k < size; k++) {
          let sum = 0;
          for (let m = 0; m < size; m++) {
            const tap = m * size + k;
            const w = data[first + (isTurned ? taps - 1 - tap : tap)] as number;
            sum += (spread[r * size + m] as number) * w;
          }
          half[r * size + k] = sum;
        }
      }
      const [i, j, across] = isTurned ? [o, c, to] : [c, o, from];
      let at = ((j >> 2) * across + (i >> 2)) * 16 + (i & 3) * 4 + (j & 3);
      for (let r = 0; r < line; r++) {
        for (let k = 0; k < line; k++) {
          let sum = 0;
          for (let m = 0; m < size; m++) {
            sum += (spread[k * size + m] as number) * (half[r * size + m] as number);
          }
          packed[at] = sum;
          at += place;
        }
      }
    }
    yield;
  }
  return packed;
}

/** The products at all places: a 1 × 1 convolution over the tiles, in a group for each place. */
function products(conv: Convolution, isTurned = false): Convolution {
  const { geometry } = conv;
  const places = placesOf(geometry);
  const [from, to] = [quadsOf(geometry.channels), quadsOf(geometry.outputs)];
  return {
    geometry: {
      ...pointwise([1, tilesOf(geometry)]),
      groups: places,
      channels: places * (isTurned ? to : from) * 4,
      outputs: places * (isTurned ? from : to) * 4,
    },
    weights: conv.weights,
    packed: () => packPlaces(conv, isTurned),
    bias: undefined,
    key: `${conv.key} by places${isTurned ? ", turned" : ""}`,
    flops: operations(geometry),
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
  const shape = [1, placesOf(conv.geometry) * quadsOf(channels) * 4, 1, tilesOf(conv.geometry)];
  const layout = { shape, channel: 1 };
  return plan.savedTensor(node, name, layout);
}

/** A launch with an invocation for each tile of each quad, or so many others. */
function launch(
  conv: Convolution,
  plan: Planning,
  args: Arguments,
  channels: number,
  perQuad: number,
): Omit<Step, "label" | "entry"> {
  const { workgroup } = plan.tiling;
  const quads = quadsOf(channels);
  const [height, width] = conv.geometry.output;
  return {
    shader: sizeOf(conv.geometry) === 5 ? "winograd5" : "winograd",
    constants: { WORKGROUP: workgroup, PLACES: placesOf(conv.geometry) },
    ...join(args, layer({ height, width, quads })),
    workgroups: [Math.ceil((quads * perQuad) / workgroup), 1, 1],
    samples: 1,
  };
}

/** Writes down y = a(b + W ∗ x). */
export function winogradForward(node: Node, plan: Planning, conv: Convolution, x: View): void {
  const { channels, outputs, output } = conv.geometry;
  const tiles = tiled(node, plan, "tiles", conv, channels);
  const made = tiled(node, plan, "products", conv, outputs);
  const spread = join(source("x", x), { uniforms: {}, bindings: { tiles: tiles.buffer } });
  plan.step({
    ...launch(conv, plan, spread, channels, tilesOf(conv.geometry)),
    label: `${node.name} tiles`,
    entry: sizeOf(conv.geometry) === 5 ? "spread" : "spread_forward",
  });
  const middle = products(conv);
  directForward(node, plan, middle, chooseDirect(middle, "forward", plan.tiling), tiles, made);
  const { uniforms, bindings, mask } = activated(node, plan, output[0] * output[1]);
  const { mask: bits, ...result } = bindings;
  const gather = join(biasOf(conv, plan), residual(node, plan), {
    uniforms,
    bindings: { ...result, products: made.buffer },
  });
  plan.step({
    ...launch(conv, plan, gather, outputs, tilesOf(conv.geometry)),
    label: `${node.name} result`,
    entry: "gather_forward",
  });
  if (!mask) return;
  const words = Math.ceil(positions(plan.value(outputOf(node)).layout) / 8);
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
  const { channels, outputs } = conv.geometry;
  // Tiles that overlap by four pixels would have to be read nine times: the way back is a convolution again.
  const isTurned = sizeOf(conv.geometry) === 5;
  const tiles = tiled(node, plan, "tiles back", conv, outputs);
  const made = tiled(node, plan, "products back", conv, channels);
  const spread = join(source("x", dy), { uniforms: {}, bindings: { tiles: tiles.buffer } });
  plan.step({
    ...launch(conv, plan, spread, outputs, tilesOf(conv.geometry)),
    label: `${node.name} back, tiles`,
    entry: isTurned ? "spread" : "spread_backward",
  });
  const back = { ...node, name: `${node.name} back` };
  const middle = products(conv, isTurned);
  const choice = chooseDirect(middle, isTurned ? "forward" : "backward", plan.tiling);
  if (isTurned) directForward(back, plan, middle, choice, tiles, made);
  else directBackward(node, plan, middle, choice, tiles, { ...made, add: false });
  const gather = join(gradientTo(sink, plan), {
    uniforms: {},
    bindings: { products: made.buffer },
  });
  plan.step({
    ...launch(conv, plan, gather, channels, tilesOf(conv.geometry)),
    label: `${node.name} back, result`,
    entry: "gather_backward",
  });
}
