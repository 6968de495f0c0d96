// Convolutions that are made of others: Conv of three spatial axes, and ConvTranspose.

import type { Attribute } from "../../onnx/types.js";
import { elements } from "../../tensor/layout.js";
import { nodeError, numberOf, numbersOf, stringOf } from "../attributes.js";
import type { Composition, Node } from "../types.js";
import { windowOf } from "../window.js";

const input = (node: Node, k: number): string => node.inputs[k] ?? "";

/** The window of a node along one axis alone. */
export function axisWindow(node: Node, axis: number, axes: number, length: number, kernel: number) {
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
const convolution: Composition = (node, write) => {
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
const transposed: Composition = (node, write) => {
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

/** By operator. */
export const convolutions: Readonly<Record<string, Composition>> = {
  Conv: convolution,
  ConvTranspose: transposed,
};
