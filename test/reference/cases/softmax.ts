// Cases of Softmax and LogSoftmax.

import type { Case } from "../case.js";

export const softmax: readonly Case[] = [
  { op: "Softmax", shape: [1, 3, 4], attributes: { axis: 1 } },
  { op: "Softmax", shape: [1, 3, 4], opset: 12 },
  { op: "LogSoftmax", shape: [1, 3, 4] },
  { op: "LogSoftmax", shape: [1, 3, 2], attributes: { axis: 2 }, opset: 11 },
];
