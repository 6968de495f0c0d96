// Cases of the operators that pick and repeat elements.

import { type Case, floats, ints } from "../case.js";

const index = (value: number) => ({ ...ints(value), shape: [] });

export const moves: readonly Case[] = [
  { op: "Gather", shape: [1, 5, 6], attributes: { axis: 1 }, inputs: ["x", ints(4, 0, -2, 0)] },
  { op: "Gather", shape: [1, 5, 6], attributes: { axis: -1 }, inputs: ["x", index(-1)] },
  { op: "Gather", shape: [1, 5, 6], attributes: { axis: 1 }, inputs: ["x", index(2)] },
  {
    op: "Gather",
    shape: [1, 3, 4],
    attributes: { axis: 1 },
    inputs: ["x", { ...ints(0, 2, 2, 1), shape: [2, 2] }],
  },
  {
    op: "GatherElements",
    shape: [1, 3, 3],
    attributes: { axis: 1 },
    inputs: ["x", { ...ints(1, 0, -1, 2, 2, 0), shape: [1, 2, 3] }],
  },
  { op: "GatherND", shape: [1, 3, 5], inputs: ["x", { ...ints(0, 2, 0, -3), shape: [2, 2] }] },
  {
    op: "GatherND",
    shape: [1, 3, 5],
    attributes: { batch_dims: 1 },
    inputs: ["x", { ...ints(2, 0), shape: [1, 2, 1] }],
  },
  { op: "Squeeze", shape: [1, 1, 3, 1], inputs: ["x", ints(-1, 1)] },
  { op: "Squeeze", shape: [1, 1, 3, 1] },
  { op: "Unsqueeze", shape: [1, 3], attributes: { axes: [3, 1] }, opset: 11 },
  { op: "Split", shape: [1, 8, 3], attributes: { axis: 1 }, outputs: [2, 1] },
  { op: "Split", shape: [1, 3, 7], attributes: { axis: -1, num_outputs: 3 }, outputs: [3, 2] },
  {
    op: "Split",
    shape: [1, 7, 3],
    attributes: { axis: 1 },
    inputs: ["x", ints(2, 5)],
    outputs: [2, 1],
  },
  { op: "Split", shape: [1, 4], attributes: { axis: 1, split: [1, 3] }, outputs: [2, 0], opset: 9 },
  { op: "Expand", shape: [1, 3, 1], inputs: ["x", ints(2, 1, 1, 5)] },
  { op: "Expand", shape: [1, 1, 6], inputs: ["x", ints(4, 1)] },
  { op: "Tile", shape: [1, 3, 2], inputs: ["x", ints(1, 2, 3)] },
  { op: "DepthToSpace", shape: [1, 8, 2, 3], attributes: { blocksize: 2 } },
  { op: "DepthToSpace", shape: [1, 12, 2, 1], attributes: { blocksize: 2, mode: "CRD" } },
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
  { op: "SpaceToDepth", shape: [1, 3, 4, 6], attributes: { blocksize: 2 } },
];
