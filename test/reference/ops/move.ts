// Operators that only move numbers: y[j] = x[from[j]], or a fixed value where from[j] is −1. The gradient moves
// back along the same arrows. Concat has several inputs and is the same with the arrows turned around.

import type { Shape as Lengths } from "../../../src/tensor/types.js";
import {
  type Call,
  positionsOf,
  positiveAxis,
  sizeOf,
  stridesOf,
  type Twin,
  tensor,
} from "../twin.js";
import { given, number, numbers, text } from "./attributes.js";

interface Move {
  readonly shape: Lengths;
  /** In order where left out. */
  readonly from?: ArrayLike<number>;
  readonly value?: number;
}

/** A twin from what its operator moves. */
export function moving(moveOf: (call: Call) => Move): Twin {
  return {
    forward(call) {
      const { data } = call.inputs[0];
      const { shape, from, value = 0 } = moveOf(call);
      if (!from) return [tensor(shape, data)];
      return [
        tensor(
          shape,
          Float64Array.from(from, (i) => (i < 0 ? value : data[i]!)),
        ),
      ];
    },
    backward(call, [dy]) {
      const { from } = moveOf(call);
      if (!from) return [dy];
      const dx = new Float64Array(call.inputs[0].data.length);
      dy!.forEach((d, j) => {
        if (from[j]! >= 0) dx[from[j]!]! += d;
      });
      return [dx];
    },
  };
}

// The arrows of a move that treats every axis by itself; −1 along any axis is −1.
function axisByAxis(x: Lengths, shape: Lengths, source: (axis: number, index: number) => number) {
  const strides = stridesOf(x);
  return positionsOf(shape).map((position) => {
    const sources = position.map((index, axis) => source(axis, index));
    if (sources.includes(-1)) return -1;
    return sources.reduce((sum, index, axis) => sum + index * strides[axis]!, 0);
  });
}

/** Two axes: those before `axis` and the others. */
export const Flatten = moving(({ node, inputs: [x] }) => {
  const axis = positiveAxis(number(node, "axis", 1), x.shape.length);
  return { shape: [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))] };
});

/** The same elements in another shape; 0 keeps a length (unless allowzero), −1 takes what is left. */
export const Reshape = moving(({ node, inputs: [x, lengths] }) => {
  const kept = number(node, "allowzero", 0) === 0;
  const shape = Array.from(lengths!.data, (length, axis) =>
    length === 0 && kept ? x.shape[axis]! : length,
  );
  const rest = shape.indexOf(-1);
  if (rest >= 0) shape[rest] = x.data.length / -sizeOf(shape);
  return { shape };
});

/** The lengths of the axes, or of those from `start` to `end`; they do not change with what x holds. */
export const Shape: Twin = {
  forward({ node, inputs: [x] }) {
    const lengths = x.shape.slice(number(node, "start", 0), number(node, "end", x.shape.length));
    return [tensor([lengths.length], Float64Array.from(lengths))];
  },
  backward: ({ inputs: [x] }) => [new Float64Array(x.data.length)],
};

/** One value, in a shape that is not known before x is. */
export const ConstantOfShape: Twin = {
  forward: ({ node, inputs: [x] }) => {
    const shape = [...x.data];
    const { data = [0] } = (node.attributes.value ?? {}) as { data?: ArrayLike<number> };
    return [tensor(shape, new Float64Array(sizeOf(shape)).fill(data[0]!))];
  },
  backward: ({ inputs: [x] }) => [new Float64Array(x.data.length)],
};

/** How many elements x has. */
export const Size: Twin = {
  forward: ({ inputs: [x] }) => [tensor([], Float64Array.of(x.data.length))],
  backward: ({ inputs: [x] }) => [new Float64Array(x.data.length)],
};

/** x without axes of length 1: those named, or all. */
export const Squeeze = moving(({ node, inputs: [x, axes] }) => {
  const named = given(node, "axes", axes)?.map((axis) => positiveAxis(axis, x.shape.length));
  return { shape: x.shape.filter((length, a) => (named ? !named.includes(a) : length !== 1)) };
});

/** x with axes of length 1 put in. */
export const Unsqueeze = moving(({ node, inputs: [x, axes] }) => {
  const asked = given(node, "axes", axes)!;
  const rank = x.shape.length + asked.length;
  const named = asked.map((axis) => positiveAxis(axis, rank));
  const rest = [...x.shape];
  return { shape: Array.from({ length: rank }, (_, a) => (named.includes(a) ? 1 : rest.shift()!)) };
});

/** Axis a of y is axis perm[a] of x; reversed where there is no perm. */
export const Transpose = moving(({ node, inputs: [x] }) => {
  const perm = numbers(node, "perm") ?? x.shape.map((_, axis) => axis).reverse();
  const strides = stridesOf(x.shape);
  const shape = perm.map((axis) => x.shape[axis]!);
  const from = positionsOf(shape).map((position) =>
    position.reduce((sum, index, axis) => sum + index * strides[perm[axis]!]!, 0),
  );
  return { shape, from };
});

// The element of x under element `index` of an axis that was padded; −1 for the constant.
const padding: Record<string, (index: number, length: number) => number> = {
  constant: (index, length) => (index >= 0 && index < length ? index : -1),
  edge: (index, length) => Math.min(Math.max(index, 0), length - 1),
  reflect(index, length) {
    const last = length - 1;
    return last - Math.abs(last - Math.abs(index));
  },
};

/** x with a margin, which a negative number of elements cuts off instead. */
export const Pad = moving(({ node, inputs: [x, amounts, value, named] }) => {
  const pads = given(node, "pads", amounts)!;
  const rank = x.shape.length;
  const axes = named ? Array.from(named.data) : x.shape.map((_, axis) => axis);
  const begin = x.shape.map(() => 0);
  const end = x.shape.map(() => 0);
  axes.forEach((name, a) => {
    begin[positiveAxis(name, rank)] = pads[a]!;
    end[positiveAxis(name, rank)] = pads[axes.length + a]!;
  });
  const shape = x.shape.map((length, axis) => begin[axis]! + length + end[axis]!);
  const source = padding[text(node, "mode", "constant")]!;
  return {
    shape,
    from: axisByAxis(x.shape, shape, (axis, index) => source(index - begin[axis]!, x.shape[axis]!)),
    value: value?.data[0] ?? number(node, "value", 0),
  };
});

// First element and number of elements of numpy's start:end:step.
function range(length: number, start: number, end: number, step: number) {
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (index: number) =>
    Math.min(Math.max(index < 0 ? index + length : index, low), high);
  return { first: clamp(start), count: Math.max(0, Math.ceil((clamp(end) - clamp(start)) / step)) };
}

/** x[start:end:step] along some axes, with numpy's meaning of negative numbers. */
export const Slice = moving(({ node, inputs: [x, starts, ends, axes, steps] }) => {
  const start = given(node, "starts", starts)!;
  const end = given(node, "ends", ends)!;
  const named = given(node, "axes", axes) ?? start.map((_, axis) => axis);
  const shape = [...x.shape];
  const first = x.shape.map(() => 0);
  const step = x.shape.map(() => 1);
  named.forEach((name, s) => {
    const axis = positiveAxis(name, x.shape.length);
    step[axis] = steps?.data[s] ?? 1;
    const { first: begin, count } = range(x.shape[axis]!, start[s]!, end[s]!, step[axis]!);
    first[axis] = begin;
    shape[axis] = count;
  });
  const from = axisByAxis(x.shape, shape, (axis, index) => first[axis]! + index * step[axis]!);
  return { shape, from };
});

// For each input, where each of its elements goes in y.
function concatOf({ node, inputs }: Call) {
  const parts = inputs.map((input) => input!.shape);
  const axis = positiveAxis(number(node, "axis", 1), parts[0]!.length);
  const shape = [...parts[0]!];
  shape[axis] = parts.reduce((sum, part) => sum + part[axis]!, 0);
  const strides = stridesOf(shape);
  let start = 0;
  const places = parts.map((part) => {
    const offset = start * strides[axis]!;
    start += part[axis]!;
    return positionsOf(part).map((position) =>
      position.reduce((sum, index, a) => sum + index * strides[a]!, offset),
    );
  });
  return { shape, places };
}

/** All inputs one after the other along an axis. */
export const Concat: Twin = {
  forward(call) {
    const { shape, places } = concatOf(call);
    const y = tensor(shape);
    places.forEach((to, p) => {
      to.forEach((j, i) => {
        y.data[j] = call.inputs[p]!.data[i]!;
      });
    });
    return [y];
  },
  backward(call, [dy]) {
    return concatOf(call).places.map((to) => Float64Array.from(to, (j) => dy![j]!));
  },
};
