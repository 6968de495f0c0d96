// Pad: elements added around a tensor, of a fixed value or taken from within.

import type { Layout } from "../../tensor/types.js";
import { axisOf, integers, nodeError, stringOf } from "../attributes.js";
import { axisByAxis } from "../broadcast.js";
import type { Node, Op } from "../types.js";
import { type Constants, move } from "./move.js";

/** Elements added before and after, for every axis. */
function padAmounts(
  node: Node,
  x: Layout,
  constants: Constants,
): { before: number[]; after: number[] } {
  const rank = x.shape.length;
  const pads = integers(node, "pads", 1, constants) ?? [];
  const axes =
    integers(node, "axes", 3, constants)?.map((a) => axisOf(node, a, rank)) ??
    x.shape.map((_, a) => a);
  if (pads.length !== 2 * axes.length) {
    throw nodeError(node, `its pads [${pads}] should be ${2 * axes.length} numbers`);
  }
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  axes.forEach((axis, k) => {
    before[axis] = pads[k] as number;
    after[axis] = pads[k + axes.length] as number;
  });
  return { before, after };
}

// The index within 0 … n − 1 that a padding mode takes for index i; −1 for the fill.
function padded(mode: string, i: number, n: number): number {
  if (i >= 0 && i < n) return i;
  if (mode === "edge") return i < 0 ? 0 : n - 1;
  if (mode === "wrap") return ((i % n) + n) % n;
  if (mode !== "reflect") return -1;
  const period = Math.max(1, 2 * (n - 1));
  const j = ((i % period) + period) % period;
  return j < n ? j : period - j;
}

export const Pad: Op = move(
  (node, x, constants) => {
    const mode = stringOf(node, "mode", "constant");
    if (!["constant", "edge", "reflect", "wrap"].includes(mode)) {
      throw nodeError(node, `its mode is "${mode}"; known are constant, edge, reflect, wrap`);
    }
    const { before, after } = padAmounts(node, x, constants);
    const shape = x.shape.map((n, axis) => n + (before[axis] as number) + (after[axis] as number));
    if (shape.some((n) => n < 0)) throw nodeError(node, `nothing is left of [${x.shape}]`);
    return [{ shape, channel: x.channel }];
  },
  (node, x, y, constants) => {
    const mode = stringOf(node, "mode", "constant");
    const { before } = padAmounts(node, x, constants);
    return axisByAxis(y.shape, x.shape, (axis, i) =>
      padded(mode, i - (before[axis] as number), x.shape[axis] as number),
    );
  },
);
