// Quantized networks as they are exported: with QuantizeLinear and DequantizeLinear around float operators (QDQ), as
// operators on integers (QLinearConv, ConvInteger …, and those of onnxruntime), or with ranges found on the way
// (DynamicQuantizeLinear). All of them become float operators between roundings (quantize.ts); integers are whole
// numbers in floats. What is constant, such as weights, is dequantized once, at load.

import type { Constant, ElementType, Shape } from "../../tensor/types.js";
import { axisOf, inputOf, nodeError, numberOf } from "../attributes.js";
import type { Composition, Node, Writing } from "../types.js";

const RANGES: Partial<Record<ElementType, readonly [low: number, high: number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

// By ONNX's numbers for element types.
const OUTPUT_TYPES: Readonly<Record<number, ElementType>> = {
  0: "uint8",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
};

/** The least and the greatest number of the type that a node quantizes to: its zero point's, else uint8. */
export function quantizedRange(
  node: Node,
  zeroPoint: Constant | undefined,
): readonly [type: ElementType, low: number, high: number] {
  const number = numberOf(node, "output_dtype", 0);
  const type = zeroPoint?.type ?? OUTPUT_TYPES[number];
  const range = type && RANGES[type];
  if (range) return [type, ...range];
  throw nodeError(node, `quantization to ${type ?? `type number ${number}`} is not supported`);
}

/** The shape in which scales along an axis fit a tensor of this shape. */
function along(node: Node, shape: Shape, count: number): number[] {
  const axis = axisOf(node, numberOf(node, "axis", 1), shape.length);
  if (shape[axis] === count) return shape.map((n, i) => (i === axis ? n : 1));
  throw nodeError(node, `${count} scales do not fit axis ${axis} of a tensor of shape [${shape}]`);
}

interface Grid {
  readonly scale: Constant;
  readonly zero: Constant | undefined;
}

/** Scale and zero point, if they are known. */
function gridOf(node: Node, write: Writing): Grid | undefined {
  const [scale, zero] = [write.constant(1), write.constant(2)];
  if (node.inputs[2] && !zero) return undefined;
  if (scale && scale.data.length > 1 && numberOf(node, "block_size", 0)) {
    throw nodeError(node, "scales in blocks are supported for constants alone");
  }
  return scale && { scale, zero };
}

const isScalar = ({ scale, zero }: Grid): boolean =>
  scale.data.length === 1 && (zero?.data.length ?? 1) === 1;

const first = (constant: Constant | undefined): number => constant?.data[0] ?? 0;

/** Scales or zero points as the second operand of an element-wise operator: known ones laid out along the axis. */
function operand(node: Node, write: Writing, k: 1 | 2): string {
  const constant = write.constant(k);
  if (!constant) return inputOf(node, k);
  const { data } = constant;
  const shape = data.length === 1 ? [] : along(node, write.shape(0), data.length);
  return write.floats(shape, data);
}

/** clamp(round(x / scale) + zero) */
const quantize: Composition = (node, write) => {
  const [x = ""] = node.inputs;
  const zero = write.constant(2);
  const [, low, high] = quantizedRange(node, zero);
  const grid = gridOf(node, write);
  if (grid && isScalar(grid)) {
    const z = first(zero);
    const limits = { low: low - z, high: high - z };
    return write.node("Quantize", [x], { step: first(grid.scale), ...limits, shift: z });
  }
  const quotient = write.node("Div", [x, operand(node, write, 1)]);
  const whole = write.node("Quantize", [quotient], { step: 1, low: -3e38, high: 3e38 });
  const moved = node.inputs[2] ? write.node("Add", [whole, operand(node, write, 2)]) : whole;
  return write.node("Quantize", [moved], { step: 1, low, high });
};

/** (q − zero) · scale; done by the rounding itself where that comes right before. */
const dequantize: Composition = (node, write) => {
  const [q = ""] = node.inputs;
  const grid = gridOf(node, write);
  const source = write.source(0);
  if (grid && isScalar(grid) && source?.op === "Quantize" && !("factor" in source.attributes)) {
    const factor = first(grid.scale);
    const shift = factor * (numberOf(source, "shift", 0) - first(grid.zero));
    return write.node("Quantize", source.inputs, { ...source.attributes, factor, shift });
  }
  const centered =
    node.inputs[2] && !grid?.zero?.data.every((z) => z === 0)
      ? write.node("Sub", [q, operand(node, write, 2)])
      : q;
  return write.node("Mul", [centered, operand(node, write, 1)]);
};

/** The range of the tensor with 0 in it, in 255 steps; no gradient goes through it. */
const quantizeDynamically: Composition = (node, write) => {
  const [x = ""] = node.inputs;
  const zero = write.floats([], [0]);
  const rank = write.shape(0).length;
  const extreme = (op: "Max" | "Min") => {
    const best = write.node(`Reduce${op}`, [x], { keepdims: 1, detached: 1 });
    return write.node(op, [best, zero]);
  };
  const [high, low] = [extreme("Max"), extreme("Min")];
  // Where there is nothing but zeros, the smallest step will do.
  const distance = write.node("Max", [write.node("Sub", [high, low]), write.floats([], [1e-30])]);
  const scale = write.node("Div", [distance, write.floats([], [255])]);
  const byte = { step: 1, low: 0, high: 255 };
  const lowest = write.node("Neg", [write.node("Div", [low, scale])]);
  const point = write.node("Quantize", [lowest], byte);
  const whole = write.node("Quantize", [write.node("Div", [x, scale])], {
    ...{ step: 1, low: -3e38, high: 3e38 },
  });
  const y = write.node("Quantize", [write.node("Add", [whole, point])], byte);
  const scalar = (name: string) =>
    rank === 0 ? name : write.node("Reshape", [name, write.integers([1])]);
  return [y, scalar(scale), scalar(point)];
};

/** The real values of input k, whose scale and zero point follow it. */
function real(node: Node, write: Writing, k: number, axis = 0): string {
  const [x = "", scale = "", zero = ""] = node.inputs.slice(k, k + 3);
  return write.node("DequantizeLinear", zero ? [x, scale, zero] : [x, scale], { axis });
}

/** An operator on integers: on real values, and back to integers of the scale and zero point at input k. */
function rounded(node: Node, write: Writing, y: string, k: number): string {
  const [scale = "", zero = ""] = node.inputs.slice(k, k + 2);
  return write.node("QuantizeLinear", zero ? [y, scale, zero] : [y, scale]);
}

/** The bias of input k, in steps of the product of two scales. */
function bias(node: Node, write: Writing, k: number): string[] {
  if (!node.inputs[k]) return [];
  const scales = [inputOf(node, 1), inputOf(node, 4)];
  const step = write.node("Mul", scales);
  return [write.node("DequantizeLinear", [inputOf(node, k), step], { axis: 0 })];
}

const convolution: Composition = (node, write) => {
  const inputs = [real(node, write, 0), real(node, write, 3), ...bias(node, write, 8)];
  return rounded(node, write, write.node("Conv", inputs, node.attributes), 6);
};

const product: Composition = (node, write) => {
  const columns = Math.max(0, write.shape(3).length - 1);
  const inputs = [real(node, write, 0), real(node, write, 3, columns)];
  return rounded(node, write, write.node("MatMul", inputs), 6);
};

/** onnxruntime's Gemm; without a scale for its output, that is real. */
const gemm: Composition = (node, write) => {
  const columns = numberOf(node, "transB", 0) ? 0 : 1;
  const inputs = [real(node, write, 0), real(node, write, 3, columns), ...bias(node, write, 6)];
  const y = write.node("Gemm", inputs, { ...node.attributes, beta: 1 });
  return node.inputs[7] ? rounded(node, write, y, 7) : y;
};

/** One of onnxruntime's operators: `count` tensors, each with its scale and zero point, then those of the result. */
const around =
  (op: string, count: number): Composition =>
  (node, write) => {
    if (numberOf(node, "channels_last", 0)) {
      throw nodeError(
        node,
        "channels_last is not supported: quantize the model in ONNX's own order",
      );
    }
    const inputs = Array.from({ length: count }, (_, i) => real(node, write, 3 * i));
    return rounded(node, write, write.node(op, inputs, node.attributes), 3 * count);
  };

/** onnxruntime's Concat: the result's scale and zero point come first. */
const concat: Composition = (node, write) => {
  const count = Math.floor((node.inputs.length - 2) / 3);
  const inputs = Array.from({ length: count }, (_, i) => real(node, write, 2 + 3 * i));
  return rounded(node, write, write.node("Concat", inputs, node.attributes), 0);
};

/** x − zero point, of both operands, whose zero points are inputs 2 and 3. */
const integers =
  (op: "Conv" | "MatMul"): Composition =>
  (node, write) => {
    const centered = [0, 1].map((k) => {
      const x = write.node("Cast", [inputOf(node, k)], { to: 1 });
      const zero = node.inputs[2 + k];
      if (!zero || write.constant(2 + k)?.data.every((z) => z === 0)) return x;
      const point = write.constant(2 + k);
      return write.node("Sub", [x, point ? points(op, k, point, write) : zero]);
    });
    return write.node(op, centered, node.attributes);
  };

/** Zero points as an operand: one, or one for each filter, each row of the first or each column of the second matrix. */
function points(op: "Conv" | "MatMul", k: number, { shape, data }: Constant, write: Writing) {
  if (data.length === 1) return write.floats([], data);
  if (op === "Conv")
    return write.floats(
      [
        data.length,
        ...write
          .shape(1)
          .slice(1)
          .map(() => 1),
      ],
      data,
    );
  if (shape.length > 1) return write.floats(shape, data);
  return write.floats(k === 0 ? [data.length, 1] : [1, data.length], data);
}

/** By operator; those with a prefix are onnxruntime's own. */
export const quantization: Readonly<Record<string, Composition>> = {
  ConvInteger: integers("Conv"),
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: quantizeDynamically,
  MatMulInteger: integers("MatMul"),
  QLinearConv: convolution,
  QLinearMatMul: product,
  QuantizeLinear: quantize,
  "com.microsoft::DequantizeLinear": dequantize,
  "com.microsoft::QGemm": gemm,
  "com.microsoft::QLinearAdd": around("Add", 2),
  "com.microsoft::QLinearAveragePool": around("AveragePool", 1),
  "com.microsoft::QLinearConcat": concat,
  "com.microsoft::QLinearGlobalAveragePool": around("GlobalAveragePool", 1),
  "com.microsoft::QLinearLeakyRelu": around("LeakyRelu", 1),
  "com.microsoft::QLinearMul": around("Mul", 2),
  "com.microsoft::QLinearSigmoid": around("Sigmoid", 1),
  "com.microsoft::QLinearSoftmax": around("Softmax", 1),
  "com.microsoft::QuantizeLinear": quantize,
};
