// Convolutions and pools that are made of others: ConvTranspose, those of three spatial axes, LpPool.

import type { Attribute } from "../../onnx/types.js";
import { elements } from "../../tensor/layout.js";
import { nodeError, numberOf, numbersOf, stringOf } from "../attributes.js";
import type { Composition, Node, Writing } from "../types.js";
import { windowOf } from "../window.js";

const input = (node: Node, k: number): string => node.inputs[k] ?? "";

/** The window of a node along one axis alone. */
function axisWindow(node: Node, axis: number, axes: number, length: number, kernel: number) {
  const pads = numbersOf(node, "pads", new Array<number>(2 * axes).fill(0));
  const attributes: Record<string, Attribute> = {
    ...node.attributes,
    strides: [numbersOf(node, "strides", [])[axis] ?? 1],
    dilations: [numbersOf(node, "dilations", [])[axis] ?? 1],
    pads: [pads[axis] as number, pads[axis + axes] as number],
  };
  const w = windowOf({ ...node, attributes }, [1, 1, length], [kernel]);
  return {
    stride: w.stride[1],
    dilation: w.dilation[1],
    before: w.before[1],
    after: w.after[1],
    output: w.output[1],
  };
}

/**
 * A convolution of three spatial axes: the windows of the first two become channels, and what is left is a
 * convolution along rows.
 */
export const convolution: Composition = (node, write) => {
  const shape = write.shape(0);
  if (shape.length !== 5) return undefined;
  const weights = write.constant(1);
  if (!weights) throw nodeError(node, "its weights must be constant");
  const [outputs = 1, perGroup = 1, ...kernel] = weights.shape;
  if (kernel.length !== 3) {
    throw nodeError(node, `its weights [${weights.shape}] do not fit an input of shape [${shape}]`);
  }
  const w = kernel.map((k, a) => axisWindow(node, a, 3, shape[a + 2] as number, k));
  const two = (name: "stride" | "dilation" | "before" | "output") =>
    w.slice(0, 2).map((axis) => axis[name]);
  const rows = write.node("Unfold", [input(node, 0)], {
    kernel: kernel.slice(0, 2),
    output: two("output"),
    strides: two("stride"),
    dilations: two("dilation"),
    before: two("before"),
  });
  const [k = 1, l = 1, m = 1] = kernel;
  const packed = write.floats([outputs, perGroup * k * l, 1, m], weights.data);
  const bias = node.inputs[2] ? [node.inputs[2]] : [];
  const last = w[2] as (typeof w)[number];
  const y = write.node("Conv", [rows, packed, ...bias], {
    group: numberOf(node, "group", 1),
    strides: [1, last.stride],
    dilations: [1, last.dilation],
    pads: [0, last.before, 0, last.after],
  });
  const result = [shape[0] as number, outputs, ...w.map((axis) => axis.output)];
  return write.node("Reshape", [y, write.integers(result)]);
};

/** ConvTranspose: zeros between the pixels and around them, then a convolution by the weights turned around. */
export const transposed: Composition = (node, write) => {
  const shape = write.shape(0);
  const weights = write.constant(1);
  if (!weights) throw nodeError(node, "its weights must be constant");
  const [channels = 1, perGroup = 1, ...kernel] = weights.shape;
  const groups = numberOf(node, "group", 1);
  const axes = kernel.length;
  const ones = new Array<number>(axes).fill(1);
  const zeros = new Array<number>(axes).fill(0);
  const strides = numbersOf(node, "strides", ones);
  const dilations = numbersOf(node, "dilations", ones);
  const extra = numbersOf(node, "output_padding", zeros);
  const pads = numbersOf(node, "pads", [...zeros, ...zeros]);
  const asked = numbersOf(node, "output_shape", []).slice(-axes);
  const auto = stringOf(node, "auto_pad", "NOTSET");
  const before: number[] = [];
  const after: number[] = [];
  kernel.forEach((k, a) => {
    const reach = (k - 1) * dilations[a]!;
    const full = (shape[a + 2]! - 1) * strides[a]! + extra[a]! + reach + 1;
    const same = auto === "SAME_UPPER" || auto === "SAME_LOWER";
    const wanted = asked[a] ?? (same ? shape[a + 2]! * strides[a]! : undefined);
    let [start, end] = auto === "VALID" ? [0, 0] : [pads[a]!, pads[a + axes]!];
    if (wanted !== undefined) {
      const half = Math.floor((full - wanted) / 2);
      start = auto === "SAME_UPPER" ? half : full - wanted - half;
      end = full - wanted - start;
    }
    before.push(reach - start);
    after.push(reach - end + extra[a]!);
  });
  const spread = write.node("Spread", [input(node, 0)], { strides: [...strides], before, after });
  const taps = elements(kernel);
  const inGroup = channels / groups;
  const turned = new Float32Array(weights.data.length);
  for (let c = 0; c < channels; c++) {
    for (let m = 0; m < perGroup; m++) {
      const g = Math.floor(c / inGroup);
      const to = ((g * perGroup + m) * inGroup + (c % inGroup)) * taps;
      for (let k = 0; k < taps; k++) {
        turned[to + taps - 1 - k] = weights.data[(c * perGroup + m) * taps + k] as number;
      }
    }
  }
  const w = write.floats([groups * perGroup, inGroup, ...kernel], turned);
  const bias = node.inputs[2] ? [node.inputs[2]] : [];
  return write.node("Conv", [spread, w, ...bias], { group: groups, dilations: [...dilations] });
};

/** A pool of three spatial axes: first over each plane, then over the depth. */
export const pool: Composition = (node, write) => {
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

/** Gemm of anything but rows by constant weights and a constant bias for each column. */
export const gemm: Composition = (node, write) => {
  const [a, b, c] = [write.shape(0), write.shape(1), node.inputs[2] ? write.shape(2) : []];
  const [transA, transB] = [numberOf(node, "transA", 0), numberOf(node, "transB", 0)];
  const columns = b[transB ? 0 : 1];
  const isRow = elements(c) === 1 || (c.at(-1) === columns && elements(c) === columns);
  const isPlain = !node.inputs[2] || (write.constant(2) !== undefined && isRow);
  if (!transA && write.constant(1) && !write.constant(0) && isPlain) return undefined;
  if (a.length !== 2 || b.length !== 2) throw nodeError(node, "its factors should have two axes");
  const turned = (k: number, turn: number) =>
    turn ? write.node("Transpose", [input(node, k)], { perm: [1, 0] }) : input(node, k);
  const scaled = (x: string, factor: number) =>
    factor === 1 ? x : write.node("Mul", [x, write.floats([], [factor])]);
  const product = write.node("MatMul", [turned(0, transA), turned(1, transB)]);
  const y = scaled(product, numberOf(node, "alpha", 1));
  if (!node.inputs[2]) return y;
  return write.node("Add", [y, scaled(input(node, 2), numberOf(node, "beta", 1))]);
};

/** (Σ |x|^p)^(1/p) over each window: a convolution of the powers by ones. */
export const lpPool: Composition = (node: Node, write: Writing) => {
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
