// Cases of the pools.

import type { Case } from "../case.js";

const pooled = { kernel_shape: [3, 2], strides: [2, 1] };
const image = [1, 6, 3, 5];

export const pool: readonly Case[] = [
  { op: "MaxPool", shape: [1, 2, 7, 5], attributes: { ...pooled, pads: [1, 0, 1, 1] } },
  { op: "MaxPool", shape: [1, 3, 6, 6], attributes: { ...pooled, ceil_mode: 1 } },
  { op: "MaxPool", shape: [1, 1, 7, 7], attributes: { kernel_shape: [3, 3], dilations: [2, 2] } },
  { op: "MaxPool", shape: [1, 2, 7], attributes: { kernel_shape: [2], auto_pad: "SAME_LOWER" } },
  { op: "AveragePool", shape: [1, 2, 7, 5], attributes: { ...pooled, pads: [1, 0, 1, 1] } },
  {
    op: "AveragePool",
    shape: [1, 2, 6, 4],
    attributes: { ...pooled, pads: [1, 1, 0, 1], count_include_pad: 1, ceil_mode: 1 },
  },
  { op: "AveragePool", shape: [1, 1, 3, 4, 3], attributes: { kernel_shape: [2, 2, 2] } },
  { op: "GlobalAveragePool", shape: [1, 3, 7, 5] },
  {
    op: "LpPool",
    shape: [1, 2, 7, 5],
    attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] },
  },
  {
    op: "MaxPool",
    shape: [1, 2, 4, 5, 3],
    attributes: { kernel_shape: [2, 3, 2], strides: [2, 1, 1], pads: [1, 0, 0, 0, 1, 1] },
  },
  { op: "LpPool", shape: [1, 2, 7], attributes: { kernel_shape: [2], p: 3 } },
  { op: "GlobalMaxPool", shape: image },
  { op: "GlobalLpPool", shape: image },
  { op: "GlobalLpPool", shape: image, attributes: { p: 3 } },
  // Windows side by side, which leave a row and two columns alone.
  {
    op: "MaxPool",
    shape: [1, 6, 7, 11],
    attributes: { kernel_shape: [2, 3], strides: [2, 3] },
    inputs: ["x"],
    large: "once",
  },
];
