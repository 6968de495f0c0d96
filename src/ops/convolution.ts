// The steps of a convolution by conv.wgsl: how its weights are packed, how it is cut into tiles, and what it
// costs. Conv is one, and so is a dense layer over many positions.
//
// Groups whose channels are no multiple of four are merged with their neighbors until they are; the merged
// matrix is block-diagonal. A 1 × 1 convolution without stride sees its picture as one long row.

import type { Constant, Node, Planning, Sink, View } from "../types.js";
import { activated, gradientTo, join, type Part, source } from "./epilogue.js";
import type { Window } from "./window.js";

/** A convolution with its weights as ONNX has them, [O, C / groups, kernel…]. */
export interface Convolution {
  readonly window: Window;
  readonly groups: number;
  readonly channels: number;
  readonly outputs: number;
  readonly weights: Constant;
  readonly bias: Constant | undefined;
  /** Key of the packed weights among the plan's fixed buffers. */
  readonly key: string;
}

// Pixels and output quads that one invocation makes. Many of both make loads rare, which is what counts on a
// software adapter; see the bench for what others like.
const TILE_PIXELS = 28;
const TILE_QUADS = 4;
const WORKGROUP = 16;

/** How many groups of the kernel hold the groups of the model, so that each begins on a quad. */
function mergedGroups({ groups, channels, outputs }: Convolution): number {
  for (let merged = groups; merged > 1; merged--) {
    if (groups % merged === 0 && channels % (4 * merged) === 0 && outputs % (4 * merged) === 0) {
      return merged;
    }
  }
  return 1;
}

/** Weights as conv.wgsl reads them: [O/4][C/merged/4][k] of 4 × 4 matrices, column by column. */
function packMatrices(conv: Convolution, merged: number): Float32Array {
  const { groups, channels, outputs, weights } = conv;
  const taps = conv.window.kernel[0] * conv.window.kernel[1];
  const [perGroup, outPerGroup] = [channels / groups, outputs / groups];
  const inQuads = Math.ceil(channels / merged / 4);
  const packed = new Float32Array(Math.ceil(outputs / 4) * inQuads * taps * 16);
  for (let o = 0; o < outputs; o++) {
    const group = Math.floor(o / outPerGroup);
    const shift = (group % (groups / merged)) * perGroup;
    for (let i = 0; i < perGroup; i++) {
      const c = shift + i;
      const to = ((o >> 2) * inQuads + (c >> 2)) * taps;
      const from = (o * perGroup + i) * taps;
      for (let k = 0; k < taps; k++) {
        packed[(to + k) * 16 + (c & 3) * 4 + (o & 3)] = weights.data[from + k] as number;
      }
    }
  }
  return packed;
}

/** A vector of the model, padded to whole quads. */
export function packVector(data: ArrayLike<number>): Float32Array {
  const packed = new Float32Array(Math.ceil(data.length / 4) * 4);
  packed.set(Array.from(data));
  return packed;
}

function weightParts(conv: Convolution, plan: Planning): Part {
  const merged = mergedGroups(conv);
  const taps = conv.window.kernel[0] * conv.window.kernel[1];
  const count = Math.ceil(conv.outputs / 4) * Math.ceil(conv.channels / merged / 4) * taps * 16;
  const w = plan.fixed(`${conv.key} packed`, count * 4, () => packMatrices(conv, merged));
  return { overrides: {}, bindings: { w } };
}

/** The bias of a convolution as its forward kernel reads it. */
export function biasPart({ bias, key, outputs }: Convolution, plan: Planning): Part {
  const b = plan.fixed(
    bias ? `${key} bias` : "no bias",
    bias ? Math.ceil(outputs / 4) * 16 : 16,
    () => packVector(bias ? bias.data : [0]),
  );
  return { overrides: { BIAS: bias ? 1 : 0 }, bindings: { b } };
}

/** Splits a length into the fewest equal tiles of at most `limit`. */
export function evenTile(length: number, limit: number): number {
  return Math.ceil(length / Math.ceil(length / limit));
}

/** The sizes that both shaders take as overrides. */
export function geometry({ window }: Convolution): Record<string, number> {
  return {
    STRIDE_Y: window.stride[0],
    STRIDE_X: window.stride[1],
    DILATION_Y: window.dilation[0],
    DILATION_X: window.dilation[1],
    PAD_Y: window.before[0],
    PAD_X: window.before[1],
    IN_HEIGHT: window.input[0],
    IN_WIDTH: window.input[1],
    OUT_HEIGHT: window.output[0],
    OUT_WIDTH: window.output[1],
  };
}

/** Floating-point operations of a convolution of one sample, counted as direct, two for a product and a sum. */
export function operations({ window, groups, channels, outputs }: Convolution): number {
  const taps = window.kernel[0] * window.kernel[1];
  return 2 * window.output[0] * window.output[1] * outputs * (channels / groups) * taps;
}

/** Rows and columns of a tile of a plane, and how many tiles it takes. */
function tiling(height: number, width: number) {
  const columns = evenTile(width, TILE_PIXELS);
  const rows = evenTile(height, Math.max(1, Math.floor(TILE_PIXELS / columns)));
  return { columns, rows, across: Math.ceil(width / columns), down: Math.ceil(height / rows) };
}

/** Writes down y = a(b + W ∗ x). */
export function convolve(node: Node, plan: Planning, conv: Convolution, x: View): void {
  const { window } = conv;
  const [height, width] = window.output;
  const merged = mergedGroups(conv);
  const outQuads = Math.ceil(conv.outputs / merged / 4);
  const { columns, rows, across, down } = tiling(height, width);
  const block = evenTile(outQuads, TILE_QUADS);
  const out = activated(node, plan, width, columns);
  const parts = join(source("x", x), weightParts(conv, plan), biasPart(conv, plan), out);
  plan.step({
    label: node.name,
    shader: "conv",
    entry: "forward",
    constants: {
      QUADS: block,
      ROWS: rows,
      COLUMNS: columns,
      KERNEL_COLUMNS: window.kernel[1],
      WINDOW_ROWS: (rows - 1) * window.stride[0] + (window.kernel[0] - 1) * window.dilation[0] + 1,
      WINDOW_COLUMNS:
        (columns - 1) * window.stride[1] + (window.kernel[1] - 1) * window.dilation[1] + 1,
    },
    overrides: {
      ...parts.overrides,
      ...geometry(conv),
      WORKGROUP,
      KERNEL_ROWS: window.kernel[0],
      IN_QUADS: Math.ceil(conv.channels / merged / 4),
      OUT_QUADS: outQuads,
      GROUPS: merged,
      TILES_Y: down,
      TILES_X: across,
    },
    bindings: parts.bindings,
    workgroups: [
      Math.ceil((across * down * Math.ceil(outQuads / block) * merged) / WORKGROUP),
      1,
      1,
    ],
    samples: 1,
    flops: operations(conv),
  });
}

/** Writes down dx = Wᵀ ∗ dy. */
export function convolveBack(
  node: Node,
  plan: Planning,
  conv: Convolution,
  dy: View,
  sink: Sink,
): void {
  const { window } = conv;
  const [strideY, strideX] = window.stride;
  const merged = mergedGroups(conv);
  const inQuads = Math.ceil(conv.channels / merged / 4);
  const { columns, rows, across, down } = tiling(
    Math.ceil(window.input[0] / strideY),
    Math.ceil(window.input[1] / strideX),
  );
  const block = evenTile(inQuads, TILE_QUADS);
  const parts = join(source("dy", dy), weightParts(conv, plan), gradientTo(sink, plan));
  plan.step({
    label: `${node.name} back`,
    shader: "conv",
    entry: "backward",
    constants: {
      QUADS: block,
      ROWS: rows,
      COLUMNS: columns,
      KERNEL_COLUMNS: window.kernel[1],
      WINDOW_ROWS: rows + Math.ceil(((window.kernel[0] - 1) * window.dilation[0]) / strideY),
      WINDOW_COLUMNS: columns + Math.ceil(((window.kernel[1] - 1) * window.dilation[1]) / strideX),
    },
    overrides: {
      ...parts.overrides,
      ...geometry(conv),
      WORKGROUP,
      KERNEL_ROWS: window.kernel[0],
      IN_QUADS: inQuads,
      OUT_QUADS: Math.ceil(conv.outputs / merged / 4),
      GROUPS: merged,
      TILES_Y: down,
      TILES_X: across,
    },
    bindings: parts.bindings,
    workgroups: [
      Math.ceil(
        (strideY * strideX * across * down * Math.ceil(inQuads / block) * merged) / WORKGROUP,
      ),
      1,
      1,
    ],
    samples: 1,
    flops: operations(conv),
  });
}

/** A 1 × 1 convolution without stride or padding sees its picture as one row, whatever its axes. */
export function asOneRow(conv: Convolution, count: number): Convolution {
  const { kernel, stride, before, after } = conv.window;
  const plain =
    [...kernel, ...stride].every((v) => v === 1) && [...before, ...after].every((v) => v === 0);
  if (!plain) return conv;
  return { ...conv, window: { ...conv.window, input: [1, count], output: [1, count] } };
}
