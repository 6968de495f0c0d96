// Cases of reductions and of normalizations by the sample's own statistics.

import { type Case, floats, ints } from "../case.js";

const image = [1, 6, 3, 5];
const affine = (n: number) => ["x", floats([n]), floats([n], 3)] as const;

export const normalizations: readonly Case[] = [
  { op: "ReduceMean", shape: image, attributes: { axes: [2, 3] } },
  { op: "ReduceMean", shape: image, attributes: { axes: [-1, 1], keepdims: 0 } },
  { op: "ReduceMean", shape: [1, 5, 7], attributes: { axes: [2] } },
  { op: "ReduceSum", shape: image, inputs: ["x", ints(1)] },
  { op: "ReduceSum", shape: image, attributes: { keepdims: 0 } },
  {
    op: "ReduceSum",
    shape: [1, 5],
    inputs: ["x", ints()],
    attributes: { noop_with_empty_axes: 1 },
  },
  { op: "ReduceMax", shape: image, attributes: { axes: [1, 2] } },
  { op: "ReduceMax", shape: image, attributes: { axes: [3], keepdims: 0 } },
  { op: "ReduceMin", shape: image, attributes: { axes: [1] } },
  { op: "ReduceProd", shape: image, attributes: { axes: [1, -1] } },
  { op: "ReduceProd", shape: [1, 3, 4], attributes: { axes: [2], keepdims: 0 } },
  { op: "ReduceL1", shape: image, attributes: { axes: [2] } },
  { op: "ReduceL2", shape: image, attributes: { axes: [1], keepdims: 0 } },
  { op: "ReduceSumSquare", shape: image, attributes: { axes: [1] } },
  { op: "ReduceLogSum", shape: image, attributes: { axes: [1] }, domain: (z) => 0.2 + z * z },
  { op: "ReduceLogSumExp", shape: image, attributes: { axes: [1], keepdims: 0 } },
  { op: "GlobalMaxPool", shape: image },
  { op: "GlobalLpPool", shape: image },
  { op: "GlobalLpPool", shape: image, attributes: { p: 3 } },
  { op: "LayerNormalization", shape: [1, 5, 6], inputs: affine(6) },
  { op: "LayerNormalization", shape: [1, 5, 7], inputs: ["x", floats([7])] },
  {
    op: "LayerNormalization",
    shape: image,
    attributes: { axis: 1, epsilon: 0.1 },
    inputs: ["x", floats([6, 3, 5]), floats([6, 3, 5], 3)],
  },
  { op: "RMSNormalization", shape: [1, 5, 6], inputs: ["x", floats([6])], opset: 23 },
  {
    op: "RMSNormalization",
    shape: image,
    attributes: { axis: -2, epsilon: 0.1 },
    inputs: ["x", floats([3, 5])],
    opset: 23,
  },
  { op: "InstanceNormalization", shape: image, inputs: affine(6) },
  { op: "GroupNormalization", shape: image, attributes: { num_groups: 2 }, inputs: affine(6) },
  {
    op: "GroupNormalization",
    shape: image,
    attributes: { num_groups: 3, epsilon: 0.1 },
    inputs: affine(3),
    opset: 18,
  },
  { op: "MeanVarianceNormalization", shape: image },
  { op: "MeanVarianceNormalization", shape: image, attributes: { axes: [1, 3] } },
  { op: "LRN", shape: image, attributes: { size: 3, alpha: 0.5, bias: 1.5 } },
  { op: "LRN", shape: image, attributes: { size: 4, alpha: 0.9, beta: 0.5 } },
  { op: "LpNormalization", shape: image, attributes: { axis: 1 } },
  { op: "LpNormalization", shape: image, attributes: { p: 1 } },
];
