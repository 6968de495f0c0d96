// Cases of the operators that onnxruntime's optimizer writes.

import { type Case, floats } from "../case.js";

const conv = (activation: string | undefined, activation_params?: number[]): Case => ({
  op: "com.microsoft::FusedConv",
  shape: [1, 3, 5, 4],
  attributes: {
    ...{ pads: [1, 1, 1, 1], strides: [2, 1], group: 1 },
    ...(activation && { activation }),
    ...(activation_params && { activation_params }),
  },
  inputs: ["x", floats([4, 3, 3, 3]), floats([4])],
});

const product = (
  shape: number[],
  inputs: Case["inputs"],
  attributes: Record<string, number>,
): Case => ({ op: "com.microsoft::FusedMatMul", shape, attributes, ...(inputs && { inputs }) });

const skip = "com.microsoft::SkipLayerNormalization";

export const fused: readonly Case[] = [
  { op: "com.microsoft::BiasGelu", shape: [1, 3, 5], inputs: ["x", floats([5])] },
  conv(undefined),
  conv("Relu"),
  conv("Sigmoid"),
  conv("Tanh"),
  conv("LeakyRelu", [0.3]),
  conv("Clip", [-1, 2]),
  conv("HardSigmoid", [0.1, 0.4]),
  { ...conv("Relu"), inputs: ["x", floats([4, 3, 3, 3]), null, floats([1, 4, 3, 4])] },
  {
    op: "com.microsoft::FusedConv",
    shape: [1, 4, 3, 3],
    attributes: { activation: "Tanh" },
    inputs: ["x", floats([4, 4, 1, 1]), floats([4]), "x"],
  },
  product([1, 2, 5, 3], ["x", "x"], { transB: 1, alpha: 0.5 }),
  product([1, 2, 5, 3], ["x", "x"], { transA: 1 }),
  product([1, 4, 6], ["x", floats([3, 6])], { transB: 1, alpha: 2 }),
  product([1, 4, 6], [floats([4, 3]), "x"], { transA: 1 }),
  product([1, 4, 6], ["x", floats([6])], { transB: 1 }),
  product([1, 3, 2, 4], ["x", "x"], { transBatchA: 1, transBatchB: 1, transB: 1 }),
  product([1, 4, 5], ["x", floats([4, 5, 2])], { transBatchA: 1 }),
  product([1, 4, 5], ["x", floats([4, 3, 2])], { transBatchB: 1, transA: 1, alpha: -1.5 }),
  { op: "com.microsoft::Gelu", shape: [1, 5, 2, 2] },
  { op: skip, shape: [1, 5, 6], inputs: ["x", floats([1, 5, 6]), floats([6])] },
  // So small that the default of epsilon counts.
  { op: skip, shape: [1, 5, 6], inputs: ["x", "x", floats([6])], domain: (z) => 0.01 * z },
  {
    op: skip,
    shape: [1, 5, 6],
    attributes: { epsilon: 0.1 },
    inputs: ["x", floats([5, 6]), floats([6]), floats([6], 3), floats([6], 4)],
  },
  {
    op: skip,
    shape: [1, 5, 6],
    inputs: ["x", "x", floats([6]), null, floats([6], 4)],
    outputs: [4, 3],
  },
];
