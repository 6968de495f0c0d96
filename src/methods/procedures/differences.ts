// DeepLIFT (Shrikumar et al. 2017): the network sees a baseline, too, and rules take the ratios of what differs in place of
// slopes. What comes back adds up to what the target gained over the baseline.

import type { Procedure } from "../procedure.js";
import { withTarget } from "../target.js";
import { unfused } from "../unfuse.js";
import { OF_EACH_SAMPLE, ONE } from "./average.js";
import { toEnd } from "./path.js";

/** The multipliers between the baseline and each sample, times their difference. */
export const differences = {
  ...toEnd,
  family: "differences",
  options: [...OF_EACH_SAMPLE, "baseline"],
  baselines: { ...ONE, drawn: false },
  passes: ({ nodes }) => ({ points: 1, table: nodes, start: [0, 1] }),
  // What goes into each activation is compared as well as what comes out.
  prepare: (graph, { of }) => ({ graph: unfused(of ? withTarget(graph, of) : graph) }),
  divides: true,
  readsLogits: true,
  compares: true,
} as const satisfies Procedure;
