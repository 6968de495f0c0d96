// Verbs that few pages need. Each is loaded when it is first called.

import type { ImageSource } from "../image/image.js";
import type { Model } from "../model/model.js";
import type { NpyTensor } from "../tensor/npy.js";
import type { Contrast } from "./contrast.js";
import type { GradientLine, LineOptions } from "./gradient-line.js";
import type { SensitivityMap } from "./map.js";
import type { PrecisionError } from "./precision-error.js";
import type { SensitivityOptions } from "./settings.js";

/**
 * Prepares a picture of two maps of one image: each is scaled to 0 … 1 by its own percentile, then the second is subtracted
 * from the first (Smilkov et al. 2017, figure 6). Rejects where the maps are not of one model.
 */
export async function contrast(first: SensitivityMap, second: SensitivityMap): Promise<Contrast> {
  const part = await import("./contrast.js");
  return part.contrast(first, second);
}

/**
 * The gradient of one pixel at equally spaced places on the way from the image x to a noisy copy x + ε (Smilkov et al. 2017,
 * figure 2).
 */
export async function gradientLine(
  model: Model,
  image: ImageSource,
  options: LineOptions,
): Promise<GradientLine> {
  const part = await import("./gradient-line.js");
  return part.gradientLine(model, image, options);
}

/**
 * Measures how far the map of a model in half precision is from the same map in single precision. The model is compiled
 * once more, and up to four samples are computed with either; meanwhile its weights are on the device twice.
 */
export async function precisionError(
  model: Model,
  image: ImageSource,
  options: SensitivityOptions = {},
): Promise<PrecisionError> {
  const part = await import("./precision-error.js");
  return part.precisionError(model, image, options);
}

/**
 * Reads a .npy file of NumPy as float32, row-major: a tensor that `sensitivity` takes in place of a photo. Rejects where the
 * file is not a .npy file, or not of numbers.
 */
export async function readNpy(bytes: Uint8Array): Promise<NpyTensor> {
  const part = await import("../tensor/npy.js");
  return part.readNpy(bytes);
}

/** Writes a row-major tensor, such as that of `map.data()`, as the bytes of a .npy file of NumPy. */
export async function writeNpy(
  data: Float32Array,
  shape: readonly number[],
): Promise<Uint8Array<ArrayBuffer>> {
  const part = await import("../tensor/npy.js");
  return part.writeNpy(data, shape);
}
