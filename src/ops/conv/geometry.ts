// What a convolution is, whichever kernel makes it: its sizes, how they are counted in channel quads, and what it costs.
//
// Groups whose channels are no multiple of four are merged with their neighbors until they are; the merged matrix is
// block-diagonal.

import type { BufferId } from "../../shaders/step.js";
import type { Contents } from "../../tensor/types.js";
import type { LayerWeights } from "../rules/lrp.js";
import type { Window } from "../window.js";

/** All sizes of a convolution: its window, with the planes it goes from and to, its groups and its channels. */
export interface Geometry extends Window {
  readonly groups: number;
  /** Of the input, and of the output. */
  readonly channels: number;
  readonly outputs: number;
}

/** A convolution with its weights as ONNX has them, [O, C / groups, kernel…]. */
export interface Convolution extends LayerWeights {
  readonly geometry: Geometry;
  /** The matrices of weights as conv.wgsl reads them, where they are not those of `weights`. */
  readonly packed?: () => Contents;
  /** The classes that its outputs stand for, where theirs are all that is wanted or has a gradient. */
  readonly classes?: BufferId | undefined;
  /** What it counts as where it is a part of another one. */
  readonly flops?: number;
}

/** Which of its two results a convolution's kernel makes: y of x, or dx of dy. */
export type Way = "forward" | "backward";

/** How many taps the kernel has. */
export const tapsOf = ({ kernel }: Geometry): number => kernel[0] * kernel[1];

/** The sizes that kernels take as fields of their uniform struct, by name. */
export function sizesOf(geometry: Geometry): Record<string, number> {
  const { kernel, stride, dilation, before, input, output } = geometry;
  return {
    kernel_y: kernel[0],
    kernel_x: kernel[1],
    stride_y: stride[0],
    stride_x: stride[1],
    dilation_y: dilation[0],
    dilation_x: dilation[1],
    pad_y: before[0],
    pad_x: before[1],
    in_height: input[0],
    in_width: input[1],
    out_height: output[0],
    out_width: output[1],
  };
}

/** Floating-point operations of a convolution of one sample, counted as direct, two for a product and a sum. */
export function operations(geometry: Geometry): number {
  const { output, groups, channels, outputs } = geometry;
  return 2 * output[0] * output[1] * outputs * (channels / groups) * tapsOf(geometry);
}

/** How many groups of the kernel hold the groups of the model, so that each begins on a quad. */
export function mergedGroups({ groups, channels, outputs }: Geometry): number {
  for (let merged = groups; merged > 1; merged--) {
    if (groups % merged === 0 && channels % (4 * merged) === 0 && outputs % (4 * merged) === 0) {
      return merged;
    }
  }
  return 1;
}

/** Merged groups, and the quads of each on either side, as the kernels count them. */
export function groupQuads(geometry: Geometry) {
  const groups = mergedGroups(geometry);
  return {
    groups,
    in_quads: Math.ceil(geometry.channels / groups / 4),
    out_quads: Math.ceil(geometry.outputs / groups / 4),
  };
}

/**
 * The size of a phase: the pixels of the input that see the same taps, backward. It looks like a picture with stride 1.
 */
export function phaseOf({ input, stride }: Geometry): [rows: number, columns: number] {
  return [Math.ceil(input[0] / stride[0]), Math.ceil(input[1] / stride[1])];
}

/** What is to be made, counted as the kernels of matrices cut it into tiles. */
export interface ProductSize {
  /** Channel quads of the result, in each of so many groups (and phases, backward). */
  readonly quads: number;
  readonly groups: number;
  /** Places of each sample (or phase), which are its pixels and perhaps some more. */
  readonly places: number;
  /** Quads that are summed over at each tap. */
  readonly terms: number;
}

/** What a convolution makes in one direction. */
export function productSize(geometry: Geometry, way: Way): ProductSize {
  const { groups, in_quads, out_quads } = groupQuads(geometry);
  if (way === "forward") {
    // A sample begins with a word of its mask.
    const places = 8 * Math.ceil((geometry.output[0] * geometry.output[1]) / 8);
    return { quads: out_quads, terms: in_quads, groups, places };
  }
  const [rows, columns] = phaseOf(geometry);
  const phases = geometry.stride[0] * geometry.stride[1];
  return { quads: in_quads, terms: out_quads, groups: groups * phases, places: rows * columns };
}
