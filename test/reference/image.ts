// The twin of src/image/image.ts in f64: PIL's resize with a triangle filter, written as the sum it is, and the
// color arithmetic of each channel without matrices.

import type { Preprocess } from "../../src/options/preprocess.js";
import type { Size } from "../../src/tensor/types.js";

/** RGBA pixels with straight alpha. */
export interface Pixels extends Size {
  readonly data: ArrayLike<number>;
}

/**
 * Colors of a tensor's pixels, [H,W,3] from 0 to 255 and not rounded: the photo resized to `resized`, and of
 * that the part that begins at `left` and `top`. Black beside the photo; on white where it is transparent.
 */
export function resample(
  photo: Pixels,
  resized: Size,
  { left, top }: { left: number; top: number },
  tensor: Size,
): Float64Array {
  const colors = new Float64Array(tensor.height * tensor.width * 3);
  for (let y = 0; y < tensor.height; y++) {
    for (let x = 0; x < tensor.width; x++) {
      const across = weights(x + left, photo.width, resized.width);
      const down = weights(y + top, photo.height, resized.height);
      for (const [sy, wy] of down) {
        for (const [sx, wx] of across) {
          const pixel = (sy * photo.width + sx) * 4;
          const alpha = photo.data[pixel + 3]! / 255;
          for (let c = 0; c < 3; c++) {
            const color = alpha * photo.data[pixel + c]! + (1 - alpha) * 255;
            colors[(y * tensor.width + x) * 3 + c]! += wy * wx * color;
          }
        }
      }
    }
  }
  return colors;
}

// Source pixels of an output pixel, with weights that add up to 1.
function weights(output: number, length: number, outputs: number): [number, number][] {
  const scale = length / outputs;
  const center = (output + 0.5) * scale;
  if (center < 0 || center > length) return [];
  const reach = Math.max(scale, 1);
  const taps: [number, number][] = [];
  for (let i = 0; i < length; i++) {
    const weight = 1 - Math.abs(i + 0.5 - center) / reach;
    if (weight > 0) taps.push([i, weight]);
  }
  const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
  return taps.map(([i, weight]) => [i, weight / total]);
}

/** Colors [H,W,3] from 0 to 255 → tensor [C,H,W], for one or three channels. */
export function normalize(
  colors: ArrayLike<number>,
  channels: number,
  preprocess: Preprocess,
): Float64Array {
  const { scale = 1 / 255, mean = 0, std = 1 } = preprocess;
  const positions = colors.length / 3;
  const tensor = new Float64Array(channels * positions);
  for (let c = 0; c < channels; c++) {
    for (let p = 0; p < positions; p++) {
      const [red, green, blue] = [colors[p * 3]!, colors[p * 3 + 1]!, colors[p * 3 + 2]!];
      const gray = 0.299 * red + 0.587 * green + 0.114 * blue;
      const ordered = preprocess.channels === "bgr" ? [blue, green, red] : [red, green, blue];
      const color = channels === 1 ? gray : ordered[c]!;
      const center = typeof mean === "number" ? mean : mean[c]!;
      const spread = typeof std === "number" ? std : std[c]!;
      tensor[c * positions + p] = (color * scale - center) / spread;
    }
  }
  return tensor;
}
