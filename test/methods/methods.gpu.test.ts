// Methods that are rules: on a network with every kind of gate, against the twins' rules; and what is refused.

import { sensitivity } from "../../src/explain/sensitivity.js";
import { makeGraph } from "../../src/graph/graph.js";
import { loadModel } from "../../src/model/load.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { makePlan } from "../../src/plan/plan.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { backward, forward } from "../reference/index.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const SHAPE = [1, 3, 7, 5];
const SIZE = 105;
const CLASSES = 4;

/** Gates fused and alone, in a skip connection, in the slots of a Concat, and before the logits. */
function gatedNetwork(): OnnxBuilder {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", ...SHAPE.slice(1)]);
  const pads = [1, 1, 1, 1];
  const a = g.node("Relu", [g.node("Conv", [x, g.weight("w1", [8, 3, 3, 3])], { pads })]);
  const bounds = [g.constant("low", 0), g.constant("high", 0.8)];
  const b = g.node("Clip", [
    g.node("Conv", [a, g.weight("w2", [8, 8, 3, 3])], { pads }),
    ...bounds,
  ]);
  const c = g.node("Relu", [g.node("Add", [a, b])]);
  const d = g.node("LeakyRelu", [g.node("Conv", [c, g.weight("w3", [4, 8, 1, 1])])], {
    alpha: 0.2,
  });
  const e = g.node("Relu", [g.node("Conv", [c, g.weight("w4", [4, 8, 3, 3])], { pads })]);
  const joined = g.node("Relu", [
    g.node("MaxPool", [g.node("Concat", [d, e], { axis: 1 })], { kernel_shape: [2, 2] }),
  ]);
  const pooled = g.node("Flatten", [g.node("GlobalAveragePool", [joined])]);
  g.output(g.node("Gemm", [pooled, g.weight("w5", [CLASSES, 8])], { transB: 1 }), ["N", CLASSES]);
  return g;
}

/** A network whose only activation is the given one. */
function networkWith(op: string): OnnxBuilder {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", 3]);
  const hidden = g.node("Gemm", [x, g.weight("w1", [3, 4])]);
  const curved = g.node(op, [hidden], {}, { name: "bend" });
  g.output(g.node("Gemm", [curved, g.weight("w2", [4, 2])]), ["N", 2]);
  return g;
}

const test = suite("methods");

for (const [method, rule] of [
  ["gradient", "gradient"],
  ["guided-backprop", "guided"],
  ["deconvnet", "deconvnet"],
] as const) {
  testWithDevice(test, `${method} agrees with its twin`, async (device) => {
    const bytes = gatedNetwork().bytes();
    const onnx = decodeModel(bytes);
    const data = randn(SIZE, 3);
    const values = forward(onnx, Float64Array.from(data), SHAPE);
    const model = await loadModel(device, bytes);
    try {
      for (let target = 0; target < CLASSES; target++) {
        const seed = new Float64Array(CLASSES).fill(0).with(target, 1);
        const rules = { Relu: rule, Clip: rule, LeakyRelu: rule };
        const expected = backward(onnx, values, seed, rules);
        const options = { method, target, samples: 1, noise: 0 };
        const map = await sensitivity(model, { data, shape: SHAPE }, options);
        const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        close(await map.data(), expected, { rtol: 1e-4, atol: 1e-5 * largest });
        map.destroy();
      }
    } finally {
      model.destroy();
    }
  });
}

for (const method of ["guided-backprop", "deconvnet"]) {
  test(`${method} is refused where an activation is curved`, () => {
    for (const op of ["Sigmoid", "Tanh"]) {
      const graph = makeGraph(decodeModel(networkWith(op).bytes()));
      let message = "";
      try {
        makePlan(graph, { method });
      } catch (error) {
        message = (error as Error).message;
      }
      const expected = `bend (${op}): ${method} has no rule for ${op}; methods that go through this network: gradient, `;
      if (!message.startsWith(expected)) throw new Error(`${op} is refused with "${message}"`);
    }
  });
}

test.run();
