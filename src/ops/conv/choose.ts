// Which of the nine kernels makes a convolution, and why: the only place where that is decided. Sizes go in, the name of a
// shader comes out; the first that fits is taken, so that the order of the questions is the order of preference.

import type { SharedTile, Tiling } from "../types.js";
import { type Convolution, type Geometry, productSize, tapsOf, type Way } from "./geometry.js";
import { sharedTile } from "./shared.js";

/** A kernel that multiplies by matrices of four channels by four, whatever the sizes are. */
export type Direct =
  | { readonly shader: "conv" }
  | { readonly shader: "conv-shared"; readonly tile: SharedTile };

/** The shader that makes a convolution; with shared tiles, which of them. */
export type Choice =
  | Direct
  | { readonly shader: "depthwise" | "depthwise3" }
  | { readonly shader: "im2col" }
  | { readonly shader: "winograd" | "winograd5" }
  | { readonly shader: "conv-to-image" | "conv-to-image-strided" };

/** What the choice depends on beside the convolution. */
export interface Circumstances {
  readonly way: Way;
  readonly tiling: Tiling;
  /** True if weights change on the GPU, so that nothing can be made of them beforehand. */
  readonly changingWeights: boolean;
  /** True if z = b + W ∗ x is wanted apart from the node's own result. */
  readonly isBare: boolean;
  /** Of the node's activation, below its lower edge. */
  readonly slope: number;
}

/** The kernel that is soonest done. */
export function choose(conv: Convolution, circumstances: Circumstances): Choice {
  const { geometry } = conv;
  const { way, tiling, changingWeights, isBare } = circumstances;
  // A group for each channel: there is no sum over channels, and matrices would be zeros but for their diagonals.
  if (isDepthwise(geometry)) return { shader: hasThreeTaps(geometry) ? "depthwise3" : "depthwise" };
  // The kernels that multiply something made of the weights: not where a rule or noise changes these, and not beside the
  // node's own result, which has the buffers.
  if (!conv.change && !changingWeights && !isBare) {
    // One channel would leave three of four lanes empty; its taps fill them all.
    if (isGray(geometry)) return { shader: "im2col" };
    // 3 × 3 and 5 × 5 with fewer products, where these outweigh the ways through memory.
    if (tiling.winograd && circumstances.slope >= 0 && isFewer(geometry)) {
      return { shader: geometry.kernel[0] === 5 ? "winograd5" : "winograd" };
    }
  }
  if (way === "backward") {
    // The image's own gradient is one quad: tiles of several quads would be mostly empty. Invocations that load together
    // share what the phases of a stride read.
    if (tiling.together && isStridedImage(geometry)) return { shader: "conv-to-image-strided" };
    // A row's taps are neighbors, and what is loaded once serves three of them or more.
    if (isWideRow(geometry)) return { shader: "conv-to-image" };
  }
  return chooseDirect(conv, way, tiling);
}

/** The kernel of the two that take whatever sizes there are, and so the products in the middle of the others. */
export function chooseDirect(conv: Convolution, way: Way, tiling: Tiling): Direct {
  // Memory of a workgroup pays where its tiles are full. Of a class's planes alone there is little to share.
  const tile =
    conv.classes === undefined
      ? sharedTile(productSize(conv.geometry, way), tiling.shared)
      : undefined;
  return tile ? { shader: "conv-shared", tile } : { shader: "conv" };
}

const all = (pair: readonly number[], n: number): boolean => pair.every((each) => each === n);

/** True if every channel of the input makes one channel of the output. */
export function isDepthwise({ groups, channels, outputs }: Geometry): boolean {
  return groups > 1 && groups === channels && groups === outputs;
}

/** True for the sizes that depthwise3.wgsl has in its text, with no loop over taps. */
function hasThreeTaps({ kernel, stride, dilation }: Geometry): boolean {
  return all(kernel, 3) && all(dilation, 1) && (all(stride, 1) || all(stride, 2));
}

/** With fewer taps than these, one channel has nothing to win. */
const LEAST_TAPS = 8;

function isGray(geometry: Geometry): boolean {
  return geometry.channels === 1 && geometry.groups === 1 && tapsOf(geometry) >= LEAST_TAPS;
}

/** The most bytes of weights transformed for Winograd's algorithm, which are up to four times those of the model. */
const MOST_BYTES = 2 ** 26;

/**
 * The least work of a direct convolution of 5 × 5, in vec4s loaded a sample, that is worth the compiling: winograd5.wgsl
 * takes 700 ms on a software adapter.
 */
const WORTH_COMPILING = 2e5;

/** True where Winograd's algorithm loads and stores less than conv.wgsl would. */
function isFewer(geometry: Geometry): boolean {
  const { kernel, stride, dilation, before, after, groups, channels, outputs, output } = geometry;
  const size = kernel[0];
  const fits =
    (size === 3 || size === 5) &&
    all(kernel, size) &&
    all([...before, ...after], (size - 1) / 2) &&
    all([...stride, ...dilation], 1) &&
    groups === 1;
  if (!fits) return false;
  const [from, to] = [Math.ceil(channels / 4), Math.ceil(outputs / 4)];
  // Tiles of 4 × 4 pixels, and the places of each after the transform.
  const places = (size + 3) ** 2;
  const tiles = Math.ceil(output[0] / 4) * Math.ceil(output[1] / 4);
  if (places * from * to * 64 > MOST_BYTES) return false;
  // Loads and stores of vec4s: half of one for each product of a matrix and a vector, which is what a tile of
  // conv.wgsl comes to, and what the transforms at both ends read and write.
  const direct = (output[0] * output[1] * size * size * from * to) / 2;
  if (size === 5 && direct < WORTH_COMPILING) return false;
  return tiles * ((places * from * to) / 2 + 2 * places * (from + to)) < direct;
}

function isStridedImage({ channels, groups, stride, dilation }: Geometry): boolean {
  return groups === 1 && channels <= 3 && Math.max(...dilation) === 1 && Math.min(...stride) > 1;
}

function isWideRow({ channels, groups, kernel, stride, dilation }: Geometry): boolean {
  return groups === 1 && channels <= 4 && dilation[1] === 1 && kernel[1] >= 3 * stride[1];
}
