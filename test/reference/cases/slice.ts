// Cases of Slice.

import { type Case, ints } from "../case.js";

export const slice: readonly Case[] = [
  {
    op: "Slice",
    shape: [1, 5, 6],
    attributes: { starts: [1, -4], ends: [4, 9], axes: [1, 2] },
    opset: 9,
  },
  {
    op: "Slice",
    shape: [1, 5, 7],
    inputs: ["x", ints(3, -1), ints(0, -100), ints(1, -1), ints(-2, -3)],
  },
];
