// Normalizations, which are made of Standardize (reduce.ts), of sums and of functions of one element.

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
const layerNormalization: Composition = (node, write) => {
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
const rmsNormalization: Composition = (node, write) => {
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
const instanceNormalization: Composition = (node, write) =>
  write.node("Standardize", node.inputs, {
    axes: range(2, write.shape(0).length),
    epsilon: numberOf(node, "epsilon", 1e-5),
    channel: 1,
  });

/** x̂ over the pixels of each group of channels (Wu & He 2018). */
const groupNormalization: Composition = (node, write) => {
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
const meanVarianceNormalization: Composition = (node, write) => {
  const rank = write.shape(0).length;
  const axes = (integers(node, "axes", 1, new Map()) ?? [0, 2, 3]).map((a) =>
    axisOf(node, a, rank),
  );
  return write.node("Standardize", [input(node, 0)], { axes, epsilon: 1e-18 });
};

/** y = x / (k + α/size · Σ x²)^β, summed over `size` neighboring channels (Krizhevsky et al. 2012). */
const localResponse: Composition = (node, write) => {
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

/** x divided by its norm along an axis. */
const lpNormalization: Composition = (node, write) => {
  const op = numberOf(node, "p", 2) === 1 ? "ReduceL1" : "ReduceL2";
  const axes = [numberOf(node, "axis", -1)];
  return write.node("Div", [
    input(node, 0),
    write.node(op, [input(node, 0)], { axes, keepdims: 1 }),
  ]);
};

/** By operator. */
export const normalizations: Readonly<Record<string, Composition>> = {
  GroupNormalization: groupNormalization,
  InstanceNormalization: instanceNormalization,
  LRN: localResponse,
  LayerNormalization: layerNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  RMSNormalization: rmsNormalization,
};
