// Cases of the operators that leave every element where it is: Reshape and its kin, Identity and Dropout.

import { type Case, ints, scalar } from "../case.js";

export const reshape: readonly Case[] = [
  { op: "Identity", shape: [1, 3, 5] },
  { op: "Dropout", shape: [1, 3, 5], inputs: ["x", scalar(0.5)] },
  { op: "Flatten", shape: [1, 3, 2, 2] },
  { op: "Reshape", shape: [1, 6, 4], inputs: ["x", ints(2, 0, -1)] },
  { op: "Squeeze", shape: [1, 1, 3, 1], inputs: ["x", ints(-1, 1)] },
  { op: "Squeeze", shape: [1, 1, 3, 1] },
  { op: "Unsqueeze", shape: [1, 3], attributes: { axes: [3, 1] }, opset: 11 },
];
