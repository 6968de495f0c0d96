// Cases of ConvTranspose.

import { type Case, floats } from "../case.js";

export const convTranspose: readonly Case[] = [
  {
    op: "ConvTranspose",
    shape: [1, 3, 4, 5],
    attributes: { strides: [2, 3], pads: [1, 0, 0, 2], output_padding: [1, 0] },
    inputs: ["x", floats([3, 2, 3, 3]), floats([2])],
  },
  {
    op: "ConvTranspose",
    shape: [1, 4, 5],
    attributes: { group: 2, dilations: [2], strides: [2], auto_pad: "SAME_UPPER" },
    inputs: ["x", floats([4, 3, 3])],
  },
  {
    op: "ConvTranspose",
    shape: [1, 2, 3, 3],
    attributes: { strides: [3, 2], output_shape: [10, 8] },
    inputs: ["x", floats([2, 2, 3, 3])],
  },
];
