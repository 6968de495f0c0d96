// A small network with every way in which a layer can learn, for tests: convolutions of odd shapes, with groups, with
// strides and dilations, side by side, and two dense layers.

import { decodeModel } from "../../src/onnx/decode.js";
import type { Network } from "../../src/train/networks.js";
import { OnnxBuilder } from "../models/onnx-builder.js";

/** [2, 9, 7] pixels, 3 classes. */
export function small(dropout: Network["dropout"] = {}): Network {
  const g = new OnnxBuilder();
  const conv = (
    x: string,
    name: string,
    shape: number[],
    attributes: Record<string, number | number[]>,
  ) =>
    g.node(
      "Conv",
      [x, g.weight(`${name} w`, shape), g.weight(`${name} b`, [shape[0] as number])],
      attributes,
      { name },
    );
  const relu = (x: string) => g.node("Relu", [x], {}, { name: `${x} relu` });
  const x = g.input("input", ["N", 2, 9, 7]);
  const first = relu(conv(x, "first", [6, 2, 3, 3], { pads: [1, 1, 1, 1] }));
  const parts = [
    relu(conv(first, "wide", [4, 6, 1, 7], { pads: [0, 3, 0, 3] })),
    relu(conv(first, "groups", [8, 3, 3, 1], { pads: [2, 0, 2, 0], dilations: [2, 1], group: 2 })),
    g.node("AveragePool", [first], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, { name: "mean" }),
  ];
  const joined = g.node("Concat", parts, { axis: 1 }, { name: "join" });
  const pooled = g.node(
    "MaxPool",
    [joined],
    { kernel_shape: [2, 2], strides: [2, 2] },
    { name: "pool" },
  );
  const last = relu(conv(pooled, "last", [21, 18, 2, 2], { strides: [2, 1] }));
  const flat = g.node("Flatten", [last], {}, { name: "flat" });
  const hidden = relu(
    g.node(
      "Gemm",
      [flat, g.weight("hidden w", [9, 84]), g.weight("hidden b", [9])],
      { transB: 1 },
      { name: "hidden" },
    ),
  );
  g.output(
    g.node(
      "Gemm",
      [hidden, g.weight("classes w", [9, 3]), g.weight("classes b", [3])],
      {},
      { name: "classes" },
    ),
  );
  return { model: decodeModel(g.bytes()), input: [2, 9, 7], classes: 3, dropout };
}

/** Random pixels and labels for it. */
export function batchOf(count: number, seed = 1) {
  const size = 2 * 9 * 7;
  const pixels = Uint8Array.from(
    { length: count * size },
    (_, i) => ((i + 1) * 2654435761 * seed) >>> 24,
  );
  return { pixels, labels: Uint8Array.from({ length: count }, (_, i) => (i * 7 + 1) % 3) };
}
