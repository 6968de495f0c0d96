// AttnLRP, which the program does as a changed gradient times the input, against relevance that is shared out layer by
// layer as the paper's equations say; and what must hold whatever the network is.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import { loadModel } from "../../src/model/load.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { backward, forward } from "../reference/index.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const [TOKENS, FEATURES, HEADS, CLASSES] = [6, 12, 3, 4];
const SHAPE = [1, TOKENS, FEATURES];

class Transformer extends OnnxBuilder {
  /** The rule of every node of a product: by a constant, or of two tensors of the network. */
  readonly rules: Record<string, string> = {};

  dense(x: string, name: string, inputs: number, outputs: number): string {
    const y = this.node("MatMul", [x, this.weight(name, [inputs, outputs], { fanIn: inputs })]);
    this.rules[y] = "epsilon";
    return y;
  }

  product(op: "MatMul" | "Mul", a: string, b: string): string {
    const y = this.node(op, [a, b]);
    this.rules[y] = "uniform";
    return y;
  }

  normal(x: string, name: string, bias: boolean): string {
    const scale = this.weight(`${name} scale`, [FEATURES], { mean: 1 });
    const more = bias ? [this.weight(`${name} bias`, [FEATURES])] : [];
    return this.node("LayerNormalization", [x, scale, ...more]);
  }

  heads(x: string, perm: number[]): string {
    const shape = this.int64(`${x} split`, [0, TOKENS, HEADS, FEATURES / HEADS]);
    return this.node("Transpose", [this.node("Reshape", [x, shape])], { perm });
  }
}

/** A block of a transformer, with a gate behind it and a head of four classes. */
function transformer(): Transformer {
  const g = new Transformer({ opset: 20 });
  const x = g.dense(g.input("x", ["N", TOKENS, FEATURES]), "embedding", FEATURES, FEATURES);
  const before = g.normal(x, "one", true);
  const [q, k, v] = ["q", "k", "v"].map((name) => g.dense(before, name, FEATURES, FEATURES)) as [
    string,
    string,
    string,
  ];
  const scores = g.product("MatMul", g.heads(q, [0, 2, 1, 3]), g.heads(k, [0, 2, 3, 1]));
  const scale = g.node("Mul", [scores, g.constant("scale", 0.5)]);
  g.rules[scale] = "epsilon";
  const seen = g.product("MatMul", g.node("Softmax", [scale]), g.heads(v, [0, 2, 1, 3]));
  const turned = g.node("Transpose", [seen], { perm: [0, 2, 1, 3] });
  const joined = g.node("Reshape", [turned, g.int64("join", [0, TOKENS, FEATURES])]);
  const y = g.node("Add", [x, g.dense(joined, "out", FEATURES, FEATURES)]);
  const hidden = g.node("Gelu", [g.dense(g.normal(y, "two", true), "up", FEATURES, 20)]);
  const z = g.node("Add", [y, g.dense(hidden, "down", 20, FEATURES)]);
  const gate = g.node("Sigmoid", [g.dense(z, "gate", FEATURES, FEATURES)]);
  const mean = g.node("ReduceMean", [g.product("Mul", z, gate), g.int64("axes", [1])], {
    keepdims: 0,
  });
  g.output(g.dense(mean, "head", FEATURES, CLASSES), ["N", CLASSES]);
  return g;
}

const test = suite("AttnLRP");

const options = { method: "attn-lrp", samples: 1, noise: 0 } as const;

testWithDevice(test, "a transformer agrees with the twins' relevance", async (device) => {
  const g = transformer();
  const bytes = g.bytes();
  const onnx = decodeModel(bytes);
  const data = randn(TOKENS * FEATURES, 6);
  const values = forward(onnx, Float64Array.from(data), SHAPE);
  const logits = values.get(onnx.outputs[0]!)!.data;
  const rules = {
    ...{ Add: "epsilon", LayerNormalization: "fixed", Softmax: "taylor" },
    ...{ Gelu: "pass", Sigmoid: "pass", ReduceMean: "epsilon" },
    ...g.rules,
  };
  const model = await loadModel(device, bytes);
  for (const target of [0, 3]) {
    const seed = logits.map((v, k) => (k === target ? v : 0));
    const expected = backward(onnx, values, seed, rules);
    const map = await sensitivity(model, { data, shape: SHAPE }, { ...options, target });
    const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    close(await map.data(), expected, { rtol: 1e-3, atol: 1e-3 * largest });
    map.destroy();
  }
  model.destroy();
});

testWithDevice(test, "without biases and attention nothing is lost", async (device) => {
  const g = new Transformer({ opset: 20 });
  const x = g.dense(g.input("x", ["N", TOKENS, FEATURES]), "embedding", FEATURES, FEATURES);
  const root = g.node("RMSNormalization", [x, g.weight("scale", [FEATURES], { mean: 1 })]);
  const hidden = g.node("Gelu", [g.dense(g.normal(root, "one", false), "up", FEATURES, 20)]);
  const y = g.node("Add", [root, g.dense(hidden, "down", 20, FEATURES)]);
  const gated = g.node("Mul", [y, g.node("Sigmoid", [y])]);
  const squares = g.node("Mul", [gated, g.node("Tanh", [y])]);
  const total = g.node("ReduceSum", [g.node("Abs", [y]), g.int64("last", [2])], { keepdims: 1 });
  const share = g.node("Div", [squares, total]);
  const mean = g.node("ReduceMean", [share, g.int64("axes", [1])], { keepdims: 0 });
  g.output(g.dense(mean, "head", FEATURES, CLASSES), ["N", CLASSES]);
  g.model.opset = 23;
  const model = await loadModel(device, g.bytes());
  const image = { data: randn(TOKENS * FEATURES, 7), shape: SHAPE };
  const { logits } = await model.classify(image);
  for (let target = 0; target < CLASSES; target++) {
    const map = await sensitivity(model, image, { ...options, target });
    const sum = (await map.data()).reduce((a, b) => a + b, 0);
    close([sum], [logits[target] as number], { rtol: 1e-3, atol: 1e-4 });
    map.destroy();
  }
  const plain = await sensitivity(model, image, { ...options, method: "input-x-gradient" });
  const sum = (await plain.data()).reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(sum - Math.max(...logits)) > 0.01, "the gradient loses nothing either");
  plain.destroy();
  model.destroy();
});

test.run();
