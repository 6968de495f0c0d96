// Cases of Resize and Upsample.

import { type Case, ints, list } from "../case.js";

const shape = [1, 2, 4, 3];
const scaled = (y: number, x: number) => ["x", null, list(1, 1, y, x)] as const;
const sized = (y: number, x: number) => ["x", null, null, ints(1, 2, y, x)] as const;
const named = (mode: string, coordinate_transformation_mode: string) => ({
  mode,
  coordinate_transformation_mode,
});

export const resize: readonly Case[] = [
  { op: "Resize", shape, inputs: scaled(2, 1.5) },
  { op: "Resize", shape, inputs: sized(2, 7), attributes: { nearest_mode: "ceil" } },
  { op: "Resize", shape, inputs: scaled(1.6, 2.5), attributes: named("linear", "half_pixel") },
  { op: "Resize", shape, inputs: scaled(0.6, 2), attributes: named("linear", "align_corners") },
  { op: "Resize", shape, inputs: sized(3, 5), attributes: named("cubic", "asymmetric") },
  {
    op: "Resize",
    shape,
    inputs: scaled(2, 0.7),
    attributes: { ...named("cubic", "half_pixel"), exclude_outside: 1, cubic_coeff_a: -0.5 },
  },
  {
    op: "Resize",
    shape,
    inputs: scaled(0.5, 0.4),
    attributes: { ...named("linear", "half_pixel"), antialias: 1 },
    opset: 18,
  },
  { op: "Upsample", shape, inputs: ["x", list(1, 1, 2, 3)], opset: 9 },
  {
    op: "Upsample",
    shape,
    attributes: { mode: "linear", scales: [1, 1, 2, 2] },
    opset: 7,
  },
];
