// Pools that are made of others: those of three spatial axes, LpPool, GlobalMaxPool and GlobalLpPool.

import { elements } from "../../tensor/layout.js";
import { numberOf, numbersOf } from "../attributes.js";
import type { Composition, Node, Writing } from "../types.js";
import { axisWindow } from "./conv.js";

const input = (node: Node, k: number): string => node.inputs[k] ?? "";

/** A pool of three spatial axes: first over each plane, then over the depth. */
const ofVolume: Composition = (node, write) => {
  const shape = write.shape(0);
  if (shape.length !== 5) return undefined;
  const [n = 1, c = 1, depth = 1, height = 1, width = 1] = shape;
  const kernel = numbersOf(node, "kernel_shape", []);
  const w = [depth, height, width].map((length, a) =>
    axisWindow(node, a, 3, length, kernel[a] as number),
  );
  const pads = numbersOf(node, "pads", [0, 0, 0, 0, 0, 0]);
  const given = (name: string, parts: number[]) =>
    name in node.attributes ? { [name]: parts } : {};
  const part = (first: number, count: number) => {
    const list = (name: string) => {
      const values = numbersOf(node, name, []).slice(first, first + count);
      return given(name, count === 1 ? [...values, 1] : values);
    };
    const axes = Array.from({ length: count }, (_, k) => first + k);
    const margin = (shift: number) => {
      const values = axes.map((a) => pads[a + shift] as number);
      return count === 1 ? [...values, 0] : values;
    };
    return {
      ...node.attributes,
      ...list("kernel_shape"),
      ...list("strides"),
      ...list("dilations"),
      ...given("pads", [...margin(0), ...margin(3)]),
    };
  };
  const planes = write.node("Reshape", [
    input(node, 0),
    write.integers([n, c * depth, height, width]),
  ]);
  const flat = write.node(node.op, [planes], part(1, 2));
  const pixels = w[1]!.output * w[2]!.output;
  const deep = write.node("Reshape", [flat, write.integers([n, c, depth, pixels])]);
  const y = write.node(node.op, [deep], part(0, 1));
  return write.node("Reshape", [y, write.integers([n, c, ...w.map((axis) => axis.output)])]);
};

/** (Σ |x|^p)^(1/p) over each window: a convolution of the powers by ones. */
const lpPool: Composition = (node: Node, write: Writing) => {
  const kernel = numbersOf(node, "kernel_shape", []);
  const shape = write.shape(0);
  const [, channels = 1] = shape;
  const p = numberOf(node, "p", 2);
  const powers =
    p === 2
      ? write.node("Mul", [input(node, 0), input(node, 0)])
      : write.node("Pow", [write.node("Abs", [input(node, 0)]), write.floats([], [p])]);
  const w = kernel.map((k, a) => axisWindow(node, a, kernel.length, shape[a + 2] as number, k));
  const ones = write.floats(
    [channels, 1, ...kernel],
    new Float32Array(channels * elements(kernel)).fill(1),
  );
  // A window that ceil_mode lets hang over is one over more padding.
  const overhang = w.map((axis, a) => {
    const reach = (axis.output - 1) * axis.stride + (kernel[a]! - 1) * axis.dilation + 1;
    return Math.max(0, reach - shape[a + 2]! - axis.before);
  });
  const sum = write.node("Conv", [powers, ones], {
    group: channels,
    strides: w.map((axis) => axis.stride),
    dilations: w.map((axis) => axis.dilation),
    pads: [...w.map((axis) => axis.before), ...overhang],
  });
  return p === 2 ? write.node("Sqrt", [sum]) : write.node("Pow", [sum, write.floats([], [1 / p])]);
};

/** The spatial axes of a global pool. */
const pixels = (write: Writing) => ({
  axes: write
    .shape(0)
    .map((_, axis) => axis)
    .slice(2),
  keepdims: 1,
});

const globalMaxPool: Composition = (node, write) =>
  write.node("ReduceMax", [input(node, 0)], pixels(write));

/** (Σ |x|^p)^(1/p) over all pixels. */
const globalLpPool: Composition = (node, write) => {
  const p = numberOf(node, "p", 2);
  if (p === 2) return write.node("ReduceL2", [input(node, 0)], pixels(write));
  const powers = write.node("Pow", [write.node("Abs", [input(node, 0)]), write.floats([], [p])]);
  const sum = write.node("ReduceSum", [powers], pixels(write));
  return write.node("Pow", [sum, write.floats([], [1 / p])]);
};

/** By operator. */
export const pools: Readonly<Record<string, Composition>> = {
  AveragePool: ofVolume,
  GlobalLpPool: globalLpPool,
  GlobalMaxPool: globalMaxPool,
  LpPool: lpPool,
  MaxPool: ofVolume,
};
