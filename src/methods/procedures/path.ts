// Passes on the straight path from a baseline x₀ to the sample x, at x₀ + α (x − x₀): the weighted sum of their gradients is
// multiplied by x − x₀ (sample.wgsl, moments.wgsl).

import type { Path, Procedure } from "../procedure.js";
import { pathNodes } from "../quadrature.js";
import { average, OF_EACH_SAMPLE } from "./average.js";

const end: Path = { kind: "nodes", nodes: [[1, 1]] };
const somewhere: Path = { kind: "random", nodes: [[1, 1]] };

const line = { ...average, made: "path", hasPath: true } as const;

/** One pass at the end, α = 1: the gradient times the difference from the baseline. */
export const toEnd: typeof average = { ...line, path: () => end };

/** A pass at each node of an integral over α. The attributions add up to what the target gains along the path. */
export const alongNodes = {
  ...line,
  family: "paths",
  options: [...OF_EACH_SAMPLE, "baseline", "steps", "quadrature"],
  path: ({ quadrature, steps }) =>
    quadrature === "random" ? somewhere : { kind: "nodes", nodes: pathNodes(quadrature, steps) },
  passes: ({ nodes, path }) => ({
    points: nodes.length,
    table: nodes,
    start: path === "nodes" ? [0, 1] : undefined,
  }),
} as const satisfies Procedure;

/** One pass at a random place, α ~ U(0, 1), of the path from a random baseline. */
export const toRandom = {
  ...line,
  family: "paths",
  options: [...OF_EACH_SAMPLE, "baseline"],
  baselines: { usual: "noise", most: Number.POSITIVE_INFINITY, drawn: true },
  path: () => somewhere,
} as const satisfies Procedure;
