// What a network was trained to see: which part of a photo, at which size, in which colors. Plain arithmetic.
//
// How to think of it: a tensor pixel is a place in the photo (one mat3, `placement`) and a color there (one
// mat3 and a shift, `coloring`). image.ts does both on the GPU; overlays use the same placement to lie right.

import { mat3, mat3d } from "wgpu-matrix";
import { type Preprocess, type Preset, presets } from "../options/preprocess.js";
import type { Size } from "../tensor/types.js";

/** A 3 × 3 matrix as WebGPU stores it: three columns of four floats, the fourth of them unused. */
export type Mat3 = Float32Array;

/**
 * Where a preprocessing comes from: the caller, a card beside the model, the file's metadata, the graph's first step; or what
 * it was guessed from: the number of classes, the order of the axes, the number of channels.
 */
export type PreprocessSource =
  | "given"
  | "card"
  | "metadata"
  | "graph"
  | "classes"
  | "axes"
  | "channels";

/** A preprocessing in numbers, and where it comes from. */
export interface ResolvedPreprocess extends Preprocess {
  /** Where it comes from. */
  readonly from: PreprocessSource;
}

/**
 * The numbers of a preprocessing, which may be a preset's name; by default those of "imagenet" for three channels, else of
 * "unit". Throws where there is no such preset.
 */
export function resolvePreprocess(
  preprocess: Preset | Preprocess | undefined,
  channels: number,
): Preprocess {
  if (preprocess === undefined) return channels === 3 ? presets.imagenet : presets.unit;
  if (typeof preprocess !== "string") return preprocess;
  if (Object.hasOwn(presets, preprocess)) return presets[preprocess];
  const names = ["auto", ...Object.keys(presets)].join(", ");
  throw new Error(`"${preprocess}" is not a preprocessing; there are: ${names}`);
}

/** The matrix from pixels of the tensor to pixels of the photo. Pixel centers are at halves (0.5, 1.5, …) in both. */
export function placement(photo: Size, tensor: Size, preprocess: Preprocess): Mat3 {
  const { crop = "center" } = preprocess;
  if (crop !== "center") {
    const zoom = mat3d.scaling([crop.width / tensor.width, crop.height / tensor.height]);
    return toFloats(mat3d.multiply(mat3d.translation([crop.left, crop.top]), zoom));
  }
  const resized = resizedSize(photo, tensor, preprocess);
  const zoom = mat3d.scaling([photo.width / resized.width, photo.height / resized.height]);
  const offset: [number, number] = [
    roundHalfToEven((resized.width - tensor.width) / 2),
    roundHalfToEven((resized.height - tensor.height) / 2),
  ];
  return toFloats(mat3d.multiply(zoom, mat3d.translation(offset)));
}

// The sizes and offsets are torchvision's, to the pixel: Resize cuts the long side off to an integer, and
// CenterCrop rounds with Python's round.
function resizedSize(photo: Size, tensor: Size, { resize, shortSide }: Preprocess): Size {
  if (resize === "stretch") return tensor;
  if (shortSide === undefined && sameSize(photo, tensor)) return tensor;
  const short = shortSide ?? Math.round((Math.min(tensor.height, tensor.width) * 256) / 224);
  return photo.width <= photo.height
    ? { width: short, height: Math.floor((short * photo.height) / photo.width) }
    : { width: Math.floor((short * photo.width) / photo.height), height: short };
}

function sameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

function roundHalfToEven(x: number): number {
  return Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
}

/** Tensor channels = matrix · (red, green, blue) + shift, colors from 0 to 255. Unused rows are 0. */
export interface Coloring {
  readonly matrix: Mat3;
  /** Three floats. */
  readonly shift: Float32Array;
}

// Weights of red, green and blue in the luminance, as PIL's "L" (ITU-R 601).
const luminance = [0.299, 0.587, 0.114];

/** How colors become the values of one or three channels. Throws where the counts do not fit. */
export function coloring(preprocess: Preprocess, channels: number): Coloring {
  if (channels !== 1 && channels !== 3) {
    throw new Error(`a photo has 1 or 3 channels, the network wants ${channels}: pass a tensor`);
  }
  const { scale = 1 / 255, channels: order = "rgb" } = preprocess;
  const mean = perChannel("mean", preprocess.mean ?? 0, channels);
  const std = perChannel("std", preprocess.std ?? 1, channels);
  const matrix = mat3.create();
  const shift = new Float32Array(3);
  for (let c = 0; c < channels; c++) {
    const gain = scale / std[c]!;
    shift[c] = -mean[c]! / std[c]!;
    for (let color = 0; color < 3; color++) {
      const own = color === (order === "bgr" ? 2 - c : c) ? 1 : 0;
      matrix[color * 4 + c] = gain * (channels === 1 ? luminance[color]! : own);
    }
  }
  return { matrix, shift };
}

/** The values of each channel for black and for white. */
export function colorRange(
  preprocess: Preprocess,
  channels: number,
): { low: number[]; high: number[] } {
  const { matrix, shift } = coloring(preprocess, channels);
  const low = Array.from(shift.slice(0, channels));
  const gain = (c: number) => matrix[c]! + matrix[4 + c]! + matrix[8 + c]!;
  return { low, high: low.map((v, c) => v + 255 * gain(c)) };
}

/** One number for each channel. Throws where there are others. */
export function perChannel(name: string, value: number | readonly number[], channels: number) {
  const values = typeof value === "number" ? new Array<number>(channels).fill(value) : value;
  if (values.length === channels) return values;
  throw new Error(`${name} has ${values.length} values, the network ${channels} channels`);
}

/**
 * A tensor [C,H,W] as RGBA pixels: its preprocessing undone, or, where that is not known, its range stretched
 * over the colors. Three channels are red, green and blue; of any other number the mean is shown in gray.
 */
export function tensorPixels(
  data: Float32Array,
  channels: number,
  preprocess: Preprocess = rangeOf(data),
): Uint8ClampedArray<ArrayBuffer> {
  const { scale = 1 / 255, channels: order = "rgb" } = preprocess;
  const mean = perChannel("mean", preprocess.mean ?? 0, channels);
  const std = perChannel("std", preprocess.std ?? 1, channels);
  const positions = data.length / channels;
  const pixels = new Uint8ClampedArray(positions * 4).fill(255);
  for (let p = 0; p < positions; p++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      const color = (data[c * positions + p]! * std[c]! + mean[c]!) / scale;
      if (channels === 3) pixels[p * 4 + (order === "bgr" ? 2 - c : c)] = color;
      sum += color;
    }
    if (channels !== 3) pixels.fill(sum / channels, p * 4, p * 4 + 3);
  }
  return pixels;
}

function rangeOf(data: Float32Array): Preprocess {
  let low = Infinity;
  let high = -Infinity;
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { scale: (high - low || 1) / 255, mean: -low };
}

function toFloats(matrix: Float64Array): Mat3 {
  return Float32Array.from(matrix);
}
