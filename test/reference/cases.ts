// For every operator that has a twin, the shapes and attributes on which it is tried. The twins are checked on
// them against central differences, the kernels against the twins.

import { type Case, floats, ints, positive, scalar } from "./case.js";
import { arithmetic } from "./cases/arithmetic.js";
import { moves } from "./cases/moves.js";
import { normalizations } from "./cases/normalizations.js";
import { products } from "./cases/products.js";
import { resize } from "./cases/resize.js";
import { unary } from "./cases/unary.js";
import { windows } from "./cases/windows.js";

const pooled = { kernel_shape: [3, 2], strides: [2, 1] };

/** Every operator on small, odd shapes, with the attributes that change what it does. */
export const cases: readonly Case[] = [
  { op: "Conv", shape: [1, 3, 7, 5], inputs: ["x", floats([4, 3, 3, 3]), floats([4])] },
  {
    op: "Conv",
    shape: [1, 4, 7, 5],
    attributes: { group: 2, strides: [2, 1], dilations: [1, 2], pads: [1, 0, 2, 3] },
    inputs: ["x", floats([6, 2, 3, 2])],
  },
  {
    op: "Conv",
    shape: [1, 3, 6, 5],
    attributes: { group: 3, auto_pad: "SAME_LOWER", strides: [2, 2] },
    inputs: ["x", floats([3, 1, 2, 3]), floats([3])],
  },
  {
    op: "Conv",
    shape: [1, 6, 7, 19],
    attributes: { group: 6, pads: [1, 1, 1, 1] },
    inputs: ["x", floats([6, 1, 3, 3]), floats([6])],
  },
  {
    op: "Conv",
    shape: [1, 5, 9, 6],
    attributes: { group: 5, pads: [2, 0, 0, 4] },
    inputs: ["x", floats([5, 1, 3, 3])],
  },
  {
    op: "Conv",
    shape: [1, 4, 11, 21],
    attributes: { group: 4, pads: [0, 0, 1, 1], strides: [2, 2] },
    inputs: ["x", floats([4, 1, 3, 3]), floats([4])],
  },
  {
    op: "Conv",
    shape: [1, 3, 6, 18],
    attributes: { group: 3, pads: [1, 1, 1, 1], strides: [2, 2] },
    inputs: ["x", floats([3, 1, 3, 3])],
  },
  {
    op: "Conv",
    shape: [1, 1, 7, 7],
    attributes: { auto_pad: "SAME_UPPER", strides: [3, 2] },
    inputs: ["x", floats([2, 1, 4, 3])],
  },
  {
    op: "Conv",
    shape: [1, 2, 5, 6],
    attributes: { auto_pad: "VALID", strides: [2, 2] },
    inputs: ["x", floats([1, 2, 2, 3])],
  },
  { op: "Conv", shape: [1, 2, 9], attributes: { pads: [1, 1] }, inputs: ["x", floats([3, 2, 3])] },
  {
    op: "Conv",
    shape: [1, 9, 7, 5],
    attributes: { strides: [2, 2] },
    inputs: ["x", floats([6, 9, 1, 1]), floats([6])],
  },
  {
    op: "Conv",
    shape: [1, 21, 4, 6],
    attributes: { pads: [1, 0, 2, 1] },
    inputs: ["x", floats([5, 21, 1, 1])],
  },
  {
    op: "Conv",
    shape: [1, 4, 8, 6],
    attributes: { pads: [2, 1, 0, 3], strides: [3, 2], dilations: [2, 1], group: 2 },
    inputs: ["x", floats([4, 2, 3, 4])],
  },
  { op: "Conv", shape: [1, 1, 3, 4, 3], inputs: ["x", floats([2, 1, 2, 3, 1])] },
  { op: "Relu", shape: [1, 3, 5] },
  { op: "Clip", shape: [1, 3, 5], attributes: { min: -0.5, max: 1 }, opset: 10 },
  { op: "Clip", shape: [1, 3, 5], inputs: ["x", scalar(0), scalar(0.7)] },
  { op: "Clip", shape: [1, 3, 5], inputs: ["x", null, scalar(0.2)] },
  { op: "LeakyRelu", shape: [1, 3, 5], attributes: { alpha: 0.3 } },
  { op: "Sigmoid", shape: [1, 3, 5] },
  { op: "Tanh", shape: [1, 3, 5] },
  { op: "Identity", shape: [1, 3, 5] },
  { op: "Dropout", shape: [1, 3, 5], inputs: ["x", scalar(0.5)] },
  { op: "MaxPool", shape: [1, 2, 7, 5], attributes: { ...pooled, pads: [1, 0, 1, 1] } },
  { op: "MaxPool", shape: [1, 3, 6, 6], attributes: { ...pooled, ceil_mode: 1 } },
  { op: "MaxPool", shape: [1, 1, 7, 7], attributes: { kernel_shape: [3, 3], dilations: [2, 2] } },
  { op: "MaxPool", shape: [1, 2, 7], attributes: { kernel_shape: [2], auto_pad: "SAME_LOWER" } },
  { op: "AveragePool", shape: [1, 2, 7, 5], attributes: { ...pooled, pads: [1, 0, 1, 1] } },
  {
    op: "AveragePool",
    shape: [1, 2, 6, 4],
    attributes: { ...pooled, pads: [1, 1, 0, 1], count_include_pad: 1, ceil_mode: 1 },
  },
  { op: "AveragePool", shape: [1, 1, 3, 4, 3], attributes: { kernel_shape: [2, 2, 2] } },
  { op: "GlobalAveragePool", shape: [1, 3, 7, 5] },
  {
    op: "BatchNormalization",
    shape: [1, 3, 4, 5],
    attributes: { epsilon: 0.01 },
    inputs: ["x", floats([3]), floats([3], 3), floats([3], 4), positive([3])],
  },
  { op: "Gemm", shape: [1, 7], inputs: ["x", floats([7, 5]), floats([5])] },
  {
    op: "Gemm",
    shape: [7, 2],
    attributes: { transA: 1, transB: 1, alpha: 0.5, beta: 2 },
    inputs: ["x", floats([5, 7]), floats([2, 1])],
  },
  { op: "Gemm", shape: [7, 5], attributes: { alpha: 3 }, inputs: [floats([3, 7]), "x"] },
  { op: "MatMul", shape: [1, 3, 5, 4], inputs: ["x", floats([4, 3])] },
  { op: "MatMul", shape: [1, 3, 4, 5], inputs: [floats([2, 1, 3, 4]), "x"] },
  { op: "MatMul", shape: [1, 3, 4], inputs: ["x", floats([4])] },
  { op: "MatMul", shape: [1, 3, 3], inputs: ["x", "x"] },
  { op: "Add", shape: [1, 3, 5], inputs: ["x", floats([3, 1])] },
  { op: "Add", shape: [1, 3, 5], inputs: ["x", "x"] },
  { op: "Sub", shape: [1, 3, 5], inputs: [floats([5]), "x"] },
  { op: "Mul", shape: [1, 3, 1], inputs: ["x", floats([1, 2, 3, 4])] },
  { op: "Mul", shape: [1, 3, 5], inputs: ["x", "x"] },
  { op: "Div", shape: [1, 3, 5], inputs: ["x", positive([1, 3, 1])] },
  { op: "Div", shape: [1, 3, 5], inputs: [floats([]), "x"] },
  {
    op: "Concat",
    shape: [1, 3, 2, 2],
    attributes: { axis: 1 },
    inputs: ["x", floats([1, 2, 2, 2]), "x"],
  },
  {
    op: "Concat",
    shape: [1, 3, 2],
    attributes: { axis: -1 },
    inputs: [floats([1, 3, 1]), "x"],
  },
  { op: "Flatten", shape: [1, 3, 2, 2] },
  { op: "Reshape", shape: [1, 6, 4], inputs: ["x", ints(2, 0, -1)] },
  { op: "Transpose", shape: [1, 3, 4, 2], attributes: { perm: [0, 2, 3, 1] } },
  { op: "Transpose", shape: [1, 3, 4] },
  { op: "Pad", shape: [1, 2, 3], inputs: ["x", ints(0, 1, 2, 0, 0, 1), scalar(4)] },
  { op: "Pad", shape: [1, 2, 5], inputs: ["x", ints(0, 0, -2, 0, 1, 3)] },
  {
    op: "Pad",
    shape: [1, 2, 5],
    attributes: { mode: "reflect", pads: [0, 1, 4, 0, 1, 3] },
    opset: 9,
  },
  {
    op: "Pad",
    shape: [1, 2, 3],
    attributes: { mode: "edge" },
    inputs: ["x", ints(0, 1, 2, 0, 2, 1)],
  },
  { op: "Pad", shape: [1, 3, 4], inputs: ["x", ints(2, 1), null, ints(-2)], opset: 18 },
  {
    op: "Slice",
    shape: [1, 5, 6],
    attributes: { starts: [1, -4], ends: [4, 9], axes: [1, 2] },
    opset: 9,
  },
  {
    op: "Slice",
    shape: [1, 5, 7],
    inputs: ["x", ints(3, -1), ints(0, -100), ints(1, -1), ints(-2, -3)],
  },
  { op: "Softmax", shape: [1, 3, 4], attributes: { axis: 1 } },
  { op: "Softmax", shape: [1, 3, 4], opset: 12 },
  { op: "LogSoftmax", shape: [1, 3, 4] },
  { op: "LogSoftmax", shape: [1, 3, 2], attributes: { axis: 2 }, opset: 11 },
  ...arithmetic,
  ...moves,
  ...normalizations,
  ...products,
  ...resize,
  ...windows,
  ...unary,
];
