// MatMul: y[m, n] = Σ_k x[m, k] · w[k, n], for every matrix of the stacks.

import type { Shape } from "../../../src/tensor/types.js";
import { sizeOf, type Twin, tensor } from "../twin.js";
import { broadcastPlaces, broadcastShape } from "./arithmetic.js";

// A stack of matrices for each operand. A vector x is one row and a vector w one column, and the axis that this
// adds is missing from y.
function matricesOf(a: Shape, b: Shape) {
  const x = a.length === 1 ? [1, ...a] : a;
  const w = b.length === 1 ? [...b, 1] : b;
  const stack = broadcastShape(x.slice(0, -2), w.slice(0, -2));
  const [rows, sums, columns] = [x.at(-2)!, x.at(-1)!, w.at(-1)!];
  const ofX = broadcastPlaces(x.slice(0, -2), stack);
  const ofW = broadcastPlaces(w.slice(0, -2), stack);
  return {
    shape: [...stack, ...(a.length === 1 ? [] : [rows]), ...(b.length === 1 ? [] : [columns])],
    each(visit: (y: number, x: number, w: number) => void) {
      for (let s = 0; s < sizeOf(stack); s++) {
        for (let m = 0; m < rows; m++) {
          for (let n = 0; n < columns; n++) {
            for (let k = 0; k < sums; k++) {
              visit(
                (s * rows + m) * columns + n,
                (ofX[s]! * rows + m) * sums + k,
                (ofW[s]! * sums + k) * columns + n,
              );
            }
          }
        }
      }
    },
  };
}

/** y = x w for matrices, vectors and stacks of matrices, as numpy does it. */
export const MatMul: Twin = {
  forward({ inputs: [x, w] }) {
    const { shape, each } = matricesOf(x.shape, w!.shape);
    const y = tensor(shape);
    each((j, i, k) => (y.data[j]! += x.data[i]! * w!.data[k]!));
    return [y];
  },
  backward({ inputs: [x, w] }, [dy]) {
    const dx = new Float64Array(x.data.length);
    const dw = new Float64Array(w!.data.length);
    matricesOf(x.shape, w!.shape).each((j, i, k) => {
      dx[i]! += w!.data[k]! * dy![j]!;
      dw[k]! += x.data[i]! * dy![j]!;
    });
    return [dx, dw];
  },
};
