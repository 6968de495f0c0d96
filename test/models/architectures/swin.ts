// Swin transformer (Liu et al. 2021): attention within windows, which every second block shifts by half a window
// (`torch.roll`, exported as Slices and Concats) and masks where the shift has joined what is not adjacent.

import type { NetworkOptions } from "./network.js";
import { END, Transformer } from "./transformer.js";

export interface SwinOptions extends NetworkOptions {
  /** Side of a patch; 4. */
  patch?: number;
  /** Side of a window; 7. */
  window?: number;
  /** Features of the first stage; they double from stage to stage. */
  features: number;
  /** Blocks and heads of each stage. */
  stages: readonly (readonly [blocks: number, heads: number])[];
}

/** A plane of windows: its side, that of a window, and the shift. */
interface Plane {
  readonly side: number;
  readonly window: number;
  readonly shift: number;
}

/** `torch.roll` along one axis: what leaves on one side comes in on the other. */
function roll(g: Transformer, x: string, axis: number, shift: number): string {
  const parts = [g.slice(x, axis, -shift, END), g.slice(x, axis, 0, -shift)];
  return g.as(g.node("Concat", parts, { axis }), g.channels(x));
}

/** The learned bias of each pair of places in a window, by their offset, for every head. */
function relativeBias(g: Transformer, window: number, heads: number): string {
  const reach = 2 * window - 1;
  const name = `relative_position_bias_${g.model.nodes.length}`;
  const table = g.weight(name, [reach * reach, heads], { std: 0.5 });
  const cells = window * window;
  const index = Array.from({ length: cells * cells }, (_, e) => {
    const [a, b] = [Math.floor(e / cells), e % cells];
    const down = Math.floor(a / window) - Math.floor(b / window) + window - 1;
    return down * reach + (a % window) - (b % window) + window - 1;
  });
  const picked = g.node("Gather", [table, g.integer(index)], { axis: 0 });
  const square = g.node("Reshape", [picked, g.integer([cells, cells, heads])]);
  const turned = g.node("Transpose", [square], { perm: [2, 0, 1] });
  return g.node("Unsqueeze", [turned, g.integer([0])]);
}

/** −100 between places of a window that the shift has brought together from opposite sides, [1, windows, 1, L, L]. */
function shiftMask(g: Transformer, { side, window, shift }: Plane): string {
  const region = (i: number) => (i < side - window ? 0 : i < side - shift ? 1 : 2);
  const across = side / window;
  const cells = window * window;
  const place = (w: number, cell: number) =>
    3 * region(Math.floor(w / across) * window + Math.floor(cell / window)) +
    region((w % across) * window + (cell % window));
  const values = Array.from({ length: across * across * cells * cells }, (_, e) => {
    const w = Math.floor(e / (cells * cells));
    const [a, b] = [Math.floor(e / cells) % cells, e % cells];
    return place(w, a) === place(w, b) ? 0 : -100;
  });
  const name = `attention_mask_${g.model.nodes.length}`;
  const mask = g.constant(name, values, [across * across, cells, cells]);
  return g.node("Unsqueeze", [g.node("Unsqueeze", [mask, g.integer([1])]), g.integer([0])]);
}

/** Attention within the windows of x [N, side, side, E]. */
function windowAttention(g: Transformer, x: string, heads: number, plane: Plane): string {
  const { side, window, shift } = plane;
  const features = g.channels(x);
  const each = features / heads;
  const across = side / window;
  const cells = window * window;
  const batch = g.lengthOf(x, 0);
  const windows = g.node("Mul", [batch, g.integer(across * across)]);
  const rolled = shift ? roll(g, roll(g, x, 1, -shift), 2, -shift) : x;
  const blocks = g.reshape(rolled, [batch, across, window, across, window, features]);
  const rows = g.reshape(g.transpose(blocks, [0, 1, 3, 2, 4, 5]), [windows, cells, features]);

  const all = g.reshape(
    g.tokens(rows, 3 * features, { gain: 2 }),
    [windows, cells, 3, heads, each],
    each,
  );
  const parts = g.transpose(all, [2, 0, 3, 1, 4]);
  const [q, k, v] = [0, 1, 2].map((part) =>
    g.as(g.node("Gather", [parts, g.integer(part)], { axis: 0 }), each),
  ) as [string, string, string];
  const scaled = g.node("Mul", [q, g.number(each ** -0.5)]);
  const products = g.node("MatMul", [scaled, g.transpose(k, [0, 1, 3, 2])]);
  let scores = g.node("Add", [products, relativeBias(g, window, heads)]);
  if (shift) {
    const grouped = g.node("Reshape", [
      scores,
      g.shapeOf([batch, across * across, heads, cells, cells]),
    ]);
    const masked = g.node("Add", [grouped, shiftMask(g, plane)]);
    scores = g.node("Reshape", [masked, g.integer([-1, heads, cells, cells])]);
  }
  const weights = g.node("Softmax", [scores], { axis: -1 });
  const mixed = g.as(g.node("MatMul", [weights, v]), each);
  const joined = g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [windows, cells, features], features);

  const y = g.reshape(g.tokens(joined, features), [
    batch,
    across,
    across,
    window,
    window,
    features,
  ]);
  const whole = g.reshape(g.transpose(y, [0, 1, 3, 2, 4, 5]), [batch, side, side, features]);
  return shift ? roll(g, roll(g, whole, 1, shift), 2, shift) : whole;
}

/** Four neighbors become one place of twice the features. */
function merge(g: Transformer, x: string): string {
  const features = g.channels(x);
  const corners = [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const;
  const parts = corners.map(([y, z]) => g.slice(g.slice(x, 1, y, END, 2), 2, z, END, 2));
  const four = g.as(g.node("Concat", parts, { axis: -1 }), 4 * features);
  return g.tokens(g.layerNorm(four, 1e-5), 2 * features, { bias: false });
}

/** The network. */
export function swin(options: SwinOptions): Uint8Array {
  const g = new Transformer(options);
  const { patch = 4, window = 7, features, stages, size } = options;
  let side = size / patch;
  const patches = g.conv(g.image, features, { kernel: patch, stride: patch, pad: 0, gain: 1 });
  let x = g.layerNorm(g.transpose(patches, [0, 2, 3, 1]), 1e-5);
  stages.forEach(([blocks, heads], stage) => {
    if (stage > 0) {
      x = merge(g, x);
      side /= 2;
    }
    for (let i = 0; i < blocks; i++) {
      // A plane of one window has nowhere to shift to.
      const shift = i % 2 === 1 && side > window ? window >> 1 : 0;
      const plane = { side, window, shift };
      x = g.add(x, windowAttention(g, g.layerNorm(x, 1e-5), heads, plane));
      x = g.add(x, g.perceptron(g.layerNorm(x, 1e-5), 4 * g.channels(x)));
    }
  });
  return g.classifier(g.transpose(g.layerNorm(x, 1e-5), [0, 3, 1, 2]));
}

/** Swin-T. */
export const SWIN_T = {
  features: 96,
  stages: [
    [2, 3],
    [2, 6],
    [6, 12],
    [2, 24],
  ],
} as const;
