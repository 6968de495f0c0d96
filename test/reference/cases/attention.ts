// Cases of Attention.

import { type Case, floats, list } from "../case.js";

export const attention: readonly Case[] = [
  { op: "Attention", shape: [1, 2, 5, 3], inputs: ["x", "x", "x"] },
  {
    op: "Attention",
    shape: [1, 5, 8],
    attributes: { q_num_heads: 4, kv_num_heads: 4, scale: 0.3, is_causal: 1 },
    inputs: ["x", "x", "x"],
  },
  {
    op: "Attention",
    shape: [1, 4, 3, 2],
    attributes: { softcap: 0.8 },
    inputs: ["x", floats([1, 2, 5, 2]), floats([1, 2, 5, 6]), floats([3, 5])],
  },
  {
    op: "Attention",
    shape: [1, 2, 3, 2],
    inputs: ["x", "x", "x", { ...list(1, 0, 1), type: "bool" }],
  },
];
