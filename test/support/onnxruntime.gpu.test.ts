// The judge itself, on a network whose output is known by hand.

import { OnnxBuilder } from "../models/onnx-builder.js";
import { close, suite } from "./harness.js";
import { runOnnxRuntime } from "./onnxruntime.js";

const test = suite("onnxruntime");

test("computes a mean and a product", async () => {
  const g = new OnnxBuilder();
  const pooled = g.node("GlobalAveragePool", [g.input("x", ["N", 2, 1, 2])]);
  const weights = g.constant("w", [1, 2, 3, -1], [2, 2]);
  const logits = g.node("Gemm", [g.node("Flatten", [pooled]), weights], { transB: 1 });
  g.output(logits, ["N", 2]);
  const data = Float32Array.of(1, 3, 10, 20);
  close(await runOnnxRuntime(g.bytes(), data, [1, 2, 1, 2]), [2 + 30, 6 - 15]);
});

test.run();
