// The steps of a convolution by conv.wgsl: how its weights are packed, how it is cut into tiles, and what it costs. Conv is one, and so is a dense layer over many positions.
//
// Groups whose channels are no multiple of four are merged with their neighbors until they are; the merged
// matrix is block-diagonal.

import type { BufferId, Step, View } from "../../shaders/step.js";
import type { Contents } from "../../tensor/types.js";
import { activated, gradientTo, join, layer, type Part, source } from "../epilogue.js";
import { residual } from "../residual.js";
import type { Weights } from "../rules/lrp.js";
import type { Node, Planning, Sink, Tiling, TrainingPlanning } from "../types.js";

import type { Window } from "../window.js";
import { type Extent, launchShared, sharedTile } from "./shared.js";

/** A convolution with its weights as ONNX has them, [O, C / groups, kernel…]. */
export interface Convolution extends Weights {
  readonly window: Window;
  readonly groups: number;
  readonly channels: number;
  readonly outputs: number;
  /** The matrices of weights as conv.wgsl reads them, where they are not those of `weights`. */
  readonly packed?: () => Contents;
  /** The classes that its outputs stand for, where theirs are all that is wanted or has a gradient. */
  readonly classes?: BufferId | undefined;
  /** What it counts as where it is a part of another one. */
  readonly flops?: number;
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
function* packMatrices(conv: Convolution, merged: number): Generator<void, Float32Array> {
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
    yield;
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
  const count = Math.ceil(conv.outputs / 4) * Math.ceil(conv.channels / merged / 4) * taps * 4;
  const pack = conv.packed ?? (() => packMatrices(conv, merged));
  const w = plan.weights(`${conv.key} packed`, count, pack, conv.change);
  return { uniforms: {}, bindings: { w } };
}

/** The bias as forward kernels read it. */
export function biasPart({ key, change, weights, bias }: Weights, plan: Planning): Part {
  const vec4s = Math.ceil((weights.shape[0] as number) / 4);
  const b = bias
    ? plan.weights(`${key} bias`, vec4s, () => packVector(bias.data), change)
    : plan.fixed("no bias", 16, () => new Float32Array(4));
  return { ...layer({ bias: bias ? 1 : 0 }), bindings: { b } };
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
  const [rows, columns] = conv.window.output;
  const { groups, in_quads, out_quads } = groupQuads(conv);
  const out = join(activated(node, plan, rows * columns, z), residual(node, plan, z));
  const parts = join(source("x", x), biasPart(conv, plan), out);
  // A sample begins with a word of its mask.
  const places = 8 * Math.ceil((rows * columns) / 8);
  plan.step({
    ...launch(
      conv,
      plan,
      parts,
      { quads: out_quads, terms: in_quads, groups, places },
      rows * columns,
    ),
    label: node.name,
    entry: "forward",
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
  const image = isStem(conv, plan.tiling) ? stem : isNarrow(conv) ? narrow : undefined;
  if (image) {
    convolveBackToImage(node, plan, conv, dy, sink, image);
    return;
  }
  const { input, stride } = conv.window;
  const { in_quads, out_quads, ...merged } = groupQuads(conv);
  const places = Math.ceil(input[0] / stride[0]) * Math.ceil(input[1] / stride[1]);
  const groups = merged.groups * stride[0] * stride[1];
  const parts = join(source("x", dy), gradientTo(sink, plan));
  plan.step({
    ...launch(conv, plan, parts, { quads: in_quads, terms: out_quads, groups, places }, places),
    label: `${node.name} back`,
    entry: "backward",
  });
}

/**
 * True if narrow.wgsl can make dx, which is one quad, and sooner than conv.wgsl: the taps of a row are neighbors, and a
 * pixel sees three of them or more.
 */
function isNarrow({ channels, groups, window }: Convolution): boolean {
  const { kernel, stride, dilation } = window;
  return groups === 1 && channels <= 4 && dilation[1] === 1 && kernel[1] >= 3 * stride[1];
}

/** How a kernel that makes a dx of one quad is launched. */
interface ToImage {
  readonly shader: string;
  readonly constants: Record<string, number>;
  readonly sizes: Record<string, number>;
  readonly invocations: number;
}

function narrow(conv: Convolution, { pixels }: Tiling): ToImage {
  const { stride, input } = conv.window;
  const tiles_x = Math.ceil(Math.ceil(input[1] / stride[1]) / pixels);
  return {
    shader: "narrow",
    constants: { QUADS: 1, FOURS: pixels / 4 },
    sizes: { tiles_x, dilation_y: conv.window.dilation[0] },
    invocations: Math.ceil(input[0] / stride[0]) * tiles_x * stride[0] * stride[1],
  };
}

/** True if stem.wgsl can make dx: that of an image, with strides, where four load together. */
function isStem({ channels, groups, window }: Convolution, { together = false }: Tiling): boolean {
  const { stride, dilation } = window;
  const isPlain = groups === 1 && Math.max(...dilation) === 1;
  return together && isPlain && channels <= 3 && Math.min(...stride) > 1;
}

function stem({ window }: Convolution): ToImage {
  // Along an axis: the places of a phase, from that of the first padding on, and the taps that an invocation may take.
  const axis = (a: 0 | 1) => {
    const [k, s, pad] = [window.kernel[a], window.stride[a], window.before[a]];
    return {
      places: Math.ceil((window.input[a] + pad) / s) - Math.floor(pad / s),
      taps: k > s ? Math.min(4, k - s + 2) : 2,
      pairs: Math.ceil(s / 2),
    };
  };
  const [y, x] = [axis(0), axis(1)];
  const tiles_x = Math.ceil(x.places / 8);
  const tiles = 4 * Math.ceil((Math.ceil(y.places / 2) * tiles_x) / 4);
  return {
    shader: "stem",
    constants: { TAPS_Y: y.taps, TAPS_X: x.taps },
    sizes: { tiles_x, tiles },
    invocations: y.pairs * x.pairs * tiles,
  };
}

/** The same where dx is one quad. */
function convolveBackToImage(
  node: Node,
  plan: Planning,
  conv: Convolution,
  dy: View,
  sink: Sink,
  launch: (conv: Convolution, tiling: Tiling) => ToImage,
): void {
  const { kernel, stride } = conv.window;
  const { workgroup } = plan.tiling;
  const { shader, constants, sizes, invocations } = launch(conv, plan.tiling);
  const { dilation_y: _, dilation_x: __, ...common } = geometry(conv);
  const fields = layer({
    ...common,
    ...sizes,
    kernel_y: kernel[0],
    kernel_x: kernel[1],
    stride_y: stride[0],
    stride_x: stride[1],
    out_quads: Math.ceil(conv.outputs / 4),
  });
  plan.step({
    label: `${node.name} back`,
    shader,
    entry: "backward",
    constants: { WORKGROUP: workgroup, ...constants },
    ...join(source("x", dy), gradientTo(sink, plan), weightParts(conv, plan), fields),
    workgroups: [Math.ceil(invocations / workgroup), 1, 1],
    samples: 1,
    flops: operations(conv),
  });
}

/** What an invocation makes, and how many it takes of them. */
interface Tile {
  /** Pixels, in fours. */
  readonly fours: number;
  readonly quads: number;
  /** Invocations that load together, each for its own quads. */
  readonly lanes: number;
  /** To cover all pixels, and all quads. */
  readonly tiles: number;
  readonly blocks: number;
}

/**
 * Time of a round with so many quads, next to that of one with four alone, on SwiftShader. Four together do better with one
 * quad each, or with four.
 */
const ALONE = { 1: 0.45, 2: 0.58, 4: 1 } as const;
const TOGETHER = { 1: 0.2, 2: 0.41, 4: 0.73 } as const;

/** The tile within the tiling's limits that makes so many pixels and quads soonest. */
function tileOf(pixels: number, quads: number, tiling: Tiling): Tile {
  const sizes = ([4, 2, 1] as const).filter((q) => q <= tiling.quads);
  const made = sizes.flatMap((q) => {
    const alone = { q, lanes: 1, time: Math.ceil(quads / q) * ALONE[q] };
    const together = { q, lanes: 4, time: Math.ceil(quads / q / 4) * 4 * TOGETHER[q] };
    return tiling.together ? [alone, together] : [alone];
  });
  const { q, lanes } = made.reduce((a, b) => (b.time < a.time ? b : a));
  const fours = [4, 2, 1].find((f) => 4 * f <= tiling.pixels && 4 * f < pixels + 4) ?? 1;
  return {
    fours,
    quads: q,
    lanes,
    tiles: Math.ceil(pixels / (4 * fours)),
    blocks: Math.ceil(quads / q / lanes),
  };
}

const isByClass = (conv: Convolution): boolean =>
  conv.classes !== undefined && mergedGroups(conv) === 1;

/** Which quads of y are wanted, or those of dy are not 0 for sure. */
function classPart(conv: Convolution, plan: Planning): Part {
  const none = () => plan.fixed("no classes", 16, () => new Uint32Array(4));
  const by_class = isByClass(conv) ? 1 : 0;
  return { ...layer({ by_class }), bindings: { target_class: conv.classes ?? none() } };
}

/** As in conv.wgsl. */
const TAPS = 1;
const PLANES = 2;

/** The loops that there must be. */
function loopsOf({ window }: Convolution, { terms }: Extent): number {
  const { kernel, stride, before, input, output } = window;
  const isEverywhere = [0, 1].every(
    (i) => kernel[i] === 1 && stride[i] === 1 && before[i] === 0 && input[i] === output[i],
  );
  if (isEverywhere) return PLANES;
  return terms === 1 ? TAPS : TAPS + PLANES;
}

/** The pixels that an invocation goes through together. */
interface Row {
  readonly samples: number;
  /** Pixels of a sample in it, those included that are not there. */
  readonly places: number;
}

/** Samples that share a long row where it pays: kernels of their own take as long to compile as some maps. */
const SHARING = 4;
const WORTH = 0.6;

/** The long row of pixels that read their own places: that of several samples if there are far fewer tiles then. */
function rowOf(pixels: number, part: Part, tiling: Tiling): Row {
  const tilesOf = (count: number) => Math.ceil(count / tiling.pixels);
  // A sample begins with a four, or with a word of its mask.
  const whole = part.uniforms.out?.KEEP_MASK ? 8 : 4;
  const places = whole * Math.ceil(pixels / whole);
  const isLess = tilesOf(SHARING * places) < WORTH * SHARING * tilesOf(pixels);
  return isLess ? { samples: SHARING, places } : { samples: 1, places: pixels };
}

/** What forward and backward launches have in common: by tiles of a workgroup, or by those of an invocation. */
function launch(
  conv: Convolution,
  plan: Planning,
  part: Part,
  extent: Extent,
  pixels: number,
): Omit<Step, "label" | "entry"> {
  const { kernel, stride } = conv.window;
  const { groups, ...quads } = groupQuads(conv);
  const sizes = layer({
    ...geometry(conv),
    ...quads,
    kernel_y: kernel[0],
    kernel_x: kernel[1],
    stride_y: stride[0],
    stride_x: stride[1],
  });
  const parts = join(part, weightParts(conv, plan), sizes);
  const whole = conv.flops ?? operations(conv);
  // Of a class's planes alone there is little to share.
  const shared = conv.classes === undefined && sharedTile(extent, plan.tiling.shared);
  if (shared) return { ...launchShared(plan, parts, shared, extent), flops: whole };
  const { workgroup } = plan.tiling;
  const LOOPS = loopsOf(conv, extent);
  const row = LOOPS === PLANES ? rowOf(pixels, part, plan.tiling) : { samples: 1, places: pixels };
  const tile = tileOf(row.samples * row.places, extent.quads, plan.tiling);
  const invocations = extent.groups * tile.blocks * tile.tiles * tile.lanes;
  const BACKWARD = "dx" in part.bindings ? 1 : 0;
  const block = tile.lanes * tile.quads;
  const wanted = BACKWARD ? 1 / extent.terms : Math.min(1, block / extent.quads);
  const fields = layer({ groups, tiles: tile.tiles, places: row.places });
  const run = { uniforms: {}, bindings: { run: plan.run } };
  return {
    shader: tile.lanes > 1 ? "conv by four" : "conv",
    constants: {
      WORKGROUP: workgroup,
      QUADS: tile.quads,
      FOURS: tile.fours,
      BACKWARD,
      LOOPS,
      SAMPLES: row.samples,
    },
    ...join(parts, fields, run, classPart(conv, plan)),
    workgroups: [Math.ceil(invocations / workgroup), 1, 1],
    samples: row.samples,
    flops: isByClass(conv) ? whole * wanted : whole,
  };
}

/** Invocations that keep a device busy; the samples are cut into as many parts as that takes. */
const BUSY = 2048;

/**
 * Writes down dW = Σ dy ⊗ x and db = Σ dy, by weights.wgsl. A dense layer is one whose only position is a sample,
 * so that the sum is over samples alone.
 */
export function weightGradientSteps(
  node: Node,
  plan: TrainingPlanning,
  conv: Convolution,
  x: View,
  dy: View,
  entry: "conv" | "dense",
): void {
  const { kernel, stride, output } = conv.window;
  const quads = groupQuads(conv);
  const size = (count: number) => ([4, 2, 1] as const).find((q) => q <= count) ?? 1;
  const [OUT_QUADS, IN_QUADS] = [size(quads.out_quads), size(quads.in_quads)];
  const blocks = Math.ceil(quads.out_quads / OUT_QUADS) * Math.ceil(quads.in_quads / IN_QUADS);
  const invocations = quads.groups * blocks * kernel[0] * kernel[1];
  // The kernels take samples four at a time.
  const most = Math.ceil(plan.batch / 4);
  const wanted = Math.min(most, Math.ceil(BUSY / invocations));
  const samples_of_part = 4 * Math.ceil(most / wanted);
  const parts = Math.ceil(plan.batch / samples_of_part);
  const sizes = layer({
    ...geometry(conv),
    ...quads,
    kernel_y: kernel[0],
    kernel_x: kernel[1],
    stride_y: stride[0],
    stride_x: stride[1],
    channels: conv.channels / conv.groups,
    outputs: conv.outputs / conv.groups,
    all_outputs: conv.outputs,
    x_offset: x.offset,
    x_stride: x.stride,
    dy_offset: dy.offset,
    dy_stride: dy.stride,
    samples_of_part,
    parts,
  });
  const launches = {
    shader: "weights",
    constants: { WORKGROUP: plan.tiling.workgroup, OUT_QUADS, IN_QUADS },
    uniforms: sizes.uniforms,
    samples: 0,
  };
  const groups = (count: number) => Math.ceil(count / plan.tiling.workgroup);
  const w = weightParts(conv, plan).bindings.w as number;
  if (plan.isLearned(w)) {
    plan.step({
      ...launches,
      label: `${node.name} weights`,
      entry,
      bindings: { run: plan.run, x: x.buffer, dy: dy.buffer, dw: plan.partsOf(w, parts) },
      workgroups: [groups(invocations * parts), 1, 1],
      flops: operations(conv) * plan.batch,
    });
  }
  const b = biasPart(conv, plan).bindings.b as number;
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
      flops: output[0] * output[1] * conv.outputs * plan.batch,
    });
  }
}
