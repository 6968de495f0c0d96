// Reductions that are made of others: those that drop their axes, and of ReduceSum those of powers, logarithms and products.

import { elements } from "../../tensor/layout.js";
import { axisOf, numberOf } from "../attributes.js";
import type { Composition, Node, Writing } from "../types.js";

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

const input = (node: Node, k: number): string => node.inputs[k] ?? "";

/** Reductions keep their axes; a Squeeze drops them. */
const reduction: Composition = (node, write) => {
  if (numberOf(node, "keepdims", 1)) return undefined;
  const attributes = { ...node.attributes, keepdims: 1 };
  const y = write.node(node.op, node.inputs, attributes);
  const rank = write.shape(0).length;
  const given = write.constant(1)?.data ?? (node.attributes.axes as number[] | undefined) ?? [];
  const none = given.length === 0 && numberOf(node, "noop_with_empty_axes", 0);
  if (none) return y;
  const axes = given.length > 0 ? Array.from(given) : range(0, rank);
  return write.node("Squeeze", [y, write.integers(axes)]);
};

/** A reduction of f(x), or a function of one. */
const around =
  (
    op: string,
    before: (x: string, write: Writing) => string,
    after: (y: string, write: Writing) => string = (y) => y,
  ): Composition =>
  (node, write) => {
    const inputs = [before(input(node, 0), write), ...node.inputs.slice(1)];
    return after(write.node(op, inputs, node.attributes), write);
  };

const square = (x: string, write: Writing) => write.node("Mul", [x, x]);
const root = (y: string, write: Writing) => write.node("Sqrt", [y]);
const logarithm = (y: string, write: Writing) => write.node("Log", [y]);

const reduceL1 = around("ReduceSum", (x, write) => write.node("Abs", [x]));
const reduceL2 = around("ReduceSum", square, root);
const reduceSumSquare = around("ReduceSum", square);
const reduceLogSum = around("ReduceSum", (x) => x, logarithm);

/** Halves of what is left are multiplied with each other, so that the gradient is right where elements are 0. */
const reduceProd: Composition = (node, write) => {
  const shape = write.shape(0);
  const given = write.constant(1)?.data ?? (node.attributes.axes as number[] | undefined) ?? [];
  if (given.length === 0 && numberOf(node, "noop_with_empty_axes", 0)) {
    return write.node("Identity", [input(node, 0)]);
  }
  const all = range(0, shape.length);
  const chosen = Array.from(given, (axis) => axisOf(node, axis, shape.length));
  const axes = chosen.length > 0 ? all.filter((axis) => chosen.includes(axis)) : all;
  const others = all.filter((axis) => !axes.includes(axis));
  const lengths = (list: readonly number[]) => list.map((axis) => shape[axis] as number);
  const turned = write.node("Transpose", [input(node, 0)], { perm: [...others, ...axes] });
  let left = elements(lengths(axes));
  const rows = write.integers([elements(lengths(others)), left]);
  let y = write.node("Reshape", [turned, rows]);
  const part = (from: number, to: number) =>
    write.node("Slice", [y, ...[[from], [to], [1]].map((list) => write.integers(list))]);
  while (left > 1) {
    const half = Math.floor(left / 2);
    const product = write.node("Mul", [part(0, half), part(half, 2 * half)]);
    y = left % 2 ? write.node("Concat", [product, part(2 * half, left)], { axis: 1 }) : product;
    left = half + (left % 2);
  }
  const keep = numberOf(node, "keepdims", 1) !== 0;
  const result = keep ? shape.map((n, axis) => (axes.includes(axis) ? 1 : n)) : lengths(others);
  return write.node("Reshape", [y, write.integers(result)]);
};

/** max x + ln Σ e^(x − max x). */
const reduceLogSumExp: Composition = (node, write) => {
  const rest = node.inputs.slice(1);
  const kept = { ...node.attributes, keepdims: 1 };
  const high = write.node("ReduceMax", node.inputs, kept);
  const powers = write.node("Exp", [write.node("Sub", [input(node, 0), high])]);
  const sum = write.node("Log", [write.node("ReduceSum", [powers, ...rest], node.attributes)]);
  return write.node("Add", [sum, write.node("ReduceMax", node.inputs, node.attributes)]);
};

/** By operator. */
export const reductions: Readonly<Record<string, Composition>> = {
  ReduceL1: reduceL1,
  ReduceL2: reduceL2,
  ReduceLogSum: reduceLogSum,
  ReduceLogSumExp: reduceLogSumExp,
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceMin: reduction,
  ReduceProd: reduceProd,
  ReduceSum: reduction,
  ReduceSumSquare: reduceSumSquare,
};
