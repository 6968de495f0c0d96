// Constants that are made of a few numbers, or put together.

import { elements } from "../../tensor/layout.js";
import type { Constant } from "../../tensor/types.js";
import { axisOf, nodeError, numberOf } from "../attributes.js";
import { broadcast, broadcastPlaces } from "../broadcast.js";
import { castType } from "./elementwise.js";
import { constant, type Fold, size } from "./tensor.js";

const concat: Fold = (node, ...parts) => {
  const [first] = parts as [Constant];
  const axis = axisOf(node, numberOf(node, "axis", 1), first.shape.length);
  const isLike = ({ shape }: Constant) =>
    shape.length === first.shape.length &&
    shape.every((n, k) => k === axis || n === first.shape[k]);
  if (!parts.every(isLike)) {
    throw nodeError(
      node,
      `shapes ${parts.map(({ shape }) => `[${shape}]`).join(" and ")} do not fit`,
    );
  }
  const shape = [...first.shape];
  shape[axis] = parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
  const values = new Float64Array(size(node, shape));
  const outer = elements(shape.slice(0, axis));
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const { data } of parts) {
      const chunk = data.length / outer;
      values.set(data.subarray(o * chunk, (o + 1) * chunk), to);
      to += chunk;
    }
  }
  return constant(first.type, shape, values);
};

const constantOfShape: Fold = (node, lengths) => {
  const value = node.attributes.value as Constant | undefined;
  const shape = Array.from((lengths as Constant).data);
  const values = new Float64Array(size(node, shape)).fill(value?.data[0] ?? 0);
  return constant(value?.type ?? "float32", shape, values);
};

const range: Fold = (node, ...inputs) => {
  const [from, to, step] = inputs.map(({ data }) => data[0]) as [number, number, number];
  const count = Math.max(0, Math.ceil((to - from) / step));
  const values = Float64Array.from({ length: size(node, [count]) }, (_, i) => from + i * step);
  return constant(inputs[0]!.type, [count], values);
};

/** The indices of all elements that are not zero, one column for each. */
const nonZero: Fold = (_node, x) => {
  const { shape, data } = x as Constant;
  const found = Array.from(data.keys()).filter((e) => data[e] !== 0);
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  const rows = shape.map((n, axis) => found.map((e) => Math.floor(e / strides[axis]!) % n));
  return constant("int64", [shape.length, found.length], rows.flat());
};

/** Keeps the lower or upper triangle of every matrix, zero elsewhere. */
const trilu: Fold = (node, x, k) => {
  const { type, shape, data } = x as Constant;
  const [rows = 1, columns = 1] = shape.slice(-2);
  const upper = numberOf(node, "upper", 1) !== 0;
  const shift = k?.data[0] ?? 0;
  return constant(
    type,
    shape,
    data.map((v, e) => {
      const above = (e % columns) - (Math.floor(e / columns) % rows) - shift;
      return (upper ? above >= 0 : above <= 0) ? v : 0;
    }),
  );
};

const eyeLike: Fold = (node, x) => {
  const { type, shape } = x as Constant;
  const [rows = 1, columns = 1] = shape;
  const shift = numberOf(node, "k", 0);
  const values = Array.from({ length: size(node, [rows, columns]) }, (_, e) =>
    (e % columns) - Math.floor(e / columns) === shift ? 1 : 0,
  );
  return constant(
    "dtype" in node.attributes
      ? castType({ ...node, attributes: { to: node.attributes.dtype! } })
      : type,
    shape,
    values,
  );
};

const oneHot: Fold = (node, indices, depth, values) => {
  const { shape, data } = indices as Constant;
  const length = depth!.data[0] as number;
  const [off = 0, on = 1] = values!.data;
  const axis = axisOf(node, numberOf(node, "axis", -1), shape.length + 1);
  const inner = elements(shape.slice(axis));
  const result = [...shape.slice(0, axis), length, ...shape.slice(axis)];
  const picked = Float64Array.from({ length: size(node, result) }, (_, e) => {
    const at = Math.floor(e / (inner * length)) * inner + (e % inner);
    const index = data[at] as number;
    return (index < 0 ? index + length : index) === Math.floor(e / inner) % length ? on : off;
  });
  return constant(values!.type, result, picked);
};

/** The product of (stacks of) matrices. */
const matMul: Fold = (node, a, b) => {
  const left = a!.shape.length === 1 ? [1, ...a!.shape] : [...a!.shape];
  const right = b!.shape.length === 1 ? [...b!.shape, 1] : [...b!.shape];
  const [rows = 1, sums = 1] = left.slice(-2);
  const [inner = 1, columns = 1] = right.slice(-2);
  if (sums !== inner) throw nodeError(node, `[${a!.shape}] and [${b!.shape}] do not fit`);
  const [over, under] = [left.slice(0, -2), right.slice(0, -2)];
  const stack = broadcast(node, over, under);
  const [ofA, ofB] = [broadcastPlaces(over, stack), broadcastPlaces(under, stack)];
  const values = new Float64Array(size(node, [...stack, rows, columns]));
  for (let e = 0; e < values.length; e++) {
    const s = Math.floor(e / (rows * columns));
    const start = ((ofA[s] as number) * rows + (Math.floor(e / columns) % rows)) * sums;
    const other = (ofB[s] as number) * sums * columns + (e % columns);
    for (let k = 0; k < sums; k++) {
      values[e]! += (a!.data[start + k] as number) * (b!.data[other + k * columns] as number);
    }
  }
  const shape = [
    ...stack,
    ...(a!.shape.length === 1 ? [] : [rows]),
    ...(b!.shape.length === 1 ? [] : [columns]),
  ];
  return constant(a!.type, shape, values);
};

/** Elements of an axis summed up to each, or from each on. */
const cumSum: Fold = (node, x, at) => {
  const { type, shape, data } = x as Constant;
  const axis = axisOf(node, at!.data[0] as number, shape.length);
  const length = shape[axis] ?? 1;
  const inner = elements(shape.slice(axis + 1));
  const [exclusive, reverse] = [numberOf(node, "exclusive", 0), numberOf(node, "reverse", 0)];
  return constant(
    type,
    shape,
    data.map((_, e) => {
      const place = Math.floor(e / inner) % length;
      const start = e - place * inner;
      let sum = 0;
      for (let i = 0; i < length; i++) {
        if (
          reverse
            ? i > place || (!exclusive && i === place)
            : i < place || (!exclusive && i === place)
        )
          sum += data[start + i * inner] as number;
      }
      return sum;
    }),
  );
};

/** Folding rules by operator. */
export const build: Readonly<Record<string, Fold>> = {
  Concat: concat,
  ConstantOfShape: constantOfShape,
  CumSum: cumSum,
  EyeLike: eyeLike,
  MatMul: matMul,
  NonZero: nonZero,
  OneHot: oneHot,
  Range: range,
  Trilu: trilu,
};
