// The smallest networks of the tests: a frame for one peculiarity of a file, and one with a bit of
// everything.

import { type ModelSpec, writeModel } from "../../src/onnx/write.js";
import type { Encoding } from "../../src/onnx/write-tensor.js";
import { OnnxBuilder } from "./onnx-builder.js";

/** A file that computes y = Relu(x), but for the given parts. */
export function tinyModel(parts: Partial<ModelSpec> = {}): Uint8Array {
  return writeModel({
    nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"] }],
    inputs: [{ name: "x", shape: ["N", 3] }],
    outputs: [{ name: "y", shape: ["N", 3] }],
    ...parts,
  });
}

/** Two convolutions, a skip connection, a Reshape and a dense layer for pictures of 3×8×8. */
export function smallNetwork(encoding: Encoding = "raw"): OnnxBuilder {
  const g = new OnnxBuilder({ opset: 13, encoding, metadata: { author: "a test" } });
  const x = g.input("x", ["N", 3, 8, 8]);
  const pads = [1, 1, 1, 1];
  const a = g.node("Conv", [x, g.weight("w1", [4, 3, 3, 3]), g.weight("b1", [4])], { pads });
  const b = g.node("Conv", [g.node("Relu", [a]), g.weight("w2", [4, 4, 3, 3])], { pads });
  const sum = g.node("Add", [a, b], {}, { output: "sum" });
  const pooled = g.node("GlobalAveragePool", [sum]);
  const flat = g.node("Reshape", [pooled, g.int64("shape", [-1, 4])]);
  const dense = [flat, g.weight("w3", [10, 4]), g.weight("b3", [10])];
  g.output(g.node("Gemm", dense, { transB: 1, alpha: 1 }, { output: "logits" }), ["N", 10]);
  return g;
}
