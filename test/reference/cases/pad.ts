// Cases of Pad.

import { type Case, ints, scalar } from "../case.js";

export const pad: readonly Case[] = [
  { op: "Pad", shape: [1, 2, 3], inputs: ["x", ints(0, 1, 2, 0, 0, 1), scalar(4)] },
  { op: "Pad", shape: [1, 2, 5], inputs: ["x", ints(0, 0, -2, 0, 1, 3)] },
  {
    op: "Pad",
    shape: [1, 2, 5],
    attributes: { mode: "reflect", pads: [0, 1, 4, 0, 1, 3] },
    opset: 9,
  },
  {
    op: "Pad",
    shape: [1, 2, 3],
    attributes: { mode: "edge" },
    inputs: ["x", ints(0, 1, 2, 0, 2, 1)],
  },
  { op: "Pad", shape: [1, 3, 4], inputs: ["x", ints(2, 1), null, ints(-2)], opset: 18 },
];
