// What Relu and its kin become in a plan: nothing of their own behind a layer that applies them, a step elsewhere; bits
// forward, and a gate backward. That the kernels compute what they should is shown by the cases in
// test/reference/cases/relu.ts.

import * as assert from "uvu/assert";
import { makeGraph } from "../../src/graph/graph.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { activationOf } from "../../src/ops/relu.js";
import { makePlan } from "../../src/plan/plan.js";
import type { Step } from "../../src/shaders/step.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { suite } from "../support/harness.js";

/** A convolution and a Relu, with a pool between them or not, and two classes. */
function network(hasPool: boolean): Uint8Array {
  const g = new OnnxBuilder();
  let x = g.node(
    "Conv",
    [g.input("x", ["N", 3, 4, 4]), g.weight("w", [8, 3, 1, 1])],
    {},
    name("conv"),
  );
  if (hasPool) x = g.node("MaxPool", [x], { kernel_shape: [2, 2] }, name("pool"));
  x = g.node("Relu", [x], {}, name("relu"));
  const flat = g.node("Flatten", [g.node("GlobalAveragePool", [x], {}, name("mean"))]);
  g.output(g.node("Gemm", [flat, g.weight("classes w", [8, 2])], {}, name("classes")));
  return g.bytes();
}

const name = (name: string) => ({ name });

const planOf = (hasPool: boolean, method?: string) =>
  makePlan(makeGraph(decodeModel(network(hasPool))), method === undefined ? {} : { method });

/** The steps that a Relu has to do with, as "label: activates, leaves bits, is gated by …". */
function lines(steps: readonly Step[]): string[] {
  return steps.flatMap(({ label, constants }) => {
    const { ACTIVATE = 0, KEEP_MASK = 0, GATE = 0 } = constants ?? {};
    const rule = ["", "gradient", "guided", "deconvnet", "mean"][GATE];
    const does = [ACTIVATE && "activates", KEEP_MASK && "leaves bits", rule && `gated: ${rule}`];
    const said = does.filter((each) => each).join(", ");
    return said ? [`${label}: ${said}`] : [];
  });
}

const test = suite("Relu");

test("is applied by the layer before it, and gates the gradient where that is written", () => {
  const { forward, backward } = planOf(false, "gradient");
  assert.equal(lines(forward), ["conv: activates, leaves bits"]);
  assert.equal(lines(backward), ["mean back: gated: gradient"]);
});

test("is a step where no layer takes it in", () => {
  const { forward, backward } = planOf(true, "gradient");
  assert.equal(lines(forward), ["relu: activates, leaves bits"]);
  assert.equal(lines(backward), ["mean back: gated: gradient"]);
  const own = [...forward, ...backward].filter(({ label }) => label.startsWith("relu"));
  assert.equal(
    own.map(({ label, entry }) => `${label}: ${entry}`),
    ["relu: forward", "relu back: backward"],
  );
});

test("leaves bits only for a backward pass that reads them", () => {
  assert.equal(lines(planOf(false).forward), ["conv: activates"]);
  assert.equal(lines(planOf(false, "guided-backprop").forward), ["conv: activates, leaves bits"]);
  assert.equal(lines(planOf(false, "deconvnet").forward), ["conv: activates"]);
});

test("has the gate of the method's rule", () => {
  assert.equal(lines(planOf(false, "guided-backprop").backward), ["mean back: gated: guided"]);
  assert.equal(lines(planOf(false, "deconvnet").backward), ["mean back: gated: deconvnet"]);
});

test("is one of the piecewise linear activations: all are a range and a slope beyond it", () => {
  const of = (op: string, attributes = {}) =>
    activationOf({ name: "a", op, inputs: ["x"], outputs: ["y"], attributes }, new Map());
  const base = { node: "a", low: 0, high: Number.POSITIVE_INFINITY, slope: 0 };
  assert.equal(of("Relu"), { ...base, op: "Relu" });
  assert.equal(of("LeakyRelu"), { ...base, op: "LeakyRelu", slope: 0.01 });
  assert.equal(of("Clip", { min: 0, max: 6 }), { ...base, op: "Clip", high: 6 });
  assert.is(of("Sigmoid"), undefined);
});

test.run();
