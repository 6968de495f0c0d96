// Element-wise operators of two inputs with broadcasting. Each is its formula and its partial derivatives.

import type { Shape } from "../../src/types.js";
import { positionsOf, stridesOf, type Twin, tensor } from "./twin.js";

/** The shape to which all of the shapes broadcast. */
export function broadcastShape(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    shapes.reduce((length, shape) => {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own !== length && own !== 1 && length !== 1)
        throw new Error(`${shapes} do not broadcast`);
      return own === 1 ? length : own;
    }, 1),
  );
}

/** For each element of shape `to`, the place in a tensor of shape `from` that is broadcast there. */
export function broadcastPlaces(from: Shape, to: Shape): Int32Array {
  const strides = stridesOf(from);
  const skipped = to.length - from.length;
  return Int32Array.from(positionsOf(to), (position) =>
    from.reduce(
      (sum, length, axis) => sum + (length === 1 ? 0 : position[axis + skipped]! * strides[axis]!),
      0,
    ),
  );
}

interface Formula {
  readonly f: (a: number, b: number) => number;
  readonly da: (a: number, b: number) => number;
  readonly db: (a: number, b: number) => number;
}

function arithmetic({ f, da, db }: Formula): Twin {
  return {
    forward({ inputs: [x, w] }) {
      const shape = broadcastShape(x.shape, w!.shape);
      const [a, b] = [broadcastPlaces(x.shape, shape), broadcastPlaces(w!.shape, shape)];
      const y = Float64Array.from(a, (i, j) => f(x.data[i]!, w!.data[b[j]!]!));
      return [tensor(shape, y)];
    },
    backward({ inputs: [x, w] }, [dy]) {
      const shape = broadcastShape(x.shape, w!.shape);
      const [a, b] = [broadcastPlaces(x.shape, shape), broadcastPlaces(w!.shape, shape)];
      const dx = new Float64Array(x.data.length);
      const dw = new Float64Array(w!.data.length);
      dy!.forEach((d, j) => {
        const [p, q] = [x.data[a[j]!]!, w!.data[b[j]!]!];
        dx[a[j]!]! += d * da(p, q);
        dw[b[j]!]! += d * db(p, q);
      });
      return [dx, dw];
    },
  };
}

/** a + b. */
export const Add = arithmetic({ f: (a, b) => a + b, da: () => 1, db: () => 1 });

/** a − b. */
export const Sub = arithmetic({ f: (a, b) => a - b, da: () => 1, db: () => -1 });

/** a · b. */
export const Mul = arithmetic({ f: (a, b) => a * b, da: (_, b) => b, db: (a) => a });

/** a / b. */
export const Div = arithmetic({
  f: (a, b) => a / b,
  da: (_, b) => 1 / b,
  db: (a, b) => -a / b ** 2,
});
