// Cases of the operators that put or add up elements at known places: ScatterND and its kin, Compress, CumSum.

import { type Case, floats, ints, scalar } from "../case.js";

export const scatter: readonly Case[] = [
  {
    op: "ScatterND",
    shape: [1, 3, 4],
    inputs: ["x", { ...ints(0, 2, 0, 0), shape: [2, 2] }, floats([2, 4])],
  },
  {
    op: "ScatterND",
    shape: [1, 4],
    attributes: { reduction: "mul" },
    inputs: ["x", { ...ints(0, -1, 0, 1), shape: [2, 2] }, floats([2])],
    opset: 16,
  },
  {
    op: "ScatterND",
    shape: [1, 4],
    attributes: { reduction: "add" },
    inputs: [floats([1, 4]), { ...ints(0), shape: [1, 1] }, "x"],
    opset: 16,
  },
  {
    op: "ScatterElements",
    shape: [1, 3, 2],
    attributes: { axis: 1 },
    inputs: [floats([1, 5, 2]), { ...ints(4, 0, 2, -2, 1, 1), shape: [1, 3, 2] }, "x"],
  },
  {
    op: "Scatter",
    shape: [1, 5],
    attributes: { axis: -1 },
    inputs: ["x", { ...ints(3, 0), shape: [1, 2] }, floats([1, 2])],
    opset: 9,
  },
  { op: "Compress", shape: [1, 4, 2], attributes: { axis: 1 }, inputs: ["x", ints(0, 1, 1)] },
  { op: "CumSum", shape: [1, 4, 3], inputs: ["x", ints(1)] },
  {
    op: "CumSum",
    shape: [1, 4, 3],
    attributes: { exclusive: 1, reverse: 1 },
    inputs: ["x", scalar(-1)],
  },
];
