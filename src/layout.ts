// Arithmetic on layouts: how many vec4s a tensor takes and in which order its positions run.

import type { Layout, Shape } from "./types.js";

/** Number of elements of a shape. */
export function elements(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Length of the channel axis; 1 for a scalar. */
export function channels(layout: Layout): number {
  return layout.shape[layout.channel] ?? 1;
}

/** Number of channel quads, C / 4 rounded up. */
export function quads(layout: Layout): number {
  return Math.ceil(channels(layout) / 4);
}

/** Number of positions: the product of all axes but the channel axis. */
export function positions(layout: Layout): number {
  return layout.shape.reduce(
    (product, n, axis) => (axis === layout.channel ? product : product * n),
    1,
  );
}

/** Number of vec4s of one sample. */
export function vec4s(layout: Layout): number {
  return quads(layout) * positions(layout);
}

/** Steps in floats from an element to the next along each axis, within one channel lane. */
export function strides(layout: Layout): number[] {
  const result = new Array<number>(layout.shape.length).fill(0);
  let stride = 4;
  for (let axis = layout.shape.length - 1; axis >= 0; axis--) {
    if (axis === layout.channel) continue;
    result[axis] = stride;
    stride *= layout.shape[axis] as number;
  }
  return result;
}

/** For every element in row-major order, its place in floats within a sample. */
export function places(layout: Layout): Uint32Array {
  const { shape, channel } = layout;
  const result = new Uint32Array(elements(shape));
  const step = strides(layout);
  const quad = positions(layout) * 4;
  const index = new Array<number>(shape.length).fill(0);
  for (let e = 0; e < result.length; e++) {
    let place = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      const i = index[axis] as number;
      place += axis === channel ? (i >> 2) * quad + (i & 3) : i * (step[axis] as number);
    }
    result[e] = place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return result;
}

/** Height and width of a tensor with channels on axis 1: [N,C,H,W], or [N,C,L] as one row of L. */
export function plane(layout: Layout): { height: number; width: number } {
  const [, , a = 1, b] = layout.shape;
  return b === undefined ? { height: 1, width: a } : { height: a, width: b };
}
