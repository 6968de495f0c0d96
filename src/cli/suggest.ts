// What the first photo of a run says of a preprocessing that was only guessed.

import { type ImageSource, type Model, type Suggestion, suggestPreprocess } from "../index.js";
import { mayBeWrong } from "../model/candidates.js";

/** The preprocessing that makes the network much surer than the guess, if one does. */
export async function suggestionOf(
  model: Model,
  image: ImageSource,
): Promise<{ readonly taken: Suggestion; readonly current: Suggestion } | undefined> {
  const { logits } = await model.classify(image);
  if (!mayBeWrong(logits)) return undefined;
  const suggestions = await suggestPreprocess(model, image);
  const taken = suggestions.find(({ isMuchSurer }) => isMuchSurer);
  const current = suggestions.find(({ isCurrent }) => isCurrent);
  return taken && current && { taken, current };
}

/** That it is taken, why, and how to have it always, as a sentence. */
export function newsOf({ taken, current }: { taken: Suggestion; current: Suggestion }): string {
  const { name, preprocess } = taken;
  const seen = ({ top }: Suggestion) => `${top.label} ${(100 * top.probability).toFixed(1)} %`;
  const pin = typeof preprocess === "string" ? preprocess : `'${JSON.stringify(preprocess)}'`;
  return (
    `preprocessing: ${name}: ${seen(taken)}, by ${current.name} ${seen(current)}; ` +
    `pin it with --preprocess ${pin}`
  );
}
