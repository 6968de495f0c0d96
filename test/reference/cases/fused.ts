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

export const fused: readonly Case[] = [
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
  { op: "com.microsoft::Gelu", shape: [1, 5, 2, 2] },
];
