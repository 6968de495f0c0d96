// Cases of Transpose.

import type { Case } from "../case.js";

export const transpose: readonly Case[] = [
  { op: "Transpose", shape: [1, 3, 4, 2], attributes: { perm: [0, 2, 3, 1] } },
  { op: "Transpose", shape: [1, 3, 4] },
];
