// Quantized constants: weights are dequantized when the model is loaded.

import type { Constant } from "../../tensor/types.js";
import { axisOf, nodeError, numberOf } from "../attributes.js";
import { quantizedRange } from "../composed/quantized.js";
import type { Node } from "../types.js";
import { roundToEven } from "./elementwise.js";
import { constant, type Fold } from "./tensor.js";

/** Which scale belongs to an element: the only one, one along an axis, or one for a block along it. */
function scaleOf(node: Node, { shape }: Constant, scale: Constant): (e: number) => number {
  const count = scale.data.length;
  if (count === 1) return () => 0;
  const axis = axisOf(node, numberOf(node, "axis", 1), shape.length);
  const length = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const block = numberOf(node, "block_size", 0);
  const blocks = block ? Math.ceil(length / block) : length;
  const wanted = block ? (blocks * (shape.reduce((a, b) => a * b, 1) || 0)) / length : length;
  if (count !== wanted) {
    throw nodeError(
      node,
      `${count} scales do not fit axis ${axis} of a tensor of shape [${shape}]`,
    );
  }
  if (!block) return (e) => Math.floor(e / inner) % length;
  return (e) => {
    const outer = Math.floor(e / inner / length);
    const i = Math.floor((Math.floor(e / inner) % length) / block);
    return (outer * blocks + i) * inner + (e % inner);
  };
}

const dequantize: Fold = (node, x, scale, zero) => {
  const at = scaleOf(node, x!, scale!);
  const values = Float32Array.from(x!.data, (q, e) => {
    const k = at(e);
    return (q - (zero?.data[k] ?? 0)) * (scale!.data[k] as number);
  });
  return constant("float32", x!.shape, values);
};

const quantize: Fold = (node, x, scale, zero) => {
  const at = scaleOf(node, x!, scale!);
  const [type, low, high] = quantizedRange(node, zero);
  const values = Float64Array.from(x!.data, (v, e) => {
    const k = at(e);
    const whole = roundToEven(Math.fround(v / (scale!.data[k] as number)));
    return Math.min(Math.max(whole + (zero?.data[k] ?? 0), low), high);
  });
  return constant(type, x!.shape, values);
};

/** Folding rules by operator. */
export const quantized: Readonly<Record<string, Fold>> = {
  DequantizeLinear: dequantize,
  QuantizeLinear: quantize,
  "com.microsoft::DequantizeLinear": dequantize,
  "com.microsoft::QuantizeLinear": quantize,
};
