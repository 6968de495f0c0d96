// Cases of Einsum.

import { type Case, floats } from "../case.js";

const of = (equation: string, shape: number[], inputs: Case["inputs"]): Case => ({
  op: "Einsum",
  shape,
  attributes: { equation },
  ...(inputs && { inputs }),
});

export const einsum: readonly Case[] = [
  of("bhid,bhjd->bhij", [1, 2, 5, 3], ["x", "x"]),
  of("bhij, bhjd -> bhid", [1, 2, 5, 5], ["x", "x"]),
  of("bijk,kl->bijl", [1, 2, 5, 3], ["x", floats([3, 6])]),
  of("oi,bihw->bohw", [1, 3, 4, 2], [floats([5, 3]), "x"]),
  of("bhwc,hkc->bhwk", [1, 4, 5, 3], ["x", floats([4, 2, 3])]),
  of("bij,bik,il->bjkl", [1, 3, 2], ["x", "x", floats([3, 4])]),
  of("bij->bji", [1, 3, 5], ["x"]),
  of("bij->bj", [1, 3, 5], ["x"]),
  of("bij", [1, 3, 5], ["x"]),
  of("...ii->...i", [1, 3, 4, 4], ["x"]),
  of("...ij,...kj->...ik", [1, 2, 3, 4], ["x", "x"]),
  of("bi,bi,j->bij", [1, 5], ["x", "x", floats([3])]),
];
