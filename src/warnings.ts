// What cannot be trusted in a map: each warning is one sentence with a way out, made from plain facts. A model's own
// warnings, which hold for every image, come first; the map's follow.

import type { ClassScore, LabelsSource } from "./model.js";
import { isGuessed, preprocessInWords, type ResolvedPreprocess } from "./preprocess.js";

/** What the warnings of a map are made from. */
export interface MapFacts {
  /** The warnings of the model. */
  readonly model: readonly string[];
  /** The most probable class. */
  readonly first?: Pick<ClassScore, "label" | "probability">;
  /** How many classes compete for a probability of 1; undefined where each class has a probability of its own. */
  readonly competing?: number | undefined;
}

// A clear picture gets more from a network that understands its colors.
const LEAST_PROBABILITY = 0.05;
// Among few classes 5 % is nothing, so the first must be this many times as probable as by chance.
const TIMES_CHANCE = 1.2;

/**
 * True if the most probable of so many classes stands out from the others. One of two always does: near a half, the
 * picture lies between them.
 */
export function standsOut(probability: number, classes: number): boolean {
  return classes < 3 || probability >= Math.max(LEAST_PROBABILITY, TIMES_CHANCE / classes);
}

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

/** The warnings of a map, each once, the model's first. */
export function warningsOf(facts: MapFacts): readonly string[] {
  const own = [classWarning(facts)].filter((warning) => warning !== undefined);
  return [...new Set([...facts.model, ...own])];
}

function classWarning({ first, competing }: MapFacts): string | undefined {
  if (!first || competing === undefined || standsOut(first.probability, competing))
    return undefined;
  return (
    `No class stands out: the most probable of ${competing}, ${first.label}, has ${percent(first.probability)}. ` +
    "If the picture is clear, try another preprocessing."
  );
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
