// Arithmetic on layouts: how many vec4s a tensor takes and in which order its positions run.

import type { Layout, Precision, Shape } from "./types.js";

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

/** Bytes of a stored vec4. */
export const VEC4_BYTES: Readonly<Record<Precision, number>> = { single: 16, half: 8 };

/** Words of the mask of one sample: 8 positions × 4 lanes a word, in rows of `width` positions. */
export function maskWords(layout: Layout, width: number): number {
  return quads(layout) * (positions(layout) / width) * Math.ceil(width / 8);
}

/** True if the elements of both layouts, taken in row-major order, lie in the same places; both have as many. */
export function samePlaces(a: Layout, b: Layout): boolean {
  if (channels(a) !== channels(b)) return false;
  const inner = ({ shape, channel }: Layout) => elements(shape.slice(channel + 1));
  return channels(a) === 1 || inner(a) === inner(b);
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

/** Steps from an element to the next along each axis, in row-major order. */
export function rowMajor(shape: Shape): number[] {
  return shape.map((_, axis) => elements(shape.slice(axis + 1)));
}

/**
 * For every index of a shape in row-major order, the sum of what each axis says of its own part of the index;
 * −1 where an axis says −1. Nearly every move of elements is such a sum, which costs no division.
 */
export function sums(shape: Shape, along: (axis: number) => ArrayLike<number>): Int32Array {
  return shape.reduce<Int32Array>((outer, length, axis) => {
    const own = along(axis);
    const result = new Int32Array(outer.length * length);
    for (let o = 0, e = 0; o < outer.length; o++) {
      const sum = outer[o] as number;
      for (let i = 0; i < length; i++) {
        const term = own[i] as number;
        result[e++] = sum < 0 || term < 0 ? -1 : sum + term;
      }
    }
    return result;
  }, new Int32Array(1));
}

/** 0, step, 2 · step, … */
export function multiples(length: number, step: number): Int32Array {
  return new Int32Array(length).map((_, i) => i * step);
}

/** For every element in row-major order, its place in floats within a sample. */
export function places(layout: Layout): Int32Array {
  const { shape, channel } = layout;
  const step = strides(layout);
  const quad = positions(layout) * 4;
  return sums(shape, (axis) => {
    if (axis !== channel) return multiples(shape[axis] as number, step[axis] as number);
    return Array.from({ length: shape[axis] as number }, (_, i) => (i >> 2) * quad + (i & 3));
  });
}

/** Height and width of a tensor: [N,C,H,W] with C on any axis, or [N,C,L] as one row of L. */
export function plane({ shape, channel }: Layout): { height: number; width: number } {
  const [a = 1, b] = shape.filter((_, axis) => axis > 0 && axis !== channel);
  return b === undefined ? { height: 1, width: a } : { height: a, width: b };
}

/** A vector, padded to whole quads. */
export function packVector(data: ArrayLike<number>): Float32Array {
  const packed = new Float32Array(Math.ceil(data.length / 4) * 4);
  packed.set(Array.from(data));
  return packed;
}
