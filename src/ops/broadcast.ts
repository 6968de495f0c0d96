// ONNX's broadcasting: shapes are aligned at their last axes, and an axis of length 1 is repeated.

import { elements, multiples, rowMajor, sums } from "../tensor/layout.js";
import type { Shape } from "../tensor/types.js";
import { nodeError } from "./attributes.js";
import type { Node } from "./types.js";

/** The shape that all shapes broadcast to. */
export function broadcast(node: Node, ...shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const long = lengths.find((n) => n !== 1) ?? 1;
    if (lengths.some((n) => n !== 1 && n !== long)) {
      throw nodeError(node, `its inputs [${shapes.join("] and [")}] do not broadcast`);
    }
    return long;
  });
}

/** A shape with ones put before, to the given number of axes. */
export function aligned(shape: Shape, rank: number): number[] {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape];
}

/**
 * For every index of `to`, the row-major element of `from` that `index` turns it into; null is −1. The index
 * that is handed over is one array, which changes from call to call.
 */
export function mapped(
  to: Shape,
  from: Shape,
  index: (i: readonly number[]) => readonly number[] | null,
): Int32Array {
  const result = new Int32Array(elements(to));
  const i = new Array<number>(to.length).fill(0);
  for (let e = 0; e < result.length; e++) {
    const place = index(i);
    let flat = -1;
    if (place) {
      flat = 0;
      for (let axis = 0; axis < from.length; axis++) {
        flat = flat * (from[axis] as number) + (place[axis] as number);
      }
    }
    result[e] = flat;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      i[axis] = (i[axis] as number) + 1;
      if ((i[axis] as number) < (to[axis] as number)) break;
      i[axis] = 0;
    }
  }
  return result;
}

/**
 * The same where each axis of `from` depends on that axis of `to` alone: `index` turns an axis and a place on it
 * into the place in `from`, or −1 for nothing.
 */
export function axisByAxis(
  to: Shape,
  from: Shape,
  index: (axis: number, i: number) => number,
): Int32Array {
  const step = rowMajor(from);
  return sums(to, (axis) =>
    Array.from({ length: to[axis] as number }, (_, i) => {
      const place = index(axis, i);
      return place < 0 ? -1 : place * (step[axis] as number);
    }),
  );
}

/** For every element of shape `to`, the element of a tensor of shape `from` that is repeated there. */
export function broadcastPlaces(from: Shape, to: Shape): Int32Array {
  const shape = aligned(from, to.length);
  const step = rowMajor(shape);
  return sums(to, (axis) =>
    multiples(to[axis] as number, shape[axis] === 1 ? 0 : (step[axis] as number)),
  );
}
