// Gemm: y[m, n] = α Σ_k x[m, k] · w[k, n] + β b[m, n].

import { type Call, type Twin, tensor } from "../twin.js";
import { broadcastPlaces } from "./arithmetic.js";
import { number } from "./attributes.js";

function gemmOf({ node, inputs: [x, w, b] }: Call) {
  const transA = number(node, "transA", 0) === 1;
  const transB = number(node, "transB", 0) === 1;
  const [rows, sums] = (transA ? x.shape.toReversed() : x.shape) as [number, number];
  const columns = w!.shape[transB ? 0 : 1]!;
  const shape = [rows, columns];
  return {
    shape,
    alpha: number(node, "alpha", 1),
    beta: number(node, "beta", 1),
    bias: b && broadcastPlaces(b.shape, shape),
    each(visit: (y: number, x: number, w: number) => void) {
      for (let m = 0; m < rows; m++) {
        for (let n = 0; n < columns; n++) {
          for (let k = 0; k < sums; k++) {
            visit(
              m * columns + n,
              transA ? k * rows + m : m * sums + k,
              transB ? n * sums + k : k * columns + n,
            );
          }
        }
      }
    },
  };
}

/** y = α · x w + β · b, with x and w transposed on request. */
export const Gemm: Twin = {
  forward(call) {
    const [x, w, b] = call.inputs;
    const { shape, alpha, beta, bias, each } = gemmOf(call);
    const y = tensor(shape);
    each((j, i, k) => (y.data[j]! += alpha * x.data[i]! * w!.data[k]!));
    bias?.forEach((i, j) => {
      y.data[j]! += beta * b!.data[i]!;
    });
    return [y];
  },
  backward(call, [dy]) {
    const [x, w, b] = call.inputs;
    const { alpha, beta, bias, each } = gemmOf(call);
    const dx = new Float64Array(x.data.length);
    const dw = new Float64Array(w!.data.length);
    const db = b && new Float64Array(b.data.length);
    each((j, i, k) => {
      dx[i]! += alpha * w!.data[k]! * dy![j]!;
      dw[k]! += alpha * x.data[i]! * dy![j]!;
    });
    bias?.forEach((i, j) => {
      db![i]! += beta * dy![j]!;
    });
    return [dx, dw, db];
  },
};
