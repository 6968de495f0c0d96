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
 * Prepares the picture of two maps of one image: each is scaled to 0 … 1 by its own percentile, then the second
 * is subtracted from the first (Smilkov et al. 2017, figure 6).
 */
export async function contrast(first: SensitivityMap, second: SensitivityMap): Promise<Contrast> {
  const part = await import("./contrast.js");
  return part.contrast(first, second);
}

/**
 * The gradient of a pixel at equally spaced places of the way from x to x + ε (Smilkov et al. 2017, figure 2).
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
 * How far the model's map of an image is from that in single precision. It takes as long as the model takes to be
 * compiled once more, and as up to four samples with either; its weights are on the device twice meanwhile.
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
 * The tensor in a .npy file of NumPy, as float32 and row-major: what `sensitivity` takes in place of a picture. Rejects
 * where the file is none, or not of numbers.
 */
export async function readNpy(bytes: Uint8Array): Promise<NpyTensor> {
  const part = await import("../tensor/npy.js");
  return part.readNpy(bytes);
}

/** A .npy file of NumPy: what `map.data()` gives, for everything that is not a browser. Row-major. */
export async function writeNpy(
  data: Float32Array,
  shape: readonly number[],
): Promise<Uint8Array<ArrayBuffer>> {
  const part = await import("../tensor/npy.js");
  return part.writeNpy(data, shape);
}
