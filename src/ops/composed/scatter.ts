// Operators that put, take or add up elements at places which are known when the model is loaded.

import { elements, rowMajor } from "../../tensor/layout.js";
import type { Shape } from "../../tensor/types.js";
import { axisOf, inputOf, nodeError, numberOf, stringOf } from "../attributes.js";
import type { Composition, Node, Writing } from "../types.js";

function known(node: Node, write: Writing, k: number): { shape: Shape; data: Float64Array } {
  const constant = write.constant(k);
  if (!constant) throw nodeError(node, "its indices must be known when the model is loaded");
  return { shape: constant.shape, data: Float64Array.from(constant.data) };
}

function inside(node: Node, index: number, length: number): number {
  const i = index < 0 ? index + length : index;
  if (i >= 0 && i < length) return i;
  throw nodeError(node, `index ${index} is outside an axis of ${length}`);
}

/** A tensor in which update u stands at element places[u], and what the reduction says of both. */
function scatter(node: Node, write: Writing, places: readonly number[]): string {
  const [x = "", , updates = ""] = node.inputs;
  const shape = write.shape(0);
  const size = elements(shape);
  const how = stringOf(node, "reduction", "none");
  if (how !== "none" && new Set(places).size < places.length) {
    throw nodeError(
      node,
      `its reduction "${how}" of several updates to one element is not supported`,
    );
  }
  const row = (name: string, length: number) =>
    write.node("Reshape", [name, write.integers([1, length])]);
  const neutral: Readonly<Record<string, number>> = { add: 0, mul: 1, max: -3e38, min: 3e38 };
  const ops: Readonly<Record<string, string>> = { add: "Add", mul: "Mul", max: "Max", min: "Min" };
  const base =
    how === "none"
      ? row(x, size)
      : write.floats([1, size], new Float32Array(size).fill(neutral[how] ?? Number.NaN));
  const both = write.node("Concat", [base, row(updates, places.length)], { axis: 1 });
  const from = Float64Array.from({ length: size }, (_, e) => e);
  places.forEach((place, u) => {
    from[place] = size + u;
  });
  const taken = write.node("Gather", [both, write.integers(Array.from(from))], { axis: 1 });
  const y = write.node("Reshape", [taken, write.integers([...shape])]);
  if (how === "none") return y;
  const op = ops[how];
  if (!op) throw nodeError(node, `its reduction "${how}" is not supported`);
  return write.node(op, [x, y]);
}

/** The last axis of the indices is the position of a slice. */
const scatterND: Composition = (node, write) => {
  const shape = write.shape(0);
  const { shape: indexShape, data } = known(node, write, 1);
  const depth = indexShape.at(-1) ?? 0;
  if (depth < 1 || depth > shape.length) {
    throw nodeError(node, `positions of ${depth} axes are none in a tensor of shape [${shape}]`);
  }
  const steps = rowMajor(shape);
  const inner = elements(shape.slice(depth));
  const places = Array.from({ length: data.length / depth }, (_, u) => {
    const position = Array.from(data.subarray(u * depth, (u + 1) * depth));
    return position.reduce(
      (sum, index, k) => sum + inside(node, index, shape[k] as number) * (steps[k] as number),
      0,
    );
  }).flatMap((start) => Array.from({ length: inner }, (_, i) => start + i));
  return scatter(node, write, places);
};

/** An index takes the place of one axis of its own position. */
const scatterElements: Composition = (node, write) => {
  const shape = write.shape(0);
  const { shape: indexShape, data } = known(node, write, 1);
  const axis = axisOf(node, numberOf(node, "axis", 0), shape.length);
  const [steps, own] = [rowMajor(shape), rowMajor(indexShape)];
  const places = Array.from(data, (index, e) =>
    steps.reduce((sum, step, k) => {
      const at = Math.floor(e / (own[k] as number)) % (indexShape[k] as number);
      return sum + step * (k === axis ? inside(node, index, shape[k] as number) : at);
    }, 0),
  );
  return scatter(node, write, places);
};

/** The slices at which the condition holds. */
const compress: Composition = (node, write) => {
  const { data } = known(node, write, 1);
  const kept = write.integers(Array.from(data.keys()).filter((i) => data[i] !== 0));
  const [x = ""] = node.inputs;
  if ("axis" in node.attributes) {
    return write.node("Gather", [x, kept], { axis: numberOf(node, "axis", 0) });
  }
  const flat = write.node("Reshape", [x, write.integers([-1])]);
  return write.node("Gather", [flat, kept], { axis: 0 });
};

/** Sums of all elements up to each along an axis: a product with a triangle of ones. */
const cumSum: Composition = (node, write) => {
  const shape = write.shape(0);
  const given = write.constant(1);
  if (!given) throw nodeError(node, "its axis must be known when the model is loaded");
  const axis = axisOf(node, given.data[0] as number, shape.length);
  const last = shape.length - 1;
  const length = shape[axis] as number;
  const [exclusive, reverse] = [numberOf(node, "exclusive", 0), numberOf(node, "reverse", 0)];
  const ones = Float32Array.from({ length: length ** 2 }, (_, e) => {
    const distance = (e % length) - Math.floor(e / length);
    return (reverse ? -distance : distance) >= (exclusive ? 1 : 0) ? 1 : 0;
  });
  const perm = shape.map((_, k) => (k === axis ? last : k === last ? axis : k));
  const turned = write.node("Transpose", [inputOf(node)], { perm });
  const sums = write.node("MatMul", [turned, write.floats([length, length], ones)]);
  return write.node("Transpose", [sums], { perm });
};

/** By operator. */
export const scatters: Readonly<Record<string, Composition>> = {
  Compress: compress,
  CumSum: cumSum,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
};
