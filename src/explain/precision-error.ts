// What half precision costs: how far a map is from the same map in single precision, measured on both.

import type { ImageSource } from "../image/image.js";
import type { Model } from "../model/model.js";
import { checkModel } from "../options/arguments.js";
import { sensitivity } from "./sensitivity.js";
import { type SensitivityOptions, settle } from "./settings.js";

/** The result of `precisionError`: relative differences ‖half − single‖₂ / ‖single‖₂. */
export interface PrecisionError {
  /** Of the attribution, from the same noisy samples. */
  readonly map: number;
  /** Of the logits of the image itself. */
  readonly logits: number;
  /** Samples that the map is of; with more the error is smaller, because that of single samples averages out. */
  readonly samples: number;
}

/** As many as show the size of the error. */
const MOST_SAMPLES = 4;

/** As in on-demand.ts. */
export async function precisionError(
  model: Model,
  image: ImageSource,
  options: SensitivityOptions = {},
): Promise<PrecisionError> {
  checkModel("precisionError", model);
  settle(options, "precisionError");
  const { samples: asked = MOST_SAMPLES, stop: _, weightSamples: __, ...others } = options;
  const samples = Math.min(asked, MOST_SAMPLES);
  const single = model.inPrecision("single");
  try {
    const half = await found(model, image, { ...others, samples });
    const target = others.target ?? half.target;
    const exact = await found(single, image, { ...others, samples, target });
    return {
      map: distance(half.data, exact.data),
      logits: distance(half.logits, exact.logits),
      samples,
    };
  } finally {
    single.destroy();
  }
}

async function found(model: Model, image: ImageSource, options: SensitivityOptions) {
  const { logits } = await model.classify(image, { preprocess: options.preprocess });
  const map = await sensitivity(model, image, options);
  try {
    return { logits, data: await map.data(), target: map.target.index };
  } finally {
    map.destroy();
  }
}

/** ‖a − b‖ / ‖b‖; 0 of two that are 0. */
function distance(a: Float32Array, b: Float32Array): number {
  let [difference, size] = [0, 0];
  b.forEach((v, i) => {
    difference += ((a[i] as number) - v) ** 2;
    size += v ** 2;
  });
  return difference === 0 ? 0 : Math.sqrt(difference / size);
}
