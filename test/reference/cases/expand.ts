// Cases of the operators that repeat elements: Expand and Tile.

import { type Case, ints } from "../case.js";

export const expand: readonly Case[] = [
  { op: "Expand", shape: [1, 3, 1], inputs: ["x", ints(2, 1, 1, 5)] },
  { op: "Expand", shape: [1, 1, 6], inputs: ["x", ints(4, 1)] },
  { op: "Tile", shape: [1, 3, 2], inputs: ["x", ints(1, 2, 3)] },
];
