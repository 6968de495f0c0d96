// What a twin is: an operator's forward pass and, beside it, its backward pass, in scalar float64. Twins are
// the truth the kernels are tested against, so each is the formula as a loop and nothing faster. They share no
// code with src/. Names: x, w, b what goes in, y what comes out, dy and dx the gradients of the same.

import type { Node } from "../../src/ops/types.js";
import type { ElementType, Shape } from "../../src/tensor/types.js";

/** Numbers in row-major order; integers and booleans are float64 too. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float64Array;
  /** Of a constant: what it is in the file. */
  readonly type?: ElementType;
}

/** One node and what goes into it; an absent optional input is undefined. */
export interface Call {
  readonly node: Node;
  readonly opset: number;
  readonly inputs: readonly [Tensor, ...(Tensor | undefined)[]];
  /** What goes into it for the baseline, where there is one. */
  readonly baseline?: readonly [Tensor, ...(Tensor | undefined)[]];
}

/** From the gradients of the outputs to those of the inputs; undefined for an input that has none. */
export type Backward = (
  call: Call,
  dy: readonly Float64Array[],
) => readonly (Float64Array | undefined)[];

/** One operator. */
export interface Twin {
  readonly forward: (call: Call) => readonly Tensor[];
  /** The gradient. */
  readonly backward: Backward;
  /** Other backward passes, by the name of their rule. */
  readonly rules?: Readonly<Record<string, Backward>>;
}

/** The number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** A tensor of zeros, or of the data given. */
export function tensor(shape: Shape, data: Float64Array = new Float64Array(sizeOf(shape))): Tensor {
  return { shape, data };
}

/** The distance between neighbors along each axis. */
export function stridesOf(shape: Shape): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** The index along each axis of every element, in order. */
export function positionsOf(shape: Shape): number[][] {
  const strides = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, flat) =>
    shape.map((length, axis) => Math.floor(flat / strides[axis]!) % length),
  );
}

/** Counts an axis from the front. */
export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
