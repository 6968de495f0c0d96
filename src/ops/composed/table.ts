// The table of operators that are made of others.

import { axisOf, inputOf, nodeError, numberOf } from "../attributes.js";
import { broadcast, broadcastPlaces } from "../broadcast.js";
import { matMul } from "../matmul.js";
import type { Composition } from "../types.js";
import { attention } from "./attention.js";
import * as windows from "./conv-transpose.js";
import { einsum } from "./einsum.js";
import { fused } from "./fused.js";
import * as normal from "./normalizations.js";
import { quantization } from "./quantized.js";
import { compress, cumSum, scatterElements, scatterND } from "./scatter.js";

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

/** In training Dropout is random, unless it drops nothing. */
const dropout: Composition = (node, write) => {
  const training = write.constant(2)?.data[0] ?? 0;
  const ratio = write.constant(1)?.data[0] ?? 0.5;
  if (training && ratio > 0) throw nodeError(node, "in training mode it is random");
  return undefined;
};

/** Casts between floats change nothing here. */
const cast: Composition = (node, write) => {
  const to = numberOf(node, "to", 1);
  if ([1, 10, 11, 16].includes(to)) return write.node("Identity", node.inputs);
  throw nodeError(node, "a cast of what depends on the image to integers has no gradient");
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

export const compositions: Readonly<Record<string, Composition>> = {
  ...fused,
  ...quantization,
  Add: aligned,
  Attention: attention,
  AveragePool: windows.pool,
  Cast: cast,
  CastLike: (_node, write) => write.node("Identity", [inputOf(_node)]),
  Clip: clip,
  Compress: compress,
  Conv: windows.convolution,
  ConvTranspose: windows.transposed,
  CumSum: cumSum,
  Div: aligned,
  Dropout: dropout,
  Einsum: einsum,
  Gemm: windows.gemm,
  MatMul: matMul,
  MaxPool: windows.pool,
  Max: chain("Max"),
  GlobalLpPool: normal.globalLpPool,
  GlobalMaxPool: normal.globalMaxPool,
  GroupNormalization: normal.groupNormalization,
  InstanceNormalization: normal.instanceNormalization,
  LRN: normal.localResponse,
  LayerNormalization: normal.layerNormalization,
  LogSoftmax: normal.oldSoftmax,
  LpPool: windows.lpPool,
  LpNormalization: normal.lpNormalization,
  Mean: mean,
  MeanVarianceNormalization: normal.meanVarianceNormalization,
  Min: chain("Min"),
  Mul: aligned,
  Neg: negative,
  PRelu: prelu,
  RMSNormalization: normal.rmsNormalization,
  ReduceL1: normal.reduceL1,
  ReduceL2: normal.reduceL2,
  ReduceLogSum: normal.reduceLogSum,
  ReduceLogSumExp: normal.reduceLogSumExp,
  ReduceMax: normal.reduction,
  ReduceMean: normal.reduction,
  ReduceMin: normal.reduction,
  ReduceProd: normal.reduceProd,
  ReduceSum: normal.reduction,
  ReduceSumSquare: normal.reduceSumSquare,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  Softmax: normal.oldSoftmax,
  Sub: aligned,
  Sum: chain("Add"),
  Where: where,
};
