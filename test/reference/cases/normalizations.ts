// Cases of the normalizations by the sample's own statistics.

import { type Case, floats } from "../case.js";

const image = [1, 6, 3, 5];
const affine = (n: number) => ["x", floats([n]), floats([n], 3)] as const;

export const normalizations: readonly Case[] = [
  { op: "LayerNormalization", shape: [1, 5, 6], inputs: affine(6) },
  { op: "LayerNormalization", shape: [1, 5, 7], inputs: ["x", floats([7])] },
  {
    op: "LayerNormalization",
    shape: image,
    attributes: { axis: 1, epsilon: 0.1 },
    inputs: ["x", floats([6, 3, 5]), floats([6, 3, 5], 3)],
  },
  { op: "RMSNormalization", shape: [1, 5, 6], inputs: ["x", floats([6])], opset: 23 },
  {
    op: "RMSNormalization",
    shape: image,
    attributes: { axis: -2, epsilon: 0.1 },
    inputs: ["x", floats([3, 5])],
    opset: 23,
  },
  { op: "InstanceNormalization", shape: image, inputs: affine(6) },
  { op: "GroupNormalization", shape: image, attributes: { num_groups: 2 }, inputs: affine(6) },
  {
    op: "GroupNormalization",
    shape: image,
    attributes: { num_groups: 3, epsilon: 0.1 },
    inputs: affine(3),
    opset: 18,
  },
  { op: "MeanVarianceNormalization", shape: image },
  { op: "MeanVarianceNormalization", shape: image, attributes: { axes: [1, 3] } },
  { op: "LRN", shape: image, attributes: { size: 3, alpha: 0.5, bias: 1.5 } },
  { op: "LRN", shape: image, attributes: { size: 4, alpha: 0.9, beta: 0.5 } },
  { op: "LpNormalization", shape: image, attributes: { axis: 1 } },
  { op: "LpNormalization", shape: image, attributes: { p: 1 } },
];
