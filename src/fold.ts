// Computes nodes whose inputs are all constant, when the model is loaded: the shape arithmetic that exporters
// write around a Reshape, and whatever else does not depend on the image.

import { elements } from "./layout.js";
import { broadcast } from "./ops/arithmetic.js";
import { axisOf, nodeError, numberOf } from "./ops/attributes.js";
import { ops } from "./ops/index.js";
import type { Constant, ElementType, Layout, Node, Shape } from "./types.js";

const FLOATS: readonly ElementType[] = ["float32", "float16", "bfloat16", "float64"];

function constant(type: ElementType, shape: Shape, values: ArrayLike<number>): Constant {
  const data = FLOATS.includes(type) ? Float32Array.from(values) : Float64Array.from(values);
  return { type, shape, data };
}

function binary(
  node: Node,
  a: Constant,
  b: Constant,
  f: (x: number, y: number) => number,
): Constant {
  const shape = broadcast(node, a.shape, b.shape);
  const values = new Float64Array(elements(shape));
  const index = new Array<number>(shape.length).fill(0);
  const at = (c: Constant) => {
    let place = 0;
    c.shape.forEach((n, axis) => {
      place = place * n + (n === 1 ? 0 : (index[axis + shape.length - c.shape.length] as number));
    });
    return c.data[place] as number;
  };
  for (let e = 0; e < values.length; e++) {
    values[e] = f(at(a), at(b));
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return constant(a.type, shape, values);
}

function gather(node: Node, x: Constant, indices: Constant): Constant {
  const axis = axisOf(node, numberOf(node, "axis", 0), x.shape.length);
  const length = x.shape[axis] as number;
  const inner = elements(x.shape.slice(axis + 1));
  const outer = elements(x.shape.slice(0, axis));
  const values: number[] = [];
  for (let o = 0; o < outer; o++) {
    for (const i of indices.data) {
      const k = i < 0 ? i + length : i;
      if (!(k >= 0 && k < length))
        throw nodeError(node, `index ${i} is outside an axis of ${length}`);
      for (let j = 0; j < inner; j++) values.push(x.data[(o * length + k) * inner + j] as number);
    }
  }
  return constant(
    x.type,
    [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
    values,
  );
}

function concat(node: Node, parts: readonly Constant[]): Constant {
  const [first] = parts as [Constant];
  const axis = axisOf(node, numberOf(node, "axis", 0), first.shape.length);
  const shape = [...first.shape];
  shape[axis] = parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
  const values: number[] = [];
  const outer = elements(shape.slice(0, axis));
  for (let o = 0; o < outer; o++) {
    for (const part of parts) {
      const chunk = part.data.length / outer;
      for (let j = 0; j < chunk; j++) values.push(part.data[o * chunk + j] as number);
    }
  }
  return constant(first.type, shape, values);
}

// By ONNX's numbers for element types.
const CAST: Readonly<Record<number, ElementType>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
  16: "bfloat16",
};

function cast(node: Node, x: Constant): Constant {
  const type = CAST[numberOf(node, "to", 1)];
  if (!type)
    throw nodeError(
      node,
      `it casts to an element type (${numberOf(node, "to", 1)}) that is not supported`,
    );
  if (FLOATS.includes(type)) return constant(type, x.shape, x.data);
  return constant(
    type,
    x.shape,
    Array.from(x.data, type === "bool" ? (v) => (v ? 1 : 0) : Math.trunc),
  );
}

/** Moves a constant's elements as the operator of that name would move a tensor's. */
function moved(node: Node, x: Constant, constants: ReadonlyMap<string, Constant>): Constant[] {
  const op = ops[node.op];
  const input: Layout = { shape: x.shape, channel: 0 };
  const outputs = op?.infer(node, [input], constants) ?? [];
  return outputs.map((output, k) => {
    const from = op?.moves?.(node, k, input, output, constants) ?? new Int32Array();
    return constant(
      x.type,
      output.shape,
      Array.from(from, (e) => (e < 0 ? 0 : (x.data[e] as number))),
    );
  });
}

const integer = (node: Node, a: Constant, b: Constant, x: number, y: number): number => {
  if (y === 0 && !FLOATS.includes(a.type)) throw nodeError(node, `it divides ${b.type} by zero`);
  return FLOATS.includes(a.type) ? x / y : Math.trunc(x / y);
};

type Fold = (node: Node, inputs: readonly Constant[]) => Constant;

const folds: Readonly<Record<string, Fold>> = {
  Add: (node, [a, b]) => binary(node, a as Constant, b as Constant, (x, y) => x + y),
  Sub: (node, [a, b]) => binary(node, a as Constant, b as Constant, (x, y) => x - y),
  Mul: (node, [a, b]) => binary(node, a as Constant, b as Constant, (x, y) => x * y),
  Div: (node, [a, b]) =>
    binary(node, a as Constant, b as Constant, (x, y) =>
      integer(node, a as Constant, b as Constant, x, y),
    ),
  Gather: (node, [x, indices]) => gather(node, x as Constant, indices as Constant),
  Concat: concat,
  Cast: (node, [x]) => cast(node, x as Constant),
  ConstantOfShape(node, [shape]) {
    const value = node.attributes.value as Constant | undefined;
    const size = elements(Array.from((shape as Constant).data));
    if (size > 1e8) throw nodeError(node, `it asks for ${size} elements`);
    return constant(
      value?.type ?? "float32",
      Array.from((shape as Constant).data),
      new Array<number>(size).fill(value?.data[0] ?? 0),
    );
  },
  Range(node, [start, limit, delta]) {
    const [from, to, step] = [start, limit, delta].map((c) => c?.data[0]) as [
      number,
      number,
      number,
    ];
    const count = Math.max(0, Math.ceil((to - from) / step));
    if (!(count <= 1e8)) throw nodeError(node, `it counts from ${from} to ${to} by ${step}`);
    return constant(
      (start as Constant).type,
      [count],
      Array.from({ length: count }, (_, i) => from + i * step),
    );
  },
};

/** True if a node of this kind can be computed at load once its inputs are known. */
export function canFold(node: Node): boolean {
  return node.op in folds || node.op === "Shape" || ops[node.op]?.moves !== undefined;
}

/** The outputs of a node all of whose inputs are constant. */
export function fold(node: Node, constants: ReadonlyMap<string, Constant>): Constant[] {
  const inputs = node.inputs.map((name) => constants.get(name));
  const [first] = inputs;
  if (node.op === "Shape") return [shapeOf(node, (first as Constant).shape)];
  const rule = folds[node.op];
  if (rule)
    return [
      rule(
        node,
        inputs.filter((c): c is Constant => c !== undefined),
      ),
    ];
  if (!first) throw nodeError(node, "its input is missing");
  return moved(node, first, constants);
}

/** What a Shape node gives for a tensor of this shape. */
export function shapeOf(node: Node, shape: Shape): Constant {
  const start = numberOf(node, "start", 0);
  const end =
    node.attributes.end === undefined ? shape.length : numberOf(node, "end", shape.length);
  const part = shape.slice(start, end);
  return { type: "int64", shape: [part.length], data: Float64Array.from(part) };
}
