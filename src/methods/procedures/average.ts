// SmoothGrad itself (Smilkov et al. 2017): the mean, over noisy samples, of what one backward pass leaves at the input.

import type { Baselines, Path, Procedure } from "../procedure.js";

/** The options of methods in which each sample has a gradient of its own. */
export const OF_EACH_SAMPLE = ["of", "estimator", "stop", "weightNoise", "weightSamples"] as const;

/** One baseline, of any kind. */
export const ONE: Baselines = { usual: "zero", most: 1, drawn: true };

const here: Path = { kind: "none", nodes: [[1, 1]] };

/** One pass for each sample, by any rules. */
export const average = {
  options: OF_EACH_SAMPLE,
  made: "gradient",
  baselines: ONE,
  hasPath: false,
  path: () => here,
  passes: ({ nodes }) => ({ points: nodes.length, table: nodes, start: undefined }),
  write(plan) {
    plan.noise();
    plan.forward();
    return plan.goBack();
  },
} satisfies Procedure as Procedure<(typeof OF_EACH_SAMPLE)[number]>;
