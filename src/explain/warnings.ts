// What cannot be trusted in a map: each warning is one sentence with a way out, made from plain facts. A model's own
// warnings, which hold for every image, come first; the map's follow.

import type { Estimator } from "../options/drawing.js";
import type { AttributionSize } from "../picture/estimate.js";
import type { Precision } from "../tensor/types.js";

/** What is to be known of a class. */
interface Scored {
  readonly label: string;
  readonly logit: number;
  readonly probability: number;
}

/** What the warnings of a map are made from. */
export interface MapFacts {
  /** The warnings of the model. */
  readonly model: readonly string[];
  /** The most probable class. */
  readonly first?: Omit<Scored, "logit">;
  /** How many classes compete for a probability of 1; undefined where each class has a probability of its own. */
  readonly competing?: number | undefined;
  /** What is to be said of the layer that a class activation map is made of. */
  readonly layer?: string | undefined;
  /** What is known of the map's values. */
  readonly values?: ValueFacts;
}

/** What is known of a map's values, and of what they are the gradient of. */
export interface ValueFacts {
  readonly size: AttributionSize;
  readonly estimator: Estimator;
  readonly precision: Precision;
  /** How the map is made, as far as its zeros are concerned. */
  readonly made: "gradient" | "path" | "activation" | "occlusion";
  readonly samples: number;
  /** The class that is explained. */
  readonly target: Scored;
  /** What of it is explained. */
  readonly of: "logit" | "probability" | "log-probability";
  /** The final Softmax or Sigmoid, where the network was loaded so that it stays. */
  readonly kept?: string | undefined;
  /** The nodes that let no gradient through, where every way from the image to the class leads through one. */
  readonly flat: readonly string[];
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

/** The warnings of a map, each once, the model's first. */
export function warningsOf(facts: MapFacts): readonly string[] {
  const all = [facts.layer, classWarning(facts), facts.values && valueWarning(facts.values)];
  const own = all.filter((warning) => warning !== undefined);
  return [...new Set([...facts.model, ...own])];
}

function classWarning({ first, competing }: MapFacts): string | undefined {
  if (!first || competing === undefined) return undefined;
  const { probability } = first;
  if (Number.isNaN(probability) || standsOut(probability, competing)) return undefined;
  return (
    `No class stands out: the most probable of ${competing}, ${first.label}, has ${percent(probability)}. ` +
    "If the picture is clear, try another preprocessing."
  );
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

/** Of float32: the least normal number, and below what the small parts of a map begin to be lost. */
const LEAST = 2 ** -126;
const TOO_SMALL = 2 ** -113;
const HIGHEST = 3.4e38;
/** Of half precision, where gradients are stored 1024 times as large: the step of small ones, and the largest. */
const HALF_STEP = 2 ** -34;
const HALF_LARGEST = 64;

function valueWarning(facts: ValueFacts): string | undefined {
  const { size, estimator, precision } = facts;
  const { norm, largest } = size;
  if (!Number.isFinite(norm)) {
    return (
      `The map holds values that are not finite: gradients beyond ${short(HIGHEST)} do not fit into float32. ` +
      "Scale the network's last layer down, and see that image and weights are finite."
    );
  }
  if (norm === 0) return `The map is zero everywhere: ${zeroReason(facts)}`;
  if (precision === "half") return halfWarning(largest);
  const about = `the largest gradient is about ${short(largest)}`;
  const isSquare = estimator === "squared" || estimator === "variance";
  if (isSquare && (largest ** 2 < LEAST || largest ** 2 > HIGHEST)) {
    const reads = largest < 1 ? "0" : "infinity";
    return (
      `The map's values, squares of gradients, do not fit into float32 and read as ${reads}: ${about}. ` +
      'The standard error is right; for the map, choose the estimator "mean" or "absolute".'
    );
  }
  if (largest >= TOO_SMALL) return undefined;
  return (
    `The gradient is too small to be measured well: ${about}, and float32 rounds what is below ${short(LEAST)} to 0. ` +
    "Scale the network's last layer up, or explain the log-probability."
  );
}

function zeroReason(facts: ValueFacts): string {
  const { size, estimator, precision, made, samples, target, of, kept, flat } = facts;
  if (size.largest > 0) {
    return estimator === "variance"
      ? "its samples are all alike, so their variance is 0. Set the noise above 0, or choose another estimator."
      : 'its samples cancel each other. Choose the estimator "absolute" or "squared".';
  }
  if (made === "occlusion") {
    return "the score of the class is the same whichever window is hidden. Try larger windows, another baseline or another class.";
  }
  if (made === "activation") {
    return 'nothing in the layer speaks for the class, and a class activation map drops what speaks against it. Try another layer, or the method "gradient".';
  }
  if (flat.length > 0) {
    return (
      `the gradient of ${listed(flat)} is 0 wherever there is one, and every way from the image to the class leads ` +
      'through it. The method "occlusion" needs no gradient.'
    );
  }
  if (kept && isSaturated(target.logit)) {
    return (
      `the network's final ${kept} is saturated: it gives ${target.label} exactly ${Math.round(target.logit)}. ` +
      "Load the model without keepSoftmax, so that the logit is explained."
    );
  }
  if (of !== "logit" && isSaturated(target.probability)) {
    return (
      `the probability of ${target.label} is ${Math.round(target.probability)} to float32's last digit, so its gradient ` +
      "rounds to 0. Explain the logit instead."
    );
  }
  if (precision === "half") {
    return `half precision rounds gradients below ${short(HALF_STEP)} to 0. Load the model with precision "single".`;
  }
  const where = samples === 1 ? "the image" : `all ${samples} samples`;
  const baseline = made === "path" ? ", or the image is the baseline itself" : "";
  return (
    `the gradient is 0 at ${where}. Perhaps every ReLU on the way is off, or the class does not depend on the image` +
    `${baseline}. Try more noise, another preprocessing, or the method "occlusion".`
  );
}

function halfWarning(largest: number): string | undefined {
  const remedy = 'Load the model with precision "single".';
  if (largest >= HALF_LARGEST / 2) {
    return `Half precision cuts gradients at ±${HALF_LARGEST}, and some may have been cut. ${remedy}`;
  }
  if (largest >= 16 * HALF_STEP) return undefined;
  return (
    `The gradient is too small for half precision: the largest is about ${short(largest)}, and the steps between ` +
    `numbers are ${short(HALF_STEP)}. ${remedy}`
  );
}

/** True for what a probability rounds to when nothing more changes it. */
const isSaturated = (p: number): boolean => p > 1 - 2 ** -24 || p < LEAST;

const listed = (names: readonly string[]): string =>
  names.length > 3
    ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`
    : names.join(" and ");

const short = (value: number): string => value.toPrecision(2).replace("e+", "e");
