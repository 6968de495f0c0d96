// Which preprocessing suits a network, where nothing says it: a photo asked by each (candidates.ts).

import type { ImageSource } from "../image/image.js";
import type { Preprocess, Preset } from "../image/preprocess.js";
import type { ClassScore, Model } from "./model.js";

/** A preprocessing, and what the network makes of a photo by it. */
export interface Suggestion {
  /** In a word or two: "caffe", "imagenet, BGR", "negative". */
  readonly name: string;
  /** For `preprocess` of `loadModel` or `sensitivity`. */
  readonly preprocess: Preset | Preprocess;
  /** The most probable class. */
  readonly top: ClassScore;
  /** True for the preprocessing that the model was loaded with. */
  readonly isCurrent: boolean;
  /** True for the one, if any, by which a class stands out where by the current one none does. */
  readonly isMuchSurer: boolean;
}

/** Options of `suggestPreprocess`. */
export interface SuggestOptions {
  /** Heard between two passes. */
  readonly signal?: AbortSignal;
}

/**
 * Classifies a photo by each of the usual preprocessings, a forward pass each, and tells the class and its
 * probability, the surest first: the right preprocessing is often the one by which a class stands out. The model
 * stays as it is. Rejects for a tensor.
 */
export async function suggestPreprocess(
  model: Model,
  image: ImageSource,
  options: SuggestOptions = {},
): Promise<Suggestion[]> {
  const { suggestionsFor } = await import("./candidates.js");
  return suggestionsFor(model, image, options);
}
