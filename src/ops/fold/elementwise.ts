// Functions of one, two and three numbers, element by element, with broadcasting.

import type { Constant, ElementType } from "../../tensor/types.js";
import { nodeError, numberOf } from "../attributes.js";
import { broadcast, broadcastPlaces } from "../broadcast.js";
import type { Node } from "../types.js";
import { constant, type Fold, isFloat, size } from "./tensor.js";

const truth = (value: boolean): number => (value ? 1 : 0);

/** To the nearest whole number, halves to the even one. */
export function roundToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  Abs: Math.abs,
  Ceil: Math.ceil,
  Cos: Math.cos,
  Exp: Math.exp,
  Floor: Math.floor,
  Identity: (x) => x,
  Log: Math.log,
  Neg: (x) => -x,
  Reciprocal: (x) => 1 / x,
  Relu: (x) => Math.max(x, 0),
  Round: roundToEven,
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Sign: Math.sign,
  Sin: Math.sin,
  Softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  Sqrt: Math.sqrt,
  Tanh: Math.tanh,
};

const BINARY: Readonly<Record<string, (x: number, y: number) => number>> = {
  Add: (x, y) => x + y,
  Max: Math.max,
  Min: Math.min,
  Mul: (x, y) => x * y,
  PRelu: (x, y) => (x < 0 ? x * y : x),
  Pow: (x, y) => x ** y,
  Sub: (x, y) => x - y,
  Sum: (x, y) => x + y,
};

const TESTS: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  And: (x, y) => x !== 0 && y !== 0,
  Equal: (x, y) => x === y,
  Greater: (x, y) => x > y,
  GreaterOrEqual: (x, y) => x >= y,
  Less: (x, y) => x < y,
  LessOrEqual: (x, y) => x <= y,
  Or: (x, y) => x !== 0 || y !== 0,
  Xor: (x, y) => (x !== 0) !== (y !== 0),
};

function combine(
  node: Node,
  type: ElementType,
  inputs: readonly Constant[],
  f: (...values: number[]) => number,
): Constant {
  const shape = broadcast(node, ...inputs.map((input) => input.shape));
  const values = new Float64Array(size(node, shape));
  const from = inputs.map((input) => broadcastPlaces(input.shape, shape));
  for (let e = 0; e < values.length; e++) {
    values[e] = f(...inputs.map((input, k) => input.data[from[k]?.[e] as number] as number));
  }
  return constant(type, shape, values);
}

/** Any number of inputs from the left: Max and Sum take more than two. */
function chain(f: (x: number, y: number) => number): Fold {
  return (node, first, ...rest) => {
    const { type } = first as Constant;
    return rest.reduce((x, y) => combine(node, type, [x, y], f as never), first as Constant);
  };
}

const divide: Fold = (node, a, b) => {
  const { type } = a as Constant;
  return combine(node, type, [a as Constant, b as Constant], (x, y) => {
    if (isFloat(type)) return (x as number) / (y as number);
    if (y === 0) throw nodeError(node, `it divides ${type} by zero`);
    return Math.trunc((x as number) / (y as number));
  });
};

/** The sign of a remainder is that of the divisor, or with fmod that of the dividend. */
const mod: Fold = (node, a, b) => {
  const { type } = a as Constant;
  const plain = numberOf(node, "fmod", 0) !== 0;
  return combine(node, type, [a as Constant, b as Constant], (x = 0, y = 0) => {
    if (y === 0 && !isFloat(type)) throw nodeError(node, `it divides ${type} by zero`);
    const rest = x % y;
    return plain || rest === 0 || rest < 0 === y < 0 ? rest : rest + y;
  });
};

// By ONNX's numbers for element types.
const TYPES: Readonly<Record<number, ElementType>> = {
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

/** The element type that a Cast node casts to. */
export function castType(node: Node): ElementType {
  const to = numberOf(node, "to", 1);
  const type = TYPES[to];
  if (!type) throw nodeError(node, `element type number ${to} is not supported`);
  return type;
}

function cast(x: Constant, type: ElementType): Constant {
  if (isFloat(type)) return constant(type, x.shape, x.data);
  const f = type === "bool" ? (v: number) => truth(v !== 0) : Math.trunc;
  return constant(type, x.shape, Array.from(x.data, f));
}

/** Folding rules by operator. */
export const elementwise: Readonly<Record<string, Fold>> = {
  ...Object.fromEntries(
    Object.entries(UNARY).map(([op, f]): [string, Fold] => [
      op,
      (_node, x) => constant((x as Constant).type, (x as Constant).shape, x!.data.map(f)),
    ]),
  ),
  ...Object.fromEntries(Object.entries(BINARY).map(([op, f]): [string, Fold] => [op, chain(f)])),
  ...Object.fromEntries(
    Object.entries(TESTS).map(([op, f]): [string, Fold] => [
      op,
      (node, ...inputs) => combine(node, "bool", inputs, (x = 0, y = 0) => truth(f(x, y))),
    ]),
  ),
  Cast: (node, x) => cast(x as Constant, castType(node)),
  CastLike: (_node, x, like) => cast(x as Constant, (like as Constant).type),
  Clip: (node, x, low, high) => {
    const { type, shape, data } = x as Constant;
    const least = low?.data[0] ?? numberOf(node, "min", Number.NEGATIVE_INFINITY);
    const most = high?.data[0] ?? numberOf(node, "max", Number.POSITIVE_INFINITY);
    return constant(
      type,
      shape,
      data.map((v) => Math.min(Math.max(v, least), most)),
    );
  },
  Div: divide,
  IsInf: (_node, x) =>
    constant(
      "bool",
      x!.shape,
      x!.data.map((v) => truth(Math.abs(v) === Number.POSITIVE_INFINITY)),
    ),
  IsNaN: (_node, x) =>
    constant(
      "bool",
      x!.shape,
      x!.data.map((v) => truth(Number.isNaN(v))),
    ),
  Mean: (node, ...inputs) => {
    const sum = chain((x, y) => x + y)(node, ...inputs) as Constant;
    return constant(
      sum.type,
      sum.shape,
      sum.data.map((v) => v / inputs.length),
    );
  },
  Mod: mod,
  Not: (_node, x) =>
    constant(
      "bool",
      x!.shape,
      x!.data.map((v) => truth(v === 0)),
    ),
  Where: (node, condition, x, y) =>
    combine(node, x!.type, [condition as Constant, x as Constant, y as Constant], (c, a, b) =>
      c ? (a as number) : (b as number),
    ),
};
