// Cases of the operators that pick elements: Gather, GatherElements, GatherND and Split.

import { type Case, ints } from "../case.js";

const index = (value: number) => ({ ...ints(value), shape: [] });

export const gather: readonly Case[] = [
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
];
