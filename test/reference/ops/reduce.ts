// Reductions: the elements of x fall into groups, and each group becomes one number.

import type { Shape } from "../../../src/tensor/types.js";
import { type Call, positiveAxis, sizeOf, type Twin, tensor } from "../twin.js";
import { broadcastPlaces } from "./arithmetic.js";
import { given, number } from "./attributes.js";

/** The elements of x that are alike but for their indices along some axes, group by group. */
export function groupsAlong(shape: Shape, axes: readonly number[]): number[][] {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const groups = Array.from({ length: sizeOf(kept) }, (): number[] => []);
  broadcastPlaces(kept, shape).forEach((group, e) => {
    groups[group]!.push(e);
  });
  return groups;
}

function axesOf({ node, inputs: [x, axes] }: Call): number[] {
  const named = given(node, "axes", axes) ?? [];
  if (named.length > 0) return named.map((axis) => positiveAxis(axis, x.shape.length));
  return number(node, "noop_with_empty_axes", 0) ? [] : x.shape.map((_, axis) => axis);
}

interface Formula {
  readonly f: (v: readonly number[]) => number;
  /** The derivatives of f. */
  readonly df: (v: readonly number[], y: number) => number[];
}

/** A reduction of the given axes from its formula. */
export function reducing(
  { f, df }: Formula,
  axesIn: (call: Call) => number[] = axesOf,
  keeps = (call: Call) => number(call.node, "keepdims", 1) === 1,
): Twin {
  const place = (call: Call) => groupsAlong(call.inputs[0].shape, axesIn(call));
  return {
    forward(call) {
      const [x] = call.inputs;
      const axes = axesIn(call);
      const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
      const shape = keeps(call) ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
      const values = place(call).map((group) => f(group.map((e) => x.data[e]!)));
      return [tensor(shape, Float64Array.from(values))];
    },
    backward(call, [dy]) {
      const [x] = call.inputs;
      const dx = new Float64Array(x.data.length);
      place(call).forEach((group, j) => {
        const values = group.map((e) => x.data[e]!);
        df(values, f(values)).forEach((d, k) => {
          dx[group[k]!] = d * dy![j]!;
        });
      });
      return [dx];
    },
  };
}

const sum = (v: readonly number[]) => v.reduce((a, b) => a + b, 0);
const first = (v: readonly number[], y: number) => v.map((_, k) => (k === v.indexOf(y) ? 1 : 0));

const sums = { f: sum, df: (v: readonly number[]) => v.map(() => 1) };
const largest: Formula = { f: (v) => Math.max(...v), df: first };
const norm = (p: number): Formula => ({
  f: (v) => sum(v.map((a) => Math.abs(a) ** p)) ** (1 / p),
  df: (v, y) => v.map((a) => Math.sign(a) * (Math.abs(a) / y) ** (p - 1)),
});

export const ReduceSum = reducing(sums);
export const ReduceMean = reducing({
  f: (v) => sum(v) / v.length,
  df: (v) => v.map(() => 1 / v.length),
});
export const ReduceMax = reducing(largest);
export const ReduceMin = reducing({ f: (v) => Math.min(...v), df: first });
export const ReduceL1 = reducing(norm(1));
export const ReduceL2 = reducing(norm(2));
export const ReduceProd = reducing({
  f: (v) => v.reduce((a, b) => a * b, 1),
  df: (v) => v.map((_, k) => v.reduce((a, b, j) => (j === k ? a : a * b), 1)),
});
export const ReduceSumSquare = reducing({
  f: (v) => sum(v.map((a) => a * a)),
  df: (v) => v.map((a) => 2 * a),
});
export const ReduceLogSum = reducing({
  f: (v) => Math.log(sum(v)),
  df: (v) => v.map(() => 1 / sum(v)),
});
export const ReduceLogSumExp = reducing({
  f: (v) => Math.max(...v) + Math.log(sum(v.map((a) => Math.exp(a - Math.max(...v))))),
  df: (v, y) => v.map((a) => Math.exp(a - y)),
});

const pixels = ({ inputs: [x] }: Call) => x.shape.map((_, axis) => axis).slice(2);

export const GlobalMaxPool = reducing(largest, pixels, () => true);

/** (Σ |x|^p)^(1/p) over the pixels. */
export const GlobalLpPool: Twin = {
  forward: (call) => reducing(norm(number(call.node, "p", 2)), pixels, () => true).forward(call),
  backward: (call, dy) =>
    reducing(norm(number(call.node, "p", 2)), pixels, () => true).backward(call, dy),
};
