// Cases of Concat.

import { type Case, floats } from "../case.js";

export const concat: readonly Case[] = [
  {
    op: "Concat",
    shape: [1, 3, 2, 2],
    attributes: { axis: 1 },
    inputs: ["x", floats([1, 2, 2, 2]), "x"],
  },
  {
    op: "Concat",
    shape: [1, 3, 2],
    attributes: { axis: -1 },
    inputs: [floats([1, 3, 1]), "x"],
  },
];
