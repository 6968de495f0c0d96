// Cases of the functions of one element. Twenty numbers reach both tails of each.

import type { Case } from "../case.js";

const shape = [1, 5, 2, 2];
const wide = (z: number) => 2 * z;
const positive = (z: number) => 0.1 + z * z;
const inside = (z: number) => 0.95 * Math.tanh(z);

export const unary: readonly Case[] = [
  { op: "Sigmoid", shape: [1, 3, 5] },
  { op: "Tanh", shape: [1, 3, 5] },
  ..."Abs Asinh Atan Cos Cosh Erf Exp Sin Sinh Softplus Softsign"
    .split(" ")
    .map((op) => ({ op, shape, domain: wide })),
  ..."Ceil Floor Round Sign".split(" ").map((op) => ({ op, shape, domain: wide })),
  ..."Log Sqrt Reciprocal".split(" ").map((op) => ({ op, shape, domain: positive })),
  ..."Acos Asin".split(" ").map((op) => ({ op, shape, domain: inside, tolerance: 2e-4 })),
  ..."Atanh Tan".split(" ").map((op) => ({ op, shape, domain: inside })),
  { op: "Acosh", shape, domain: (z) => 1.1 + z * z },
  { op: "Celu", shape, attributes: { alpha: 0.6 }, domain: wide },
  { op: "Elu", shape, attributes: { alpha: 1.5 }, domain: wide },
  { op: "Gelu", shape, domain: wide },
  { op: "Gelu", shape, attributes: { approximate: "tanh" }, domain: wide },
  { op: "HardSigmoid", shape, domain: (z) => 3 * z },
  { op: "HardSigmoid", shape, attributes: { alpha: 1 / 6, beta: 0.4 }, domain: (z) => 3 * z },
  { op: "HardSwish", shape, domain: (z) => 3 * z },
  { op: "Mish", shape, domain: wide },
  { op: "Selu", shape, domain: wide },
  { op: "Shrink", shape, attributes: { lambd: 0.7, bias: 0.3 } },
  { op: "Swish", shape, attributes: { alpha: 1.7 }, domain: wide },
  { op: "ThresholdedRelu", shape, attributes: { alpha: 0.3 } },
];
