// Operators found again in the nodes that exporters write for them, and what only looks like one.

import * as assert from "uvu/assert";
import { makeGraph } from "../../src/graph/graph.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { suite } from "../support/harness.js";

const test = suite("recognize");

type Body = (g: OnnxBuilder, x: string) => string;

/**
 * The operators that are left of a network between two dense layers over 5 tokens of 8 features. The input is read as a
 * gray picture, so a Rearrange comes first, which does not count.
 */
function opsOf(body: Body): string[] {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.node("MatMul", [g.input("x", ["N", 5, 8]), g.weight("before", [8, 8])]);
  g.output(g.node("MatMul", [body(g, x), g.weight("after", [8, 3])]), ["N", 5, 3]);
  return makeGraph(decodeModel(g.bytes()))
    .nodes.map(({ op }) => op)
    .filter((op) => !["MatMul", "Relayout", "Rearrange"].includes(op));
}

function normal(g: OnnxBuilder, x: string, axes: number[], square: "Pow" | "Mul"): string {
  const d = g.node("Sub", [x, g.node("ReduceMean", [x], { axes })]);
  const two = square === "Pow" ? g.constant("two", 2) : d;
  const variance = g.node("ReduceMean", [g.node(square, [d, two])], { axes });
  return g.node("Div", [d, g.node("Sqrt", [g.node("Add", [variance, g.constant("ε", 1e-6)])])]);
}

const affine = (g: OnnxBuilder, y: string): string =>
  g.node("Add", [g.node("Mul", [y, g.weight("scale", [8])]), g.weight("bias", [8])]);

test("LayerNormalization, with its scale and bias", () => {
  assert.equal(
    opsOf((g, x) => affine(g, normal(g, x, [-1], "Pow"))),
    ["Standardize"],
  );
  assert.equal(
    opsOf((g, x) => affine(g, normal(g, x, [-1], "Mul"))),
    ["Standardize"],
  );
  assert.equal(
    opsOf((g, x) => normal(g, x, [-1, -2], "Mul")),
    ["Standardize"],
  );
});

test("no LayerNormalization: over other axes, or of another tensor", () => {
  assert.ok(opsOf((g, x) => normal(g, x, [-2], "Pow")).includes("Div"));
  const other: Body = (g, x) => {
    const d = g.node("Sub", [x, g.node("ReduceMean", [x], { axes: [-1] })]);
    const square = g.node("Mul", [d, x]);
    const sum = g.node("Add", [g.node("ReduceMean", [square], { axes: [-1] }), g.constant("ε", 1)]);
    return g.node("Div", [d, g.node("Sqrt", [sum])]);
  };
  assert.ok(opsOf(other).includes("Div"));
});

const erf = (g: OnnxBuilder, x: string, divisor: number): string => {
  const curve = g.node("Erf", [g.node("Div", [x, g.constant("√2", divisor)])]);
  return g.node("Add", [curve, g.constant("one", 1)]);
};

test("Gelu, multiplied in any order", () => {
  const half = (g: OnnxBuilder) => g.constant("half", 0.5);
  const torch: Body = (g, x) => g.node("Mul", [g.node("Mul", [x, erf(g, x, Math.SQRT2)]), half(g)]);
  const keras: Body = (g, x) => g.node("Mul", [g.node("Mul", [half(g), x]), erf(g, x, Math.SQRT2)]);
  const other: Body = (g, x) => g.node("Mul", [x, g.node("Mul", [erf(g, x, Math.SQRT2), half(g)])]);
  for (const body of [torch, keras, other]) assert.equal(opsOf(body), ["Gelu"]);
  assert.ok(
    opsOf((g, x) => g.node("Mul", [g.node("Mul", [x, erf(g, x, 2)]), half(g)])).includes("Erf"),
  );
});

test("Swish, HardSwish and Mish", () => {
  const ramp = { alpha: 1 / 6, beta: 0.5 };
  assert.equal(
    opsOf((g, x) => g.node("Mul", [x, g.node("Sigmoid", [x])])),
    ["Swish"],
  );
  assert.equal(
    opsOf((g, x) => g.node("Mul", [g.node("HardSigmoid", [x], ramp), x])),
    ["HardSwish"],
  );
  assert.equal(
    opsOf((g, x) => g.node("Mul", [x, g.node("HardSigmoid", [x])])),
    ["HardSigmoid", "Mul"],
  );
  const mish: Body = (g, x) => g.node("Mul", [x, g.node("Tanh", [g.node("Softplus", [x])])]);
  assert.equal(opsOf(mish), ["Mish"]);
});

test("what is read elsewhere stays", () => {
  const twice: Body = (g, x) => {
    const gate = g.node("Sigmoid", [x]);
    return g.node("Add", [g.node("Mul", [x, gate]), gate]);
  };
  assert.equal(opsOf(twice).sort(), ["Add", "Sigmoid", "Swish"]);
});

test.run();
