// The steps of a convolution by conv.wgsl, or by pointwise.wgsl where it is 1 × 1: how its weights are packed, how it is cut into tiles, and what it
// costs. Conv is one, and so is a dense layer over many positions.
//
// Groups whose channels are no multiple of four are merged with their neighbors until they are; the merged
// matrix is block-diagonal.

import type { Constant, Node, Planning, Sink, Step, View } from "../types.js";
import { activated, gradientTo, join, layer, type Part, source } from "./epilogue.js";
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
  const { groups, channels, outputs } = conv;
  const { data } = conv.weights;
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
        packed[(to + k) * 16 + (c & 3) * 4 + (o & 3)] = data[from + k] as number;
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
  return { uniforms: {}, bindings: { w } };
}

/** The bias of a convolution as its forward kernel reads it. */
export function biasPart({ bias, key, outputs }: Convolution, plan: Planning): Part {
  const b = plan.fixed(
    bias ? `${key} bias` : "no bias",
    bias ? Math.ceil(outputs / 4) * 16 : 16,
    () => packVector(bias ? bias.data : [0]),
  );
  return { ...layer({ bias: bias ? 1 : 0 }), bindings: { b } };
}

/** Splits a length into the fewest equal tiles of at most `limit`. */
export function evenTile(length: number, limit: number): number {
  return Math.ceil(length / Math.ceil(length / limit));
}

/** The sizes that conv.wgsl and depthwise.wgsl both take. */
export function geometry({ window }: Convolution): Record<string, number> {
  return {
    dilation_y: window.dilation[0],
    dilation_x: window.dilation[1],
    pad_y: window.before[0],
    pad_x: window.before[1],
    in_height: window.input[0],
    in_width: window.input[1],
    out_height: window.output[0],
    out_width: window.output[1],
  };
}

/** Floating-point operations of a convolution of one sample, counted as direct, two for a product and a sum. */
export function operations({ window, groups, channels, outputs }: Convolution): number {
  const taps = window.kernel[0] * window.kernel[1];
  return 2 * window.output[0] * window.output[1] * outputs * (channels / groups) * taps;
}

/** True if pointwise.wgsl can do it: 1 × 1, and backward without stride. */
function isPointwise({ window }: Convolution, forward: boolean): boolean {
  const { kernel, stride } = window;
  return kernel.every((k) => k === 1) && (forward || stride.every((s) => s === 1));
}

/** How pointwise.wgsl gets from a position of its result to one of the other tensor. */
function placement({ window }: Convolution, forward: boolean): Part {
  const [result, from] = forward ? [window.output, window.input] : [window.input, window.output];
  const sign = forward ? -1 : 1;
  return layer({
    positions: result[0] * result[1],
    width: result[1],
    from_positions: from[0] * from[1],
    from_height: from[0],
    from_width: from[1],
    stride_y: window.stride[0],
    stride_x: window.stride[1],
    shift_y: sign * window.before[0],
    shift_x: sign * window.before[1],
  });
}

/** Quads of a group on either side, as the kernels count them. */
function groupQuads(conv: Convolution) {
  const groups = mergedGroups(conv);
  return {
    groups,
    in_quads: Math.ceil(conv.channels / groups / 4),
    out_quads: Math.ceil(conv.outputs / groups / 4),
  };
}

/** Writes down y = a(b + W ∗ x), or z = b + W ∗ x where z is given. */
export function convolve(node: Node, plan: Planning, conv: Convolution, x: View, z?: View): void {
  const { tiling } = plan;
  const { groups, in_quads, out_quads } = groupQuads(conv);
  const pointwise = isPointwise(conv, true);
  const [rows, columns] = conv.window.output;
  const [height, width] = pointwise ? [1, rows * columns] : [rows, columns];
  const tile = tileOf(height, width, tiling.pixels);
  const quads = quadsOf(out_quads, tiling.quads, pointwise);
  const out = activated(node, plan, width, tile.columns, z);
  const sizes = { groups, in_quads, out_quads };
  const parts = join(
    source("x", x),
    weightParts(conv, plan),
    biasPart(conv, plan),
    out,
    layer(sizes),
  );
  const blocks = groups * Math.ceil(out_quads / quads);
  const common = { label: node.name, entry: "forward", samples: 1, flops: operations(conv) };
  plan.step({
    ...common,
    ...launch(conv, parts, tile, quads, blocks, tiling.workgroup, pointwise, 1),
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
  const { tiling } = plan;
  const { groups, in_quads, out_quads } = groupQuads(conv);
  const [strideY, strideX] = conv.window.stride;
  const pointwise = isPointwise(conv, false);
  const rows = Math.ceil(conv.window.input[0] / strideY);
  const columns = Math.ceil(conv.window.input[1] / strideX);
  const [height, width] = pointwise ? [1, rows * columns] : [rows, columns];
  const tile = tileOf(height, width, tiling.pixels);
  const quads = quadsOf(in_quads, tiling.quads, pointwise);
  const sizes = { groups, in_quads, out_quads };
  const parts = join(
    source("dy", dy),
    weightParts(conv, plan),
    gradientTo(sink, plan),
    layer(sizes),
  );
  const blocks = groups * Math.ceil(in_quads / quads);
  const phases = strideY * strideX;
  const common = {
    label: `${node.name} back`,
    entry: "backward",
    samples: 1,
    flops: operations(conv),
  };
  plan.step({
    ...common,
    ...launch(conv, parts, tile, quads, blocks, tiling.workgroup, pointwise, phases),
  });
}

interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly down: number;
  readonly across: number;
}

/**
 * A tile of about `pixels` pixels of a plane, wide before high, and how many tiles there are. Tiles come in few
 * widths, since each is a pipeline of its own: the one that costs least, a pixel more on either side counted.
 */
function tileOf(height: number, width: number, pixels: number): Tile {
  const widths = [28, 24, 20, 16, 14, 8, 4, 2, 1].filter(
    (columns) => columns <= Math.max(1, pixels),
  );
  const cost = (columns: number) => Math.ceil(width / columns) * (columns + 2);
  const columns = widths.reduce((best, next) => (cost(next) < cost(best) ? next : best));
  const high = Math.max(1, Math.floor(pixels / columns));
  const rows = height < high ? height : evenTile(height, high);
  return { columns, rows, across: Math.ceil(width / columns), down: Math.ceil(height / rows) };
}

/** Quads of a tile: about equal parts of all there are; twice as many and even in number if pointwise. */
function quadsOf(count: number, limit: number, pointwise: boolean): number {
  return pointwise ? Math.ceil(evenTile(count, 2 * limit) / 2) * 2 : evenTile(count, limit);
}

/** What forward and backward launches have in common. */
function launch(
  conv: Convolution,
  { uniforms, bindings }: Part,
  tile: Tile,
  quads: number,
  blocks: number,
  workgroup: number,
  pointwise: boolean,
  phases: number,
): Pick<Step, "shader" | "constants" | "uniforms" | "bindings" | "workgroups"> {
  const count = blocks * tile.across * tile.down * phases;
  const workgroups = [Math.ceil(count / workgroup), 1, 1] as const;
  const constants = { WORKGROUP: workgroup, QUADS: quads, COLUMNS: tile.columns };
  const forward = "x" in bindings;
  if (pointwise) {
    const sizes = join(placement(conv, forward), layer({ tiles: tile.across }));
    return { shader: "pointwise", constants, ...join({ uniforms, bindings }, sizes), workgroups };
  }
  const { kernel, stride, dilation } = conv.window;
  const window = (length: number, axis: 0 | 1): number => {
    const reach = (kernel[axis] - 1) * dilation[axis];
    return forward
      ? (length - 1) * stride[axis] + reach + 1
      : length + Math.ceil(reach / stride[axis]);
  };
  const sizes = layer({ ...geometry(conv), tiles_y: tile.down, tiles_x: tile.across });
  return {
    shader: "conv",
    constants: {
      ...constants,
      ROWS: tile.rows,
      WINDOW_ROWS: window(tile.rows, 0),
      WINDOW_COLUMNS: window(tile.columns, 1),
      KERNEL_ROWS: kernel[0],
      KERNEL_COLUMNS: kernel[1],
      STRIDE_Y: stride[0],
      STRIDE_X: stride[1],
    },
    ...join({ uniforms, bindings }, sizes),
    workgroups,
  };
}
