// Arithmetic that is made of others: Sum, Mean, Max and Min of any number of tensors, Neg, Where, Clip with bounds that are
// computed, and what old opsets say in attributes.

import { axisOf, inputOf, nodeError } from "../attributes.js";
import { broadcast, broadcastPlaces } from "../broadcast.js";
import type { Composition } from "../types.js";

/** An operator of any number of inputs, two at a time from the left. */
const chain =
  (op: string): Composition =>
  (node, write) =>
    node.inputs.length === 2 && op === node.op
      ? undefined
      : node.inputs.reduce((x, y) => write.node(op, [x, y]));

/** Clip with bounds that are computed. */
const clip: Composition = (node, write) => {
  const [x = "", low, high] = node.inputs;
  const isKnown = (k: number) => !node.inputs[k] || write.constant(k) !== undefined;
  if (isKnown(1) && isKnown(2)) return undefined;
  const above = low ? write.node("Max", [x, low]) : x;
  return high ? write.node("Min", [above, high]) : above;
};

const mean: Composition = (node, write) => {
  const sum = chain("Add")(node, write) as string;
  return write.node("Mul", [sum, write.floats([], [1 / node.inputs.length])]);
};

/** x where the condition holds, y elsewhere: by masks of ones and zeros. */
const where: Composition = (node, write) => {
  const condition = write.constant(0);
  if (!condition) throw nodeError(node, "its condition must be known when the model is loaded");
  const [, x = "", y = ""] = node.inputs;
  const mask = (wanted: boolean) =>
    write.floats(
      condition.shape,
      condition.data.map((c) => ((c !== 0) === wanted ? 1 : 0)),
    );
  const side = (k: number, name: string, wanted: boolean): string => {
    const constant = write.constant(k);
    if (!constant) return write.node("Mul", [name, mask(wanted)]);
    // Not by a product: what is masked may be infinite.
    const shape = broadcast(node, condition.shape, constant.shape);
    const from = broadcastPlaces(condition.shape, shape);
    const values = broadcastPlaces(constant.shape, shape);
    return write.floats(
      shape,
      Float32Array.from(values, (v, e) =>
        (condition.data[from[e] as number] !== 0) === wanted ? (constant.data[v] as number) : 0,
      ),
    );
  };
  return write.node("Add", [side(1, x, true), side(2, y, false)]);
};

const negative: Composition = (node, write) =>
  write.node("Mul", [inputOf(node), write.floats([], [-1])]);

/** Before opset 7 a list of slopes was one for each channel. */
const prelu: Composition = (node, write) => {
  const slope = write.constant(1);
  const [, channels] = write.shape(0);
  if (!slope || write.opset >= 7 || slope.shape.length !== 1 || slope.shape[0] !== channels)
    return undefined;
  const shape = write.shape(0).map((n, axis) => (axis === 1 ? n : 1));
  return write.node("PRelu", [inputOf(node), write.floats(shape, slope.data)]);
};

/** Before opset 7 the second operand stood at the axis that an attribute names, not at the last ones. */
const aligned: Composition = (node, write) => {
  const { broadcast: isBroadcast, axis } = node.attributes;
  const [rank, shape] = [write.shape(0).length, write.shape(1)];
  if (!isBroadcast || axis === undefined || write.opset >= 7) return undefined;
  const first = axisOf(node, axis as number, rank);
  const after = Array.from(
    { length: Math.max(0, rank - first - shape.length) },
    (_, i) => shape.length + i,
  );
  const b = write.constant(1)
    ? write.floats([...shape, ...after.map(() => 1)], write.constant(1)!.data)
    : write.node("Unsqueeze", [inputOf(node, 1)], { axes: after });
  return write.node(node.op, [inputOf(node), b]);
};

/** By operator. */
export const arithmetic: Readonly<Record<string, Composition>> = {
  Add: aligned,
  Clip: clip,
  Div: aligned,
  Max: chain("Max"),
  Mean: mean,
  Min: chain("Min"),
  Mul: aligned,
  Neg: negative,
  PRelu: prelu,
  Sub: aligned,
  Sum: chain("Add"),
  Where: where,
};
