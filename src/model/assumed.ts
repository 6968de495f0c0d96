// What a model takes for granted because nobody has said it, in warnings with the way to say it.

import type { ResolvedPreprocess } from "../image/preprocess.js";
import { isGuessed, preprocessInWords } from "../image/preprocess-check.js";
import type { LabelsSource } from "./labels.js";

/** What nobody has said of a model. */
export interface Assumed {
  readonly preprocess: ResolvedPreprocess | undefined;
  readonly labelsFrom: LabelsSource | undefined;
  readonly channels: number;
  readonly classes: number;
}

/** The warnings of what was assumed about a model. */
export function assumptions({ preprocess, labelsFrom, ...counts }: Assumed): string[] {
  return [
    ...(preprocess && isGuessed(preprocess)
      ? [
          `Preprocessing: ${preprocessInWords(preprocess, counts)}. ` +
            "Give preprocess if the network was trained with another.",
        ]
      : []),
    ...(labelsFrom === "imagenet"
      ? [
          `The class names are ImageNet's, assumed from the ${counts.classes} classes. ` +
            "Give labels if it has others.",
        ]
      : []),
  ];
}
