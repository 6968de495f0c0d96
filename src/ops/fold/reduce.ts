// Reductions of constants along axes.

import { elements } from "../../tensor/layout.js";
import type { Constant, Shape } from "../../tensor/types.js";
import { axisOf, numberOf, numbersOf } from "../attributes.js";
import { broadcastPlaces } from "../broadcast.js";
import type { Node } from "../types.js";
import { constant, type Fold } from "./tensor.js";

const SUMS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  ReduceL1: (x) => x.reduce((sum, v) => sum + Math.abs(v), 0),
  ReduceL2: (x) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0)),
  ReduceMax: (x) => x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ReduceMean: (x) => x.reduce((a, b) => a + b, 0) / x.length,
  ReduceMin: (x) => x.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  ReduceProd: (x) => x.reduce((a, b) => a * b, 1),
  ReduceSum: (x) => x.reduce((a, b) => a + b, 0),
  ReduceSumSquare: (x) => x.reduce((sum, v) => sum + v * v, 0),
};

function along(
  x: Constant,
  axes: readonly number[],
  keep: boolean,
  f: (values: readonly number[]) => number,
): Constant {
  const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const groups = Array.from({ length: elements(kept) }, (): number[] => []);
  broadcastPlaces(kept, x.shape).forEach((group, e) => {
    groups[group]?.push(x.data[e] as number);
  });
  const shape = keep ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return constant(x.type, shape, groups.map(f));
}

/** Axes of a reduction; all of them where none are given, unless the node says that this means none. */
function reducedAxes(node: Node, shape: Shape, input: Constant | undefined): number[] {
  const given = input ? Array.from(input.data) : numbersOf(node, "axes", []);
  if (given.length > 0) return given.map((axis) => axisOf(node, axis, shape.length));
  return numberOf(node, "noop_with_empty_axes", 0) ? [] : shape.map((_, axis) => axis);
}

function arg(best: (a: number, b: number) => boolean): Fold {
  return (node, x) => {
    const axis = axisOf(node, numberOf(node, "axis", 0), x!.shape.length);
    const last = numberOf(node, "select_last_index", 0) !== 0;
    const index = (values: readonly number[]) =>
      values.reduce((top, v, i) => {
        const other = values[top] as number;
        return best(v, other) || (last && v === other) ? i : top;
      }, 0);
    const keep = numberOf(node, "keepdims", 1) !== 0;
    return { ...along({ ...x!, type: "int64" }, [axis], keep, index) };
  };
}

/** Folding rules by operator. */
export const reductions: Readonly<Record<string, Fold>> = {
  ...Object.fromEntries(
    Object.entries(SUMS).map(([op, f]): [string, Fold] => [
      op,
      (node, x, axes) =>
        along(x!, reducedAxes(node, x!.shape, axes), numberOf(node, "keepdims", 1) !== 0, f),
    ]),
  ),
  ArgMax: arg((a, b) => a > b),
  ArgMin: arg((a, b) => a < b),
};
