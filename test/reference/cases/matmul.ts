// Cases of MatMul, by constant weights and of two activations.

import { type Case, floats } from "../case.js";

export const matmul: readonly Case[] = [
  { op: "MatMul", shape: [1, 3, 5, 4], inputs: ["x", floats([4, 3])] },
  { op: "MatMul", shape: [1, 3, 4, 5], inputs: [floats([2, 1, 3, 4]), "x"] },
  { op: "MatMul", shape: [1, 3, 4], inputs: ["x", floats([4])] },
  { op: "MatMul", shape: [1, 3, 3], inputs: ["x", "x"] },
  { op: "MatMul", shape: [1, 2, 5, 5], inputs: ["x", "x"] },
  { op: "MatMul", shape: [1, 2, 7, 6], inputs: [floats([2, 3, 7]), "x"] },
  { op: "MatMul", shape: [1, 2, 7, 6], inputs: ["x", floats([2, 6, 3])] },
  { op: "MatMul", shape: [1, 7, 6], inputs: ["x", floats([2, 6, 9])] },
  { op: "MatMul", shape: [1, 9, 9], inputs: ["x", "x"] },
  { op: "MatMul", shape: [1, 7, 6], inputs: [floats([3, 7]), "x"] },
  { op: "MatMul", shape: [1, 7, 6], inputs: ["x", floats([6])] },
  { op: "MatMul", shape: [1, 7, 6], inputs: [floats([7]), "x"] },
];
