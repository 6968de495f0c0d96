// Attention as one node (ONNX 23): y = softmax(scale · Q Kᵀ + mask) V for every head, made of products and a Softmax.

import { inputOf, nodeError, numberOf } from "../attributes.js";
import type { Composition, Node, Writing } from "../types.js";

interface Heads {
  readonly name: string;
  readonly count: number;
  readonly rows: number;
  readonly width: number;
}

/** [batch, heads, rows, width], of that or of [batch, rows, heads · width]. */
function headsOf(node: Node, write: Writing, k: number, attribute: string): Heads {
  const name = inputOf(node, k);
  const shape = write.shape(k);
  if (shape.length === 4) {
    const [, count = 1, rows = 1, width = 1] = shape;
    return { name, count, rows, width };
  }
  const [batch = 1, rows = 1, size = 1] = shape;
  const count = numberOf(node, attribute, 0);
  if (shape.length !== 3 || count < 1 || size % count !== 0) {
    throw nodeError(node, `its input of shape [${shape}] is not ${count} heads`);
  }
  const split = write.node("Reshape", [name, write.integers([batch, rows, count, size / count])]);
  const turned = write.node("Transpose", [split], { perm: [0, 2, 1, 3] });
  return { name: turned, count, rows, width: size / count };
}

/** Each head as often as there are heads of the queries for it. */
function repeated(heads: Heads, count: number, write: Writing): string {
  const { name, rows, width } = heads;
  const times = count / heads.count;
  if (times === 1) return name;
  const apart = write.node("Reshape", [name, write.integers([1, heads.count, 1, rows, width])]);
  const each = write.node("Expand", [apart, write.integers([1, heads.count, times, rows, width])]);
  return write.node("Reshape", [each, write.integers([1, count, rows, width])]);
}

/** 0 where a key may be seen, and where it may not, a number below which nothing is left. */
const HIDDEN = -1e30;

/** The scores with the mask on them, which is boolean, numbers to add, or that no query sees a later key. */
function masked(node: Node, write: Writing, scores: string, rows: number, columns: number): string {
  let result = scores;
  const mask = write.constant(3);
  if (node.inputs[3] && !mask) result = write.node("Add", [result, node.inputs[3]]);
  if (mask) {
    const isBoolean = mask.type === "bool";
    const data = Float32Array.from(mask.data, (v) =>
      isBoolean ? (v ? 0 : HIDDEN) : Math.max(v, HIDDEN),
    );
    result = write.node("Add", [result, write.floats(mask.shape, data)]);
  }
  if (!numberOf(node, "is_causal", 0)) return result;
  const later = Float32Array.from({ length: rows * columns }, (_, e) =>
    e % columns > Math.floor(e / columns) ? HIDDEN : 0,
  );
  return write.node("Add", [result, write.floats([rows, columns], later)]);
}

export const attention: Composition = (node, write) => {
  if (node.inputs.slice(4).some((name) => name) || node.outputs.slice(1).some((name) => name)) {
    throw nodeError(node, "keys and values of the past, and its inner scores, are not supported");
  }
  const q = headsOf(node, write, 0, "q_num_heads");
  const k = headsOf(node, write, 1, "kv_num_heads");
  const v = headsOf(node, write, 2, "kv_num_heads");
  const scale = write.floats([], [numberOf(node, "scale", 1 / Math.sqrt(q.width))]);
  const scaled = write.node("Mul", [q.name, scale]);
  const keys = write.node("Transpose", [repeated(k, q.count, write)], { perm: [0, 1, 3, 2] });
  let scores = write.node("MatMul", [scaled, keys]);
  scores = masked(node, write, scores, q.rows, k.rows);
  const cap = numberOf(node, "softcap", 0);
  if (cap) {
    const part = write.node("Mul", [scores, write.floats([], [1 / cap])]);
    scores = write.node("Mul", [write.node("Tanh", [part]), write.floats([], [cap])]);
  }
  const weights = write.node("Softmax", [scores], { axis: -1 });
  const y = write.node("MatMul", [weights, repeated(v, q.count, write)]);
  if (write.shape(0).length === 4) return y;
  const joined = write.node("Transpose", [y], { perm: [0, 2, 1, 3] });
  return write.node("Reshape", [joined, write.integers([1, q.rows, q.count * v.width])]);
};
