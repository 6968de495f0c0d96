// What the graph makes of a model before anything is planned: what it refuses, and what it rewrites.

import * as assert from "uvu/assert";
import { makeGraph } from "../../src/graph/graph.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { makePlan } from "../../src/plan/plan.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { suite } from "../support/harness.js";

const graphOf = (g: OnnxBuilder) => makeGraph(decodeModel(g.bytes()));

const test = suite("graph");

test("all unsupported operators of a file are named at once, with their nodes", () => {
  const g = new OnnxBuilder();
  const a = g.node("NonMaxSuppression", [g.input("x", ["N", 3])], {}, { name: "first" });
  const b = g.node("Hardmax", [a], {}, { name: "second" });
  g.output(g.node("Hardmax", [b], {}, { name: "third" }));
  assert.throws(() => graphOf(g), /NonMaxSuppression \(first\); Hardmax \(second, third\)/);
});

test("a model with two images is refused", () => {
  const two = new OnnxBuilder();
  two.output(two.node("Add", [two.input("left", ["N", 3]), two.input("right", ["N", 3])]));
  assert.throws(() => graphOf(two), /needs left, right/);
});

test("a pool whose windows see nothing but padding is refused", () => {
  const pooled = (op: string, side: number, attributes: Record<string, number | number[]>) => {
    const g = new OnnxBuilder();
    const x = g.input("x", ["N", 3, side, side]);
    const pool = g.node(op, [x], { pads: [1, 1, 1, 1], ...attributes });
    g.output(g.node("Flatten", [g.node("GlobalAveragePool", [pool])]));
    return () => graphOf(g);
  };
  const apart = { kernel_shape: [2, 2], dilations: [2, 2] };
  assert.throws(
    pooled("MaxPool", 1, apart),
    /windows in row 0 lie in the padding alone: they have no maximum/,
  );
  assert.not.throws(pooled("MaxPool", 2, apart));
  const corner = { kernel_shape: [1, 1], strides: [2, 2] };
  assert.throws(pooled("AveragePool", 3, corner), /row 0 .* have no mean/);
  assert.not.throws(pooled("AveragePool", 3, { ...corner, count_include_pad: 1 }));
});

test("a final Softmax is taken off, and what nobody reads", () => {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 4]);
  const logits = g.node("Gemm", [x, g.weight("w", [4, 3])], {}, { output: "logits" });
  g.node("Sigmoid", [logits]);
  g.output(g.node("Softmax", [logits]));
  const graph = graphOf(g);
  assert.is(graph.output, "logits");
  assert.is(graph.stripped, "Softmax");
  assert.equal(
    graph.nodes.map((node) => node.op),
    ["Gemm"],
  );
});

test("BatchNormalization goes into the convolution before it, the activation into either", () => {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 3, 8, 8]);
  const statistics = (name: string) => [
    g.constant(`${name} scale`, [2, 3]),
    g.constant(`${name} bias`, [1, -1]),
    g.constant(`${name} mean`, [0.5, 0]),
    g.constant(`${name} variance`, [4, 1]),
  ];
  const weights = g.constant("w", [1, 1, 1, 2, 2, 2], [2, 3, 1, 1]);
  const conv = g.node("Conv", [x, weights]);
  const first = g.node("BatchNormalization", [conv, ...statistics("a")], { epsilon: 0 });
  const relu = g.node("Relu", [first]);
  const pool = g.node("MaxPool", [relu], { kernel_shape: [2, 2] });
  const second = g.node("BatchNormalization", [pool, ...statistics("b")], { epsilon: 0 });
  g.output(g.node("LeakyRelu", [second], { alpha: 0.25 }));
  const graph = graphOf(g);
  assert.equal(
    graph.nodes.map((node) => [node.op, node.activation?.op]),
    [
      ["Conv", "Relu"],
      ["MaxPool", undefined],
      ["BatchNormalization", "LeakyRelu"],
    ],
  );
  // 2/√4 · 1 and 3/√1 · 2; 1 − 0.5 · 1 and −1 − 0 · 3.
  const [, w = "", b = ""] = graph.nodes[0]?.inputs ?? [];
  assert.equal([...(graph.constants.get(w)?.data ?? [])], [1, 1, 1, 6, 6, 6]);
  assert.equal([...(graph.constants.get(b)?.data ?? [])], [0.5, -1]);
});

test("an activation whose input is read elsewhere stays a node of its own", () => {
  const g = new OnnxBuilder();
  const conv = g.node("Conv", [g.input("x", ["N", 3, 4, 4]), g.weight("w", [3, 3, 1, 1])]);
  g.output(g.node("Add", [g.node("Relu", [conv]), conv]));
  assert.equal(
    graphOf(g).nodes.map((node) => node.op),
    ["Conv", "Relu", "Add"],
  );
});

test("the shape arithmetic of exporters folds away", () => {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 2, 3, 3]);
  const batch = g.node("Gather", [g.node("Shape", [x]), g.int64("zero", 0)]);
  const axes = g.int64("axes", [0]);
  const parts = [g.node("Unsqueeze", [batch, axes]), g.int64("rest", [-1])];
  const shape = g.node("Concat", parts, { axis: 0 });
  g.output(g.node("Gemm", [g.node("Reshape", [x, shape]), g.weight("w", [18, 5])]));
  const graph = graphOf(g);
  assert.equal(
    graph.nodes.map((node) => node.op),
    ["Reshape", "Gemm"],
  );
  assert.equal(graph.layouts.get(graph.nodes[0]?.outputs[0] as string)?.shape, [1, 18]);
});

test("a gate of each channel is aligned as opset 6 says", () => {
  const g = new OnnxBuilder({ opset: 6 });
  const x = g.input("x", ["N", 4, 4, 4]);
  const mean = g.node("Flatten", [g.node("GlobalAveragePool", [x])]);
  const gate = g.node("Sigmoid", [mean]);
  g.output(g.node("Mul", [x, gate], { broadcast: 1, axis: 0 }));
  const graph = graphOf(g);
  const mul = graph.nodes.find(({ op }) => op === "Mul");
  assert.equal(
    mul?.inputs.map((name) => graph.layouts.get(name)?.shape),
    [
      [1, 4, 4, 4],
      [1, 4, 1, 1],
    ],
  );
});

test("classes are channels, though a map of one channel was flattened to them", () => {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 1, 3, 4]);
  const map = g.node("Conv", [x, g.weight("w", [1, 1, 2, 2])]);
  g.output(g.node("Flatten", [map]));
  const graph = graphOf(g);
  assert.equal(graph.layouts.get(graph.output), { shape: [1, 6], channel: 1 });
  assert.ok(makePlan(graph, { method: "gradient" }).logits.stride === 2);
});

test.run();
