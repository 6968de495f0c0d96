// Attention (ONNX 23), head by head: y_i = Σ_j a_ij v_j with a = softmax_j of s_ij = scale · q_i·k_j + mask_ij, which
// a softcap c bends to c · tanh(s / c).

import { type Call, type Tensor, type Twin, tensor } from "../twin.js";
import { broadcastPlaces } from "./arithmetic.js";
import { number } from "./attributes.js";

// The place of feature d of row i of head h, in [batch, heads, rows, width] or [batch, rows, heads · width].
function placer({ shape }: Tensor, heads: number) {
  const isSplit = shape.length === 4;
  const count = isSplit ? shape[1]! : heads;
  const rows = isSplit ? shape[2]! : shape[1]!;
  const width = isSplit ? shape[3]! : shape[2]! / count;
  const at = (h: number, i: number, d: number) =>
    isSplit ? (h * rows + i) * width + d : (i * count + h) * width + d;
  return { count, rows, width, at };
}

function partsOf({ node, inputs }: Call) {
  const [x, y, z] = inputs as unknown as [Tensor, Tensor, Tensor];
  const q = placer(x, number(node, "q_num_heads", 0));
  const k = placer(y, number(node, "kv_num_heads", 0));
  const v = placer(z, number(node, "kv_num_heads", 0));
  const mask = inputs[3];
  const from = mask && broadcastPlaces(mask.shape, [q.count, q.rows, k.rows]);
  const scale = number(node, "scale", 1 / Math.sqrt(q.width));
  const cap = number(node, "softcap", 0);
  const maskAt = (h: number, i: number, j: number) => {
    if (number(node, "is_causal", 0) && j > i) return -Infinity;
    if (!mask) return 0;
    const m = mask.data[from![(h * q.rows + i) * k.rows + j]!]!;
    return mask.type === "bool" ? (m ? 0 : -Infinity) : m;
  };
  // The attention of a query, and how its scores bend.
  const row = (h: number, i: number) => {
    const g = Math.floor(h / (q.count / k.count));
    const s = Array.from({ length: k.rows }, (_, j) => {
      let sum = 0;
      for (let d = 0; d < q.width; d++) sum += x.data[q.at(h, i, d)]! * y.data[k.at(g, j, d)]!;
      return scale * sum + maskAt(h, i, j);
    });
    const bent = s.map((t) => (cap ? cap * Math.tanh(t / cap) : t));
    const high = Math.max(...bent);
    const powers = bent.map((t) => Math.exp(t - high));
    const total = powers.reduce((a, b) => a + b, 0);
    const slopes = s.map((t) => (cap ? 1 - Math.tanh(t / cap) ** 2 : 1));
    return { g, a: powers.map((p) => p / total), slopes };
  };
  return { x, y, z, q, k, v, scale, row };
}

export const Attention: Twin = {
  forward(call) {
    const { x, z, q, v, row } = partsOf(call);
    const isSplit = x.shape.length === 4;
    const shape = isSplit ? [1, q.count, q.rows, v.width] : [1, q.rows, q.count * v.width];
    const y = tensor(shape);
    const out = placer(y, q.count);
    for (let h = 0; h < q.count; h++) {
      for (let i = 0; i < q.rows; i++) {
        const { g, a } = row(h, i);
        for (let d = 0; d < v.width; d++) {
          y.data[out.at(h, i, d)] = a.reduce((sum, w, j) => sum + w * z.data[v.at(g, j, d)]!, 0);
        }
      }
    }
    return [y];
  },
  backward(call, [dy]) {
    const { x, y, z, q, k, v, scale, row } = partsOf(call);
    const [dx, dk, dz] = [x, y, z].map(({ data }) => new Float64Array(data.length));
    const isSplit = x.shape.length === 4;
    const out = placer(
      tensor(isSplit ? [1, q.count, q.rows, v.width] : [1, q.rows, q.count * v.width]),
      q.count,
    );
    for (let h = 0; h < q.count; h++) {
      for (let i = 0; i < q.rows; i++) {
        const { g, a, slopes } = row(h, i);
        const da = a.map((w, j) => {
          let sum = 0;
          for (let d = 0; d < v.width; d++) {
            const up = dy![out.at(h, i, d)]!;
            sum += up * z.data[v.at(g, j, d)]!;
            dz![v.at(g, j, d)]! += w * up;
          }
          return sum;
        });
        const mean = a.reduce((sum, w, j) => sum + w * da[j]!, 0);
        a.forEach((w, j) => {
          const ds = w * (da[j]! - mean) * slopes[j]! * scale;
          for (let d = 0; d < q.width; d++) {
            dx![q.at(h, i, d)]! += ds * y.data[k.at(g, j, d)]!;
            dk![k.at(g, j, d)]! += ds * x.data[q.at(h, i, d)]!;
          }
        });
      }
    }
    return [dx, dk, dz];
  },
};
