// Operators of opset 23 that are made of others, as onnxruntime computes them.

import { makeGraph } from "../../src/graph/graph.js";
import { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { AttributeSpec } from "../../src/onnx/write.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";

const [TOKENS, FEATURES] = [6, 16];

/** A block of a transformer with a head of three classes, as exporters of opset 23 write it. */
function block(attributes: Record<string, AttributeSpec>, keyFeatures = FEATURES): OnnxBuilder {
  const g = new OnnxBuilder({ opset: 23 });
  const x = g.input("x", ["N", TOKENS, FEATURES]);
  const scale = g.weight("scale", [FEATURES], { mean: 1 });
  const y = g.node("RMSNormalization", [x, scale], { epsilon: 1e-4 });
  const [q, k, v] = [FEATURES, keyFeatures, keyFeatures].map((width, i) =>
    g.node("MatMul", [y, g.weight(`w${i}`, [FEATURES, width])]),
  ) as [string, string, string];
  const seen = g.node("Add", [x, g.node("Attention", [q, k, v], attributes)]);
  const mean = g.node("ReduceMean", [seen, g.int64("axes", [1])], { keepdims: 0 });
  g.output(g.node("MatMul", [mean, g.weight("head", [FEATURES, 3])]), ["N", 3]);
  return g;
}

const test = suite("attention");

const blocks = {
  "of four heads": block({ q_num_heads: 4, kv_num_heads: 4 }),
  "that sees no later token": block({ q_num_heads: 2, kv_num_heads: 2, is_causal: 1, scale: 0.7 }),
  "of two queries to a key": block({ q_num_heads: 4, kv_num_heads: 2 }, FEATURES / 2),
  "with a softcap": block({ q_num_heads: 4, kv_num_heads: 4, softcap: 0.5 }),
};

for (const [name, g] of Object.entries(blocks)) {
  testWithDevice(test, `attention ${name}`, async (device) => {
    const bytes = g.bytes();
    const model = Model.of(device, makeGraph(decodeModel(bytes)), {});
    const [data, shape] = [randn(TOKENS * FEATURES, 4), [1, TOKENS, FEATURES]];
    try {
      const { logits } = await model.classify({ data, shape });
      close(logits, await runOnnxRuntime(bytes, data, shape), { rtol: 1e-5, atol: 1e-5 });
    } finally {
      model.destroy();
    }
  });
}

test.run();
