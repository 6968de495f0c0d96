// Cases of the reductions.

import { type Case, ints } from "../case.js";

const image = [1, 6, 3, 5];

export const reduce: readonly Case[] = [
  { op: "ReduceMean", shape: image, attributes: { axes: [2, 3] } },
  { op: "ReduceMean", shape: image, attributes: { axes: [-1, 1], keepdims: 0 } },
  { op: "ReduceMean", shape: [1, 5, 7], attributes: { axes: [2] } },
  { op: "ReduceSum", shape: image, inputs: ["x", ints(1)] },
  { op: "ReduceSum", shape: image, attributes: { keepdims: 0 } },
  {
    op: "ReduceSum",
    shape: [1, 5],
    inputs: ["x", ints()],
    attributes: { noop_with_empty_axes: 1 },
  },
  { op: "ReduceMax", shape: image, attributes: { axes: [1, 2] } },
  { op: "ReduceMax", shape: image, attributes: { axes: [3], keepdims: 0 } },
  { op: "ReduceMin", shape: image, attributes: { axes: [1] } },
  { op: "ReduceProd", shape: image, attributes: { axes: [1, -1] } },
  { op: "ReduceProd", shape: [1, 3, 4], attributes: { axes: [2], keepdims: 0 } },
  { op: "ReduceL1", shape: image, attributes: { axes: [2] } },
  { op: "ReduceL2", shape: image, attributes: { axes: [1], keepdims: 0 } },
  { op: "ReduceSumSquare", shape: image, attributes: { axes: [1] } },
  { op: "ReduceLogSum", shape: image, attributes: { axes: [1] }, domain: (z) => 0.2 + z * z },
  { op: "ReduceLogSumExp", shape: image, attributes: { axes: [1], keepdims: 0 } },
];
