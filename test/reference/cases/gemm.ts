// Cases of Gemm.

import { type Case, floats } from "../case.js";

export const gemm: readonly Case[] = [
  { op: "Gemm", shape: [1, 7], inputs: ["x", floats([7, 5]), floats([5])] },
  {
    op: "Gemm",
    shape: [7, 2],
    attributes: { transA: 1, transB: 1, alpha: 0.5, beta: 2 },
    inputs: ["x", floats([5, 7]), floats([2, 1])],
  },
  { op: "Gemm", shape: [7, 5], attributes: { alpha: 3 }, inputs: [floats([3, 7]), "x"] },
  // As many weights as it takes for large tiles to be worth while.
  {
    op: "Gemm",
    shape: [1, 531],
    inputs: ["x", floats([531, 509]), floats([509])],
    large: "every tiling",
  },
];
