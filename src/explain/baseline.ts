// Baselines: pictures that say nothing, from which a path to the image starts. They are made on the CPU, once
// for a map. "Black" and "white" are what the preprocessing makes of them; where it is not known, the least and
// the largest value of the image.

import { read } from "../gpu/play.js";
import type { InputTensor } from "../image/image.js";
import { coloring } from "../image/preprocess.js";
import type { Baseline } from "../options/sampling.js";
import { packChannels, unpackChannels } from "../tensor/channels.js";

/** Lowest and highest value of each channel. */
export interface Bounds {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** Reads a tensor back, row-major [C,H,W]. */
export async function valuesOf(device: GPUDevice, tensor: InputTensor): Promise<Float32Array> {
  return unpackChannels(new Float32Array(await read(device, tensor.buffer)), tensor.channels);
}

/** What black and white are in the tensor. */
export function boundsOf(values: Float32Array, { preprocess, channels }: InputTensor): Bounds {
  const low = new Float32Array(channels);
  const high = new Float32Array(channels);
  if (!preprocess || (channels !== 1 && channels !== 3)) {
    low.fill(values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY));
    high.fill(values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY));
    return { low, high };
  }
  const { matrix, shift } = coloring(preprocess, channels);
  for (let c = 0; c < channels; c++) {
    const gain = [0, 4, 8].reduce((sum, column) => sum + (matrix[column + c] as number), 0);
    low[c] = shift[c] as number;
    high[c] = (shift[c] as number) + 255 * gain;
  }
  return { low, high };
}

/** A baseline, packed; undefined for noise, which is made where it is needed. */
export function makeBaseline(
  baseline: Baseline,
  values: Float32Array,
  bounds: Bounds,
  { channels, height, width }: InputTensor,
): Float32Array | undefined {
  const size = height * width;
  if (typeof baseline !== "string") {
    if (baseline.data.length !== values.length) {
      throw new Error(
        `the baseline has ${baseline.data.length} values, the network's input ${values.length}`,
      );
    }
    return packChannels(baseline.data, channels);
  }
  if (baseline === "noise") return undefined;
  const result = new Float32Array(values.length);
  for (let c = 0; c < channels; c++) {
    const from = values.subarray(c * size, (c + 1) * size);
    const to = result.subarray(c * size, (c + 1) * size);
    if (baseline === "black") to.fill(bounds.low[c] as number);
    if (baseline === "white") to.fill(bounds.high[c] as number);
    if (baseline === "mean") to.fill(from.reduce((a, b) => a + b, 0) / size);
    if (baseline === "blur") blur(from, to, height, width);
  }
  return packChannels(result, channels);
}

// Gauss, first along the rows, then along the columns; beyond the edge the picture goes on as at the edge.
function blur(from: Float32Array, to: Float32Array, height: number, width: number): void {
  const sigma = width / 10;
  const radius = Math.ceil(3 * sigma);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - radius) / sigma) ** 2),
  );
  const total = weights.reduce((a, b) => a + b, 0);
  const rows = new Float64Array(height * width);
  const along = (length: number, at: number, value: (i: number) => number) =>
    weights.reduce((sum, w, i) => {
      const j = Math.min(Math.max(at + i - radius, 0), length - 1);
      return sum + w * value(j);
    }, 0) / total;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      rows[y * width + x] = along(width, x, (j) => from[y * width + j] as number);
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      to[y * width + x] = along(height, y, (j) => rows[j * width + x] as number);
    }
  }
}
