// Cases of products of two or more tensors, and of what is made of them.

import { type Case, floats, ints, list, scalar } from "../case.js";

const einsum = (equation: string, shape: number[], inputs: Case["inputs"]): Case => ({
  op: "Einsum",
  shape,
  attributes: { equation },
  ...(inputs && { inputs }),
});

export const products: readonly Case[] = [
  { op: "MatMul", shape: [1, 2, 5, 5], inputs: ["x", "x"] },
  { op: "MatMul", shape: [1, 2, 7, 6], inputs: [floats([2, 3, 7]), "x"] },
  { op: "MatMul", shape: [1, 2, 7, 6], inputs: ["x", floats([2, 6, 3])] },
  { op: "MatMul", shape: [1, 7, 6], inputs: ["x", floats([2, 6, 9])] },
  { op: "MatMul", shape: [1, 9, 9], inputs: ["x", "x"] },
  { op: "MatMul", shape: [1, 7, 6], inputs: [floats([3, 7]), "x"] },
  { op: "MatMul", shape: [1, 7, 6], inputs: ["x", floats([6])] },
  { op: "MatMul", shape: [1, 7, 6], inputs: [floats([7]), "x"] },
  einsum("bhid,bhjd->bhij", [1, 2, 5, 3], ["x", "x"]),
  einsum("bhij, bhjd -> bhid", [1, 2, 5, 5], ["x", "x"]),
  einsum("bijk,kl->bijl", [1, 2, 5, 3], ["x", floats([3, 6])]),
  einsum("oi,bihw->bohw", [1, 3, 4, 2], [floats([5, 3]), "x"]),
  einsum("bhwc,hkc->bhwk", [1, 4, 5, 3], ["x", floats([4, 2, 3])]),
  einsum("bij,bik,il->bjkl", [1, 3, 2], ["x", "x", floats([3, 4])]),
  einsum("bij->bji", [1, 3, 5], ["x"]),
  einsum("bij->bj", [1, 3, 5], ["x"]),
  einsum("bij", [1, 3, 5], ["x"]),
  einsum("...ii->...i", [1, 3, 4, 4], ["x"]),
  einsum("...ij,...kj->...ik", [1, 2, 3, 4], ["x", "x"]),
  einsum("bi,bi,j->bij", [1, 5], ["x", "x", floats([3])]),
  { op: "CumSum", shape: [1, 4, 3], inputs: ["x", ints(1)] },
  {
    op: "CumSum",
    shape: [1, 4, 3],
    attributes: { exclusive: 1, reverse: 1 },
    inputs: ["x", scalar(-1)],
  },
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
