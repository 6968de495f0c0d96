// From the logits z of an image to what is said of its classes: their probabilities, and the score that is explained. In
// float64, by the formulas that target.wgsl has in float32.
//
//   softmax   p_k = e^z_k / Σ e^z        ln p_k = z_k − ln Σ e^z
//   sigmoid   p_k = 1 / (1 + e^−z_k)     ln p_k = −ln(1 + e^−z_k)
//
// Each of them is written so that neither a large nor a small z loses its digits.

import type { Head } from "../ops/types.js";
import type { Scalar } from "../options/sampling.js";

/** In the order of their numbers in target.wgsl; an unknown one has logits alone. */
export const HEADS: readonly Head[] = [
  "softmax",
  "sigmoid",
  "probability",
  "log-probability",
  "unknown",
];

/** ln p of every class; NaN where that is not known. */
function logProbabilities(head: Head, logits: Float32Array): Float64Array {
  const z = Float64Array.from(logits);
  switch (head) {
    case "softmax": {
      const highest = z.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const total = z.reduce((sum, v) => sum + Math.exp(v - highest), 0);
      return z.map((v) => v - highest - Math.log(total));
    }
    case "sigmoid":
      return z.map((v) => Math.min(v, 0) - Math.log1p(Math.exp(-Math.abs(v))));
    case "probability":
      return z.map((p) => Math.log(p));
    case "log-probability":
      return z;
    case "unknown":
      return z.fill(Number.NaN);
  }
}

/** p of every class; NaN where that is not known. */
export function probabilitiesOf(head: Head, logits: Float32Array): Float64Array {
  if (head === "probability") return Float64Array.from(logits);
  return logProbabilities(head, logits).map((v) => Math.exp(v));
}

/** What is explained of a class. */
export function scoreOf(head: Head, logits: Float32Array, index: number, of: Scalar): number {
  const all = {
    logit: () => logits,
    probability: () => probabilitiesOf(head, logits),
    "log-probability": () => logProbabilities(head, logits),
  };
  return all[of]()[index] as number;
}
