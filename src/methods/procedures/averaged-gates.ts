// SmoothDiff (Hill et al. 2025): all samples go forward and are counted at every gate. Then a single backward pass through the
// mean gates takes the place of the mean of many backward passes.

import type { Procedure } from "../procedure.js";
import { average } from "./average.js";

/** One gradient for all samples. */
export const averagedGates = {
  ...average,
  options: [],
  readsLogits: true,
  gathers: true,
  check({ method, of, estimator, stop, weightNoise }) {
    const makes = `${method} makes one gradient of all samples: it has no`;
    if (of !== "logit") throw new Error(`${method} explains a logit, not a ${of}`);
    if (estimator !== "mean") throw new Error(`${makes} estimator "${estimator}"`);
    if (stop) throw new Error(`${makes} standard error to stop by`);
    if (weightNoise > 0) throw new Error(`${makes} "weightNoise"`);
  },
} as const satisfies Procedure<never>;
