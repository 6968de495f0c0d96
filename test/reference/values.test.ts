// The forward passes of the twins against numbers worked out by hand, where ONNX has something peculiar to say.

import type { Shape } from "../../src/tensor/types.js";
import { close, suite } from "../support/harness.js";
import { type Case, ints, list, modelOf } from "./case.js";
import { forward } from "./index.js";

const worked: [what: string, example: Case, x: number[], shape: Shape, y: number[]][] = [
  [
    "Conv does not flip its kernel",
    {
      op: "Conv",
      shape: [1, 1, 1, 4],
      inputs: ["x", { ...list(1, 10), shape: [1, 1, 1, 2] }],
    },
    [1, 2, 3, 4],
    [1, 1, 1, 3],
    [21, 32, 43],
  ],
  [
    "SAME_LOWER puts the odd pad in front",
    { op: "MaxPool", shape: [1, 1, 3], attributes: { kernel_shape: [2], auto_pad: "SAME_LOWER" } },
    [3, 1, 2],
    [1, 1, 3],
    [3, 3, 2],
  ],
  [
    "SAME_UPPER puts it behind",
    { op: "MaxPool", shape: [1, 1, 3], attributes: { kernel_shape: [2], auto_pad: "SAME_UPPER" } },
    [3, 1, 2],
    [1, 1, 3],
    [3, 2, 2],
  ],
  [
    "ceil_mode adds the window that hangs over",
    {
      op: "MaxPool",
      shape: [1, 1, 4],
      attributes: { kernel_shape: [3], strides: [2], ceil_mode: 1 },
    },
    [1, 2, 3, 4],
    [1, 1, 2],
    [3, 4],
  ],
  [
    "ceil_mode adds no window that begins in the end padding",
    {
      op: "MaxPool",
      shape: [1, 1, 3],
      attributes: { kernel_shape: [2], strides: [2], pads: [1, 1], ceil_mode: 1 },
    },
    [1, 2, 3],
    [1, 1, 2],
    [1, 3],
  ],
  [
    "an average leaves the padding out",
    { op: "AveragePool", shape: [1, 1, 3], attributes: { kernel_shape: [2], pads: [1, 1] } },
    [2, 4, 6],
    [1, 1, 4],
    [2, 3, 5, 6],
  ],
  [
    "count_include_pad counts it, but not what ceil_mode hangs over",
    {
      op: "AveragePool",
      shape: [1, 1, 5],
      attributes: {
        kernel_shape: [3],
        strides: [2],
        pads: [1, 0],
        count_include_pad: 1,
        ceil_mode: 1,
      },
    },
    [3, 6, 9, 12, 15],
    [1, 1, 3],
    [3, 9, 13.5],
  ],
  [
    "BatchNormalization puts epsilon under the root",
    {
      op: "BatchNormalization",
      shape: [1, 1, 2],
      attributes: { epsilon: 1 },
      inputs: ["x", list(2), list(1), list(3), list(3)],
    },
    [3, 5],
    [1, 1, 2],
    [1, 3],
  ],
  [
    "Gemm scales product and bias",
    {
      op: "Gemm",
      shape: [1, 2],
      attributes: { alpha: 0.5, beta: 2, transB: 1 },
      inputs: ["x", { ...list(3, 4), shape: [1, 2] }, list(10)],
    },
    [1, 2],
    [1, 1],
    [25.5],
  ],
  [
    "Conv gives each group its own channels",
    {
      op: "Conv",
      shape: [1, 4, 1],
      attributes: { group: 2 },
      inputs: ["x", { ...list(1, 10, 100, 1000), shape: [2, 2, 1] }, list(0, 0.5)],
    },
    [1, 2, 3, 4],
    [1, 2, 1],
    [21, 4300.5],
  ],
  [
    "Concat keeps the order of its inputs",
    {
      op: "Concat",
      shape: [1, 1],
      attributes: { axis: 1 },
      inputs: [{ ...list(7, 8), shape: [1, 2] }, "x"],
    },
    [9],
    [1, 3],
    [7, 8, 9],
  ],
  [
    "Reshape keeps a length at 0 and takes the rest at -1",
    { op: "Reshape", shape: [1, 2, 3], inputs: ["x", ints(1, 0, -1, 3)] },
    [1, 2, 3, 4, 5, 6],
    [1, 2, 1, 3],
    [1, 2, 3, 4, 5, 6],
  ],
  [
    "Flatten leaves two axes",
    { op: "Flatten", shape: [1, 2, 3], attributes: { axis: -1 } },
    [1, 2, 3, 4, 5, 6],
    [2, 3],
    [1, 2, 3, 4, 5, 6],
  ],
  [
    "reflect does not repeat the edge",
    { op: "Pad", shape: [1, 3], attributes: { mode: "reflect" }, inputs: ["x", ints(0, 2, 0, 2)] },
    [1, 2, 3],
    [1, 7],
    [3, 2, 1, 2, 3, 2, 1],
  ],
  [
    "a slice with a negative step may run to the front",
    { op: "Slice", shape: [1, 4], inputs: ["x", ints(-1), ints(-9), ints(1), ints(-1)] },
    [1, 2, 3, 4],
    [1, 4],
    [4, 3, 2, 1],
  ],
  [
    "Transpose moves axes",
    { op: "Transpose", shape: [1, 2, 3], attributes: { perm: [0, 2, 1] } },
    [1, 2, 3, 4, 5, 6],
    [1, 3, 2],
    [1, 4, 2, 5, 3, 6],
  ],
  [
    "Softmax before opset 13 takes all axes from its own as one",
    { op: "Softmax", shape: [1, 2, 2], opset: 12 },
    [0, 0, 0, 0],
    [1, 2, 2],
    [0.25, 0.25, 0.25, 0.25],
  ],
  [
    "Softmax since opset 13 takes the last axis",
    { op: "Softmax", shape: [1, 2, 2] },
    [0, 0, 0, 0],
    [1, 2, 2],
    [0.5, 0.5, 0.5, 0.5],
  ],
];

const test = suite("values of the twins");

for (const [what, example, x, shape, y] of worked) {
  test(what, () => {
    const values = forward(modelOf(example), Float64Array.from(x), example.shape);
    const actual = values.get("y")!;
    close(actual.shape, shape, { rtol: 0, atol: 0 });
    close(actual.data, y, { rtol: 1e-15, atol: 0 });
  });
}

test.run();
