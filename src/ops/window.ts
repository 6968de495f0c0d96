// The geometry that convolutions and pools share: kernel, stride, dilation and padding, and the size of the
// result by ONNX's rules (auto_pad, ceil_mode).

import type { Shape } from "../tensor/types.js";
import { nodeError, numberOf, numbersOf, stringOf } from "./attributes.js";
import type { Node } from "./types.js";

/** A window that slides over rows and columns; one-dimensional tensors have one row. */
export interface Window {
  readonly kernel: readonly [rows: number, columns: number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Padding before the first row and column, and behind the last. */
  readonly before: readonly [number, number];
  readonly after: readonly [number, number];
  /** Sizes of the plane that it slides over, and of the result. */
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
}

function pair(
  node: Node,
  name: string,
  axes: number,
  otherwise: readonly number[],
): [number, number] {
  const list = numbersOf(node, name, otherwise);
  if (list.length !== axes) {
    throw nodeError(node, `its ${name} [${list}] should have ${axes} numbers, one for each axis`);
  }
  return axes === 1
    ? [name === "pads" ? 0 : 1, list[0] as number]
    : [list[0] as number, list[1] as number];
}

/** The window of a Conv or pool node on an input of this shape; `kernel` as the weights or attribute say. */
export function windowOf(node: Node, shape: Shape, kernelShape: readonly number[]): Window {
  const axes = shape.length - 2;
  if (axes !== 1 && axes !== 2) {
    throw nodeError(
      node,
      `its input [${shape}] has ${axes} spatial axes; only 1 and 2 are supported`,
    );
  }
  const ones = new Array<number>(axes).fill(1);
  const zeros = new Array<number>(2 * axes).fill(0);
  if (kernelShape.length !== axes) {
    throw nodeError(node, `its kernel [${kernelShape}] does not fit the input [${shape}]`);
  }
  const kernel: [number, number] =
    axes === 1
      ? [1, kernelShape[0] as number]
      : [kernelShape[0] as number, kernelShape[1] as number];
  const stride = pair(node, "strides", axes, ones);
  const dilation = pair(node, "dilations", axes, ones);
  if ([...kernel, ...stride, ...dilation].some((v) => !(v >= 1))) {
    throw nodeError(node, "kernel, strides and dilations must be at least 1");
  }
  const pads = numbersOf(node, "pads", zeros);
  if (pads.length !== 2 * axes || pads.some((v) => v < 0)) {
    throw nodeError(node, `its pads [${pads}] should be ${2 * axes} numbers, none below 0`);
  }
  let before: [number, number] =
    axes === 1 ? [0, pads[0] as number] : [pads[0] as number, pads[1] as number];
  let after: [number, number] =
    axes === 1 ? [0, pads[1] as number] : [pads[2] as number, pads[3] as number];
  const input: [number, number] =
    axes === 1 ? [1, shape[2] as number] : [shape[2] as number, shape[3] as number];
  const reach = kernel.map((k, i) => (k - 1) * (dilation[i] as number) + 1) as [number, number];
  const autoPad = stringOf(node, "auto_pad", "NOTSET");
  if (autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER") {
    const total = input.map((n, i) => {
      const s = stride[i] as number;
      return Math.max((Math.ceil(n / s) - 1) * s + (reach[i] as number) - n, 0);
    }) as [number, number];
    const less = total.map((t) => Math.floor(t / 2)) as [number, number];
    const more = total.map((t) => Math.ceil(t / 2)) as [number, number];
    [before, after] = autoPad === "SAME_UPPER" ? [less, more] : [more, less];
  } else if (autoPad === "VALID") {
    before = [0, 0];
    after = [0, 0];
  } else if (autoPad !== "NOTSET") {
    throw nodeError(
      node,
      `its auto_pad is "${autoPad}"; known are NOTSET, SAME_UPPER, SAME_LOWER, VALID`,
    );
  }
  const ceil = numberOf(node, "ceil_mode", 0) !== 0;
  const output = input.map((n, i) => {
    const s = stride[i] as number;
    const room = n + (before[i] as number) + (after[i] as number) - (reach[i] as number);
    let count = (ceil ? Math.ceil(room / s) : Math.floor(room / s)) + 1;
    // A window rounded up must still begin inside the input or the padding before it.
    if (ceil && (count - 1) * s >= n + (before[i] as number)) count--;
    if (!(count >= 1)) {
      throw nodeError(node, `its window of ${reach} does not fit into the input [${shape}]`);
    }
    return count;
  }) as [number, number];
  return { kernel, stride, dilation, before, after, input, output };
}

/** The shape of the result: batch, channels, and the spatial axes the input has. */
export function windowShape(shape: Shape, channels: number, window: Window): number[] {
  const spatial = shape.length === 3 ? [window.output[1]] : [...window.output];
  return [shape[0] as number, channels, ...spatial];
}

/** The window of a convolution of 1 × 1 over a plane of this size. */
export function pointwise(plane: readonly [number, number]): Window {
  const [one, none] = [[1, 1] as const, [0, 0] as const];
  const still = { kernel: one, stride: one, dilation: one, before: none, after: none };
  return { ...still, input: plane, output: plane };
}
