// Cases of Relu, Clip and LeakyRelu.

import { type Case, scalar } from "../case.js";

export const relu: readonly Case[] = [
  { op: "Relu", shape: [1, 3, 5] },
  { op: "Clip", shape: [1, 3, 5], attributes: { min: -0.5, max: 1 }, opset: 10 },
  { op: "Clip", shape: [1, 3, 5], inputs: ["x", scalar(0), scalar(0.7)] },
  { op: "Clip", shape: [1, 3, 5], inputs: ["x", null, scalar(0.2)] },
  { op: "LeakyRelu", shape: [1, 3, 5], attributes: { alpha: 0.3 } },
];
