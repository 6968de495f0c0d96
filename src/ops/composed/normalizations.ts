// Normalizations and reductions that are made of others: of Standardize, of sums and of elementary functions.

import { elements } from "../../tensor/layout.js";
import type { Shape } from "../../tensor/types.js";
import { axisOf, integers, nodeError, numberOf } from "../attributes.js";
import type { Composition, Node, Writing } from "../types.js";

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

const input = (node: Node, k: number): string => node.inputs[k] ?? "";

function constantShape(node: Node, write: Writing, k: number): Shape | undefined {
  if (!node.inputs[k]) return undefined;
  if (!write.constant(k)) throw nodeError(node, "its scale and bias must be constant");
  return write.shape(k);
}

/** The mean and 1/√(σ² + ε), which are outputs of a normalization where training asks for them. */
export function statistics(
  x: string,
  axes: number[],
  epsilon: number,
  write: Writing,
): [mean: string, factor: string] {
  const kept = { axes, keepdims: 1 };
  const mean = write.node("ReduceMean", [x], kept);
  const distance = write.node("Sub", [x, mean]);
  const variance = write.node("ReduceMean", [write.node("Mul", [distance, distance])], kept);
  const sum = write.node("Add", [variance, write.floats([], [epsilon])]);
  return [mean, write.node("Pow", [sum, write.floats([], [-0.5])])];
}

/** x̂ over all axes from `axis` on, times a scale, plus a bias (Ba et al. 2016). */
export const layerNormalization: Composition = (node, write) => {
  const shape = write.shape(0);
  const rank = shape.length;
  const axis = axisOf(node, numberOf(node, "axis", -1), rank);
  const epsilon = numberOf(node, "epsilon", 1e-5);
  const axes = range(axis, rank);
  const last = [constantShape(node, write, 1), constantShape(node, write, 2)].every(
    (s) => s === undefined || elements(s) === shape.at(-1),
  );
  const others = () =>
    node.outputs.length < 2 ? [] : statistics(input(node, 0), axes, epsilon, write);
  if (axes.length === 1 && last) {
    const attributes = { axes, epsilon, channel: rank - 1 };
    return [write.node("Standardize", node.inputs.slice(0, 3), attributes), ...others()];
  }
  let y = write.node("Standardize", [input(node, 0)], { axes, epsilon, channel: rank - 1 });
  if (node.inputs[1]) y = write.node("Mul", [y, input(node, 1)]);
  if (node.inputs[2]) y = write.node("Add", [y, input(node, 2)]);
  return [y, ...others()];
};

/** x / √(mean x² + ε) over all axes from `axis` on, times a scale (Zhang & Sennrich 2019). */
export const rmsNormalization: Composition = (node, write) => {
  const shape = write.shape(0);
  const rank = shape.length;
  const axes = range(axisOf(node, numberOf(node, "axis", -1), rank), rank);
  const epsilon = numberOf(node, "epsilon", 1e-5);
  const attributes = { axes, epsilon, centered: 0, channel: rank - 1 };
  if (axes.length === 1 && write.constant(1) && elements(write.shape(1)) === shape.at(-1)) {
    return write.node("Standardize", node.inputs.slice(0, 2), attributes);
  }
  const y = write.node("Standardize", [input(node, 0)], attributes);
  return node.inputs[1] ? write.node("Mul", [y, input(node, 1)]) : y;
};

/** x̂ over the pixels of each channel (Ulyanov et al. 2016). */
export const instanceNormalization: Composition = (node, write) =>
  write.node("Standardize", node.inputs, {
    axes: range(2, write.shape(0).length),
    epsilon: numberOf(node, "epsilon", 1e-5),
    channel: 1,
  });

/** x̂ over the pixels of each group of channels (Wu & He 2018). */
export const groupNormalization: Composition = (node, write) => {
  const shape = write.shape(0);
  const [batch = 1, channels = 1] = shape;
  const groups = numberOf(node, "num_groups", 1);
  if (channels % groups !== 0)
    throw nodeError(node, `${channels} channels are not ${groups} groups`);
  const split = write.integers([batch, groups, elements(shape) / batch / groups]);
  const rows = write.node("Reshape", [input(node, 0), split]);
  const normal = write.node("Standardize", [rows], {
    axes: [2],
    epsilon: numberOf(node, "epsilon", 1e-5),
  });
  const back = write.node("Reshape", [normal, write.integers([...shape])]);
  // Up to opset 20 there is one scale for each group.
  const vector = (k: number) => {
    const constant = write.constant(k);
    if (!constant) throw nodeError(node, "its scale and bias must be constant");
    const each = channels / constant.data.length;
    const data = Float32Array.from(
      { length: channels },
      (_, c) => constant.data[Math.floor(c / each)]!,
    );
    return write.floats([channels, ...shape.slice(2).map(() => 1)], data);
  };
  return write.node("Add", [write.node("Mul", [back, vector(1)]), vector(2)]);
};

/** x̂ over any axes; without them over pixels and samples. */
export const meanVarianceNormalization: Composition = (node, write) => {
  const rank = write.shape(0).length;
  const axes = (integers(node, "axes", 1, new Map()) ?? [0, 2, 3]).map((a) =>
    axisOf(node, a, rank),
  );
  return write.node("Standardize", [input(node, 0)], { axes, epsilon: 1e-18 });
};

/** y = x / (k + α/size · Σ x²)^β, summed over `size` neighboring channels (Krizhevsky et al. 2012). */
export const localResponse: Composition = (node, write) => {
  const size = numberOf(node, "size", 1);
  const channels = write.shape(0)[1] as number;
  const x = input(node, 0);
  const before = Math.floor((size - 1) / 2);
  const factor = numberOf(node, "alpha", 1e-4) / size;
  const band = Float32Array.from({ length: channels ** 2 }, (_, e) => {
    const distance = (e % channels) - Math.floor(e / channels);
    return distance >= -before && distance < size - before ? factor : 0;
  });
  const spatial = write
    .shape(0)
    .slice(2)
    .map(() => 1);
  const bias = write.floats([channels], new Float32Array(channels).fill(numberOf(node, "bias", 1)));
  const weights = write.floats([channels, channels, ...spatial], band);
  const sums = write.node("Conv", [write.node("Mul", [x, x]), weights, bias]);
  const power = write.floats([], [-numberOf(node, "beta", 0.75)]);
  return write.node("Mul", [x, write.node("Pow", [sums, power])]);
};

/** Reductions keep their axes; a Squeeze drops them. */
export const reduction: Composition = (node, write) => {
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

export const reduceL1 = around("ReduceSum", (x, write) => write.node("Abs", [x]));
export const reduceL2 = around("ReduceSum", square, root);
export const reduceSumSquare = around("ReduceSum", square);
export const reduceLogSum = around("ReduceSum", (x) => x, logarithm);

/** Halves of what is left are multiplied with each other, so that the gradient is right where elements are 0. */
export const reduceProd: Composition = (node, write) => {
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
export const reduceLogSumExp: Composition = (node, write) => {
  const rest = node.inputs.slice(1);
  const kept = { ...node.attributes, keepdims: 1 };
  const high = write.node("ReduceMax", node.inputs, kept);
  const powers = write.node("Exp", [write.node("Sub", [input(node, 0), high])]);
  const sum = write.node("Log", [write.node("ReduceSum", [powers, ...rest], node.attributes)]);
  return write.node("Add", [sum, write.node("ReduceMax", node.inputs, node.attributes)]);
};

/** The spatial axes of a global pool. */
const pixels = (write: Writing) => ({ axes: range(2, write.shape(0).length), keepdims: 1 });

export const globalMaxPool: Composition = (node, write) =>
  write.node("ReduceMax", [input(node, 0)], pixels(write));

/** (Σ |x|^p)^(1/p) over all pixels. */
export const globalLpPool: Composition = (node, write) => {
  const p = numberOf(node, "p", 2);
  if (p === 2) return write.node("ReduceL2", [input(node, 0)], pixels(write));
  const powers = write.node("Pow", [write.node("Abs", [input(node, 0)]), write.floats([], [p])]);
  const sum = write.node("ReduceSum", [powers], pixels(write));
  return write.node("Pow", [sum, write.floats([], [1 / p])]);
};

/** x divided by its norm along an axis. */
export const lpNormalization: Composition = (node, write) => {
  const op = numberOf(node, "p", 2) === 1 ? "ReduceL1" : "ReduceL2";
  const axes = [numberOf(node, "axis", -1)];
  return write.node("Div", [
    input(node, 0),
    write.node(op, [input(node, 0)], { axes, keepdims: 1 }),
  ]);
};

/** Before opset 13 a Softmax ran over all axes from `axis` on as one. */
export const oldSoftmax: Composition = (node, write) => {
  if (numberOf(node, "opset", 13) >= 13) return undefined;
  const shape = write.shape(0);
  const axis = axisOf(node, numberOf(node, "axis", 1), shape.length);
  if (shape.slice(axis).filter((n) => n > 1).length < 2) return undefined;
  const rows = [elements(shape.slice(0, axis)), elements(shape.slice(axis))];
  const flat = write.node("Reshape", [input(node, 0), write.integers(rows)]);
  const y = write.node(node.op, [flat], { axis: 1 });
  return write.node("Reshape", [y, write.integers([...shape])]);
};
