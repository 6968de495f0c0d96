// Which preprocessing suits a network, where nothing says it: a photo asked by each (candidates.ts).

import type { ImageSource } from "../image/image.js";
import { checkModel } from "../options/arguments.js";
import type { Suggestion, SuggestOptions } from "./candidates.js";
import type { Model } from "./model.js";

export type { Suggestion, SuggestOptions };

/**
 * Classifies a photo with each of the usual preprocessings, one forward pass each, and gives them with their best class,
 * the surest first: the right preprocessing is often the one with which a class stands out. The model stays as it is.
 * Rejects for a tensor.
 */
export async function suggestPreprocess(
  model: Model,
  image: ImageSource,
  options: SuggestOptions = {},
): Promise<Suggestion[]> {
  checkModel("suggestPreprocess", model);
  const { suggestionsFor } = await import("./candidates.js");
  return suggestionsFor(model, image, options);
}
