// Cases of the operators of two numbers, and of their broadcasting.

import { type Case, floats, list, positive, scalar } from "../case.js";

const above = (z: number) => 0.2 + z * z;

const first = { broadcast: 1, axis: 1 };

export const arithmetic: readonly Case[] = [
  { op: "Add", shape: [1, 3, 5], inputs: ["x", floats([3, 1])] },
  { op: "Add", shape: [1, 3, 5], inputs: ["x", "x"] },
  { op: "Sub", shape: [1, 3, 5], inputs: [floats([5]), "x"] },
  { op: "Mul", shape: [1, 3, 1], inputs: ["x", floats([1, 2, 3, 4])] },
  { op: "Mul", shape: [1, 3, 5], inputs: ["x", "x"] },
  { op: "Div", shape: [1, 3, 5], inputs: ["x", positive([1, 3, 1])] },
  { op: "Div", shape: [1, 3, 5], inputs: [floats([]), "x"] },
  { op: "Max", shape: [1, 3, 5], inputs: ["x", floats([5])] },
  { op: "Min", shape: [1, 3, 5], inputs: [floats([3, 1]), "x"] },
  { op: "Max", shape: [1, 3, 5], inputs: [scalar(0.3), "x", floats([5])] },
  { op: "Pow", shape: [1, 3, 5], inputs: ["x", scalar(2)] },
  { op: "Pow", shape: [1, 3, 5], inputs: ["x", scalar(3)] },
  { op: "Pow", shape: [1, 3, 5], inputs: ["x", list(0.5, -1, 1, 0, 1.7)], domain: above },
  { op: "Pow", shape: [1, 3, 5], inputs: [positive([5]), "x"] },
  { op: "PRelu", shape: [1, 3, 2, 2], inputs: ["x", floats([3, 1, 1])] },
  { op: "PRelu", shape: [1, 3, 2, 2], inputs: ["x", floats([3])], opset: 6 },
  { op: "Sum", shape: [1, 3, 5], inputs: ["x", floats([5]), "x"] },
  { op: "Mean", shape: [1, 3, 5], inputs: ["x", floats([3, 1]), "x"] },
  { op: "Neg", shape: [1, 3, 5] },
  { op: "Cast", shape: [1, 3, 5], attributes: { to: 10 } },
  { op: "CastLike", shape: [1, 3, 5], inputs: ["x", scalar(0)] },
  { op: "Where", shape: [1, 3, 5], inputs: [list(1, 0, 1, 1, 0), "x", floats([3, 1])] },
  { op: "Where", shape: [1, 3, 5], inputs: [list(1, 0, 1, 1, 0), "x", "x"] },
  ...["Add", "Sub", "Mul", "Div"].flatMap(
    (op) =>
      [
        { op, shape: [1, 3, 2, 2], inputs: ["x", list(0.5, 2, -1.5)], attributes: first, opset: 6 },
        { op, shape: [1, 3, 3, 3], inputs: ["x", list(0.5, 2, -1.5)], attributes: first, opset: 6 },
        {
          op,
          shape: [1, 2, 2],
          inputs: ["x", list(0.5, 2)],
          attributes: { broadcast: 1 },
          opset: 6,
        },
      ] as const,
  ),
  { op: "Add", shape: [1, 2, 1, 3], inputs: ["x", floats([2, 4, 1])] },
];
