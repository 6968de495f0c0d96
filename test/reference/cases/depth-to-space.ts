// Cases of DepthToSpace and SpaceToDepth.

import type { Case } from "../case.js";

export const depthToSpace: readonly Case[] = [
  { op: "DepthToSpace", shape: [1, 8, 2, 3], attributes: { blocksize: 2 } },
  { op: "DepthToSpace", shape: [1, 12, 2, 1], attributes: { blocksize: 2, mode: "CRD" } },
  { op: "SpaceToDepth", shape: [1, 3, 4, 6], attributes: { blocksize: 2 } },
];
