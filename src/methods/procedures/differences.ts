// DeepLIFT (Shrikumar et al. 2017): the network sees a baseline too, and the rules use ratios of differences in place of slopes.
// The attributions add up to what the target gains over the baseline.

import type { Procedure } from "../procedure.js";
import { withTarget } from "../target.js";
import { unfused } from "../unfuse.js";
import { OF_EACH_SAMPLE, ONE } from "./average.js";
import { toEnd } from "./path.js";

/** The multipliers between baseline and sample, times their difference. */
export const differences = {
  ...toEnd,
  family: "differences",
  options: [...OF_EACH_SAMPLE, "baseline"],
  baselines: { ...ONE, drawn: false },
  passes: ({ nodes }) => ({ points: 1, table: nodes, start: [0, 1] }),
  // The rules compare the inputs of activations as well as their outputs.
  prepare: (graph, { of }) => ({ graph: unfused(of ? withTarget(graph, of) : graph) }),
  divides: true,
  readsLogits: true,
  compares: true,
} as const satisfies Procedure;
