// Where the passes of one sample are on the way from its baseline, α = 0, to itself, α = 1, and how much each
// counts: rules that integrate over α.

import type { Quadrature } from "../options/sampling.js";

/** Most points of a path. */
export { MAX_POINTS } from "../options/sampling.js";

/** A place and its weight; the weights of a path add up to 1. */
export type PathNode = readonly [alpha: number, weight: number];

/** The nodes of a rule with so many steps. */
export function pathNodes(quadrature: Quadrature, steps: number): PathNode[] {
  const each = <T>(count: number, make: (i: number) => T) =>
    Array.from({ length: count }, (_, i) => make(i));
  switch (quadrature) {
    case "gauss-legendre":
      return each(steps, (i) => gaussLegendre(steps, i));
    case "trapezoid":
      if (steps < 2) throw new Error("trapezoid needs at least 2 steps");
      return each(steps, (i) => [
        i / (steps - 1),
        (i === 0 || i === steps - 1 ? 0.5 : 1) / (steps - 1),
      ]);
    case "riemann":
      return each(steps, (i) => [(i + 0.5) / steps, 1 / steps]);
    case "random":
      return [[1, 1]];
  }
}

// The i-th root of the Legendre polynomial P_n by Newton's method, from the cosine that is near it; on [0, 1].
function gaussLegendre(n: number, i: number): PathNode {
  let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
  let slope = 0;
  for (let step = 0; step < 20; step++) {
    let [p, before] = [1, 0];
    for (let k = 1; k <= n; k++) [p, before] = [((2 * k - 1) * x * p - (k - 1) * before) / k, p];
    slope = (n * (x * p - before)) / (x * x - 1);
    const move = p / slope;
    x -= move;
    if (Math.abs(move) < 1e-15) break;
  }
  return [(1 + x) / 2, 1 / ((1 - x * x) * slope * slope)];
}
