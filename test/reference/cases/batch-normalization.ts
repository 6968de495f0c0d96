// Cases of BatchNormalization.

import { type Case, floats, positive } from "../case.js";

export const batchNormalization: readonly Case[] = [
  {
    op: "BatchNormalization",
    shape: [1, 3, 4, 5],
    attributes: { epsilon: 0.01 },
    inputs: ["x", floats([3]), floats([3], 3), floats([3], 4), positive([3])],
  },
];
