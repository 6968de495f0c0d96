// Networks as exporters write them where the batch is fixed: the count of the samples stands in the input and in
// constants.

import { OnnxBuilder } from "./onnx-builder.js";

type Read = (g: OnnxBuilder, x: string, batch: number) => string;

/** A file that takes so many samples at a time: `read` goes from "x" to the logits. */
export function ofBatch(batch: number, shape: readonly number[], read: Read): Uint8Array {
  const g = new OnnxBuilder({ opset: 17 });
  g.output(read(g, g.input("x", [batch, ...shape]), batch), [batch, 5]);
  return g.bytes();
}

/** Convolutions, a Resize to sizes, channels shuffled in groups, and a Reshape to rows. */
export const convnet: Read = (g, x, batch) => {
  const conv = g.node("Conv", [x, g.weight("w1", [8, 3, 3, 3])], { pads: [1, 1, 1, 1] });
  const relu = g.node("Relu", [conv]);
  const groups = g.node("Reshape", [relu, g.int64("groups", [batch, 2, 4, 6, 6])]);
  const turned = g.node("Transpose", [groups], { perm: [0, 2, 1, 3, 4] });
  const shuffled = g.node("Reshape", [turned, g.int64("together", [batch, -1, 6, 6])]);
  const sizes = g.int64("sizes", [batch, 8, 9, 9]);
  const large = g.node("Resize", [shuffled, "", "", sizes], { mode: "linear" });
  const table = g.constant(
    "offset for each sample",
    Array.from({ length: batch * 8 }, (_, e) => (e % 8) / 10),
    [batch, 8, 1, 1],
  );
  const pool = g.node("GlobalAveragePool", [g.node("Add", [large, table])]);
  const rows = g.node("Reshape", [pool, g.int64("rows", [batch, 8])]);
  const bias = g.constant("bias", new Array(batch * 5).fill(0.25), [batch, 5]);
  return g.node("Gemm", [rows, g.weight("w2", [5, 8]), bias], { transB: 1 });
};

const [T, D, HEADS] = [9, 8, 2];

/** Patches as tokens, a class token for each sample, and attention: samples first, or tokens first as in PyTorch. */
export const transformer =
  (order: "samples first" | "tokens first"): Read =>
  (g, x, batch) => {
    const first = order === "samples first";
    const patches = g.node("Conv", [x, g.weight("patches", [D, 3, 2, 2])], { strides: [2, 2] });
    const flat = g.node("Reshape", [patches, g.int64("flat", [batch, D, T])]);
    const tokens = g.node("Transpose", [flat], { perm: first ? [0, 2, 1] : [2, 0, 1] });
    const token = Array.from({ length: batch * D }, (_, e) => ((e % D) - 3) / 5);
    const own = g.constant("class token", token, first ? [batch, 1, D] : [1, batch, D]);
    const all = g.node("Concat", [own, tokens], { axis: first ? 1 : 0 });
    const N = T + 1;
    const cut = g.int64(
      "cut",
      first ? [batch, N, HEADS, D / HEADS] : [N, batch * HEADS, D / HEADS],
    );
    const [q, k, v] = ["q", "k", "v"].map((name) => {
      const made = g.node("MatMul", [all, g.weight(name, [D, D], { fanIn: D })]);
      const heads = g.node("Reshape", [made, cut]);
      return g.node("Transpose", [heads], { perm: first ? [0, 2, 1, 3] : [1, 0, 2] });
    }) as [string, string, string];
    const keys = g.node("Transpose", [k], { perm: first ? [0, 1, 3, 2] : [0, 2, 1] });
    const weights = g.node("Softmax", [g.node("MatMul", [q, keys])], { axis: -1 });
    const seen = g.node("MatMul", [weights, v]);
    const back = g.node("Transpose", [seen], { perm: first ? [0, 2, 1, 3] : [1, 0, 2] });
    const whole = g.int64("whole", first ? [batch, N, D] : [N, batch, D]);
    const sum = g.node("Add", [all, g.node("Reshape", [back, whole])]);
    const head = g.node("Gather", [sum, g.int64("zero", 0)], { axis: first ? 1 : 0 });
    return g.node("Gemm", [head, g.weight("classes", [5, D])], { transB: 1 });
  };
