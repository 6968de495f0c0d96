// The gradient of each twin against central differences, which know the forward pass only; then what the
// gradient is where there is none, and the other rules.

import type { Attribute, OnnxModel } from "../../src/onnx/types.js";
import type { Node } from "../../src/ops/types.js";
import type { Constant, Shape } from "../../src/tensor/types.js";
import { close, randn, suite } from "../support/harness.js";
import { type Case, floats, imageOf, modelOf, scalar } from "./case.js";
import { cases } from "./cases.js";
import { backward, forward, twins } from "./index.js";
import * as quantization from "./ops/quantized.js";
import { sizeOf } from "./twin.js";

function centralDifferences(model: OnnxModel, x: Float64Array, shape: Shape, seed: Float64Array) {
  const h = 1e-6;
  const output = (x: Float64Array) => forward(model, x, shape).get(model.outputs[0]!)!.data;
  return x.map((_, i) => {
    const [above, below] = [output(x.with(i, x[i]! + h)), output(x.with(i, x[i]! - h))];
    // Element by element, so that large ones that do not depend on x[i] leave no rounding behind.
    return above.reduce((sum, y, j) => sum + (y - below[j]!) * seed[j]!, 0) / (2 * h);
  });
}

const test = suite("reference");

for (const [number, example] of cases) {
  if (example.large) continue;
  test(`${example.op} of ${example.shape} (${number}): its gradient is that of its values`, () => {
    const model = modelOf(example);
    const x = Float64Array.from(imageOf(example, number));
    const values = forward(model, x, example.shape);
    const seed = Float64Array.from(randn(values.get("y")!.data.length, 7));
    const dx = backward(model, values, seed);
    close(dx, centralDifferences(model, x, example.shape, seed), { rtol: 1e-7, atol: 1e-8 });
  });
}

test("every twin has a case", () => {
  // What the first four give is the same for every image that the library takes, and rounding has no slope:
  // quantized.gpu.test.ts.
  const elsewhere = ["ConstantOfShape", "Equal", "Shape", "Size", ...Object.keys(quantization)];
  const varying = Object.keys(twins).filter((op) => !elsewhere.includes(op));
  const missing = varying.filter((op) => !cases.some(([, example]) => example.op === op));
  if (missing.length > 0) throw new Error(`No case for ${missing.join(", ")}`);
});

function gradientOf(example: Case, x: number[], dy: number[], rules?: Record<string, string>) {
  const model = modelOf(example);
  const values = forward(model, Float64Array.from(x), example.shape);
  return backward(model, values, Float64Array.from(dy), rules);
}

test("MaxPool gives the gradient of a tie to the first", () => {
  const example = { op: "MaxPool", shape: [1, 1, 2, 2], attributes: { kernel_shape: [2, 2] } };
  close(gradientOf(example, [0, 5, 5, 1], [3]), [0, 3, 0, 0], { rtol: 0, atol: 0 });
});

test("the derivative at a kink is 0", () => {
  const clip: Case = { op: "Clip", shape: [1, 2], inputs: ["x", scalar(0), scalar(6)] };
  close(gradientOf({ op: "Relu", shape: [1, 2] }, [0, 1], [1, 1]), [0, 1], { rtol: 0, atol: 0 });
  close(gradientOf(clip, [0, 6], [1, 1]), [0, 0], { rtol: 0, atol: 0 });
});

test("guided and deconvnet let positive gradients pass, guided only through open gates", () => {
  const [x, dy] = [
    [-1, -1, 1, 1],
    [-2, 3, -4, 5],
  ];
  const relu: Case = { op: "Relu", shape: [1, 4] };
  const leaky: Case = { op: "LeakyRelu", shape: [1, 4], attributes: { alpha: 0.5 } };
  const exactly = { rtol: 0, atol: 0 };
  close(gradientOf(relu, x!, dy!, { Relu: "guided" }), [0, 0, 0, 5], exactly);
  close(gradientOf(relu, x!, dy!, { Relu: "deconvnet" }), [0, 3, 0, 5], exactly);
  close(gradientOf(leaky, x!, dy!, { LeakyRelu: "guided" }), [0, 1.5, 0, 5], exactly);
  close(gradientOf(leaky, x!, dy!, { Relu: "guided" }), [-1, 1.5, -4, 5], exactly);
});

test("a rule that a twin lacks is an error", () => {
  let message = "";
  try {
    gradientOf({ op: "Sigmoid", shape: [1, 1] }, [0], [1], { Sigmoid: "guided" });
  } catch (error) {
    message = (error as Error).message;
  }
  if (message !== 'node (Sigmoid): the twin has no rule "guided"') throw new Error(message);
});

/** conv → relu five times with a residual, then a dense layer: a net small enough for every test. */
function smallNet(): OnnxModel {
  const constants = new Map<string, Constant>();
  const nodes: Node[] = [];
  let last = "x";
  const node = (op: string, inputs: string[], attributes: Record<string, Attribute> = {}) => {
    const name = `${op}${nodes.length}`;
    nodes.push({ name, op, inputs, outputs: [name], attributes });
    last = name;
  };
  for (let layer = 0; layer < 5; layer++) {
    const { type, shape, data } = floats([16, layer === 0 ? 3 : 16, 3, 3], layer + 10);
    constants.set(`w${layer}`, { type, shape, data: data.map((w) => w / 8) });
    const before = last;
    node("Conv", [last, `w${layer}`], { pads: [1, 1, 1, 1] });
    node("Relu", [last]);
    if (layer === 2) node("Add", [last, before]);
  }
  node("GlobalAveragePool", [last]);
  node("Flatten", [last]);
  constants.set("dense", floats([16, 10], 20));
  node("Gemm", [last, "dense"]);
  const image = { name: "x", type: "float32", shape: [null, 3, 16, 16] } as const;
  return { opset: 13, nodes, constants, inputs: [image], outputs: [last], metadata: {} };
}

test("a whole network: the gradient predicts a small step", () => {
  const model = smallNet();
  const shape = [1, 3, 16, 16];
  const x = Float64Array.from(randn(sizeOf(shape), 30));
  const direction = Float64Array.from(randn(x.length, 31));
  const seed = Float64Array.from(randn(10, 32));
  const score = (t: number) => {
    const moved = x.map((value, i) => value + t * direction[i]!);
    const y = forward(model, moved, shape).get(model.outputs[0]!)!;
    return y.data.reduce((sum, value, j) => sum + value * seed[j]!, 0);
  };
  const dx = backward(model, forward(model, x, shape), seed);
  const predicted = dx.reduce((sum, d, i) => sum + d * direction[i]!, 0);
  close([predicted], [(score(1e-7) - score(-1e-7)) / 2e-7], { rtol: 1e-6 });
});

test.run();
