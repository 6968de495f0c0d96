// Layer-wise relevance propagation: every rule of every operator against its twin, and what must hold whatever
// the network is.

import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { makeGraph } from "../../src/graph/graph.js";
import { methodOf, methods } from "../../src/methods/methods.js";
import { relevance } from "../../src/methods/procedures/relevance.js";
import { loadModel } from "../../src/model/load.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { SamplingOptions } from "../../src/options/sampling.js";
import { makePlan } from "../../src/plan/plan.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { backward, forward } from "../reference/index.js";
import { BOX, NUMBERS } from "../reference/ops/lrp.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const CLASSES = 4;
const pads = [1, 1, 1, 1];

/** Convolutions of all kinds, sums, constants, averages, maxima, and every activation, fused and not. */
function mixedNetwork(): { bytes: Uint8Array; shape: number[] } {
  const g = new OnnxBuilder({ opset: 13 });
  const shape = [1, 3, 8, 6];
  const x = g.input("x", ["N", ...shape.slice(1)]);
  const conv = (input: string, name: string, dims: number[], attributes = {}) =>
    g.node("Conv", [input, g.weight(`${name} w`, dims), g.weight(`${name} b`, [dims[0]!])], {
      pads: dims[2] === 3 ? pads : [0, 0, 0, 0],
      ...attributes,
    });
  const a = g.node("Relu", [conv(x, "one", [8, 3, 3, 3])]);
  const bounds = [g.constant("low", 0), g.constant("high", 0.8)];
  const b = g.node("Clip", [conv(a, "two", [8, 1, 3, 3], { group: 8 }), ...bounds]);
  const c = g.node("Relu", [g.node("Add", [a, b])]);
  const shifted = g.node("Sub", [c, g.weight("shift", [1, 8, 1, 1])]);
  const scaled = g.node("Mul", [shifted, g.weight("scale", [1, 8, 1, 1])]);
  const d = g.node("LeakyRelu", [conv(scaled, "three", [4, 8, 1, 1])], { alpha: 0.2 });
  const e = g.node("Sigmoid", [conv(scaled, "four", [4, 4, 3, 3], { group: 2 })]);
  const joined = g.node("Concat", [d, e], { axis: 1 });
  const mean = g.node("AveragePool", [joined], { kernel_shape: [2, 2] });
  const high = g.node("MaxPool", [g.node("Relu", [mean])], { kernel_shape: [2, 2] });
  const f = g.node("Relu", [conv(high, "five", [8, 8, 3, 3], { strides: [2, 1] })]);
  const pooled = g.node("Flatten", [g.node("GlobalAveragePool", [f])]);
  const dense = [pooled, g.weight("w", [CLASSES, 8]), g.weight("b", [CLASSES])];
  g.output(g.node("Gemm", dense, { transB: 1 }), ["N", CLASSES]);
  return { bytes: g.bytes(), shape };
}

/** Dense layers over tokens, then over all of them. */
function tokenNetwork(): { bytes: Uint8Array; shape: number[] } {
  const g = new OnnxBuilder({ opset: 13 });
  const shape = [1, 3, 2, 6];
  const x = g.input("x", ["N", ...shape.slice(1)]);
  const tokens = g.node("Relu", [g.node("MatMul", [x, g.weight("w1", [6, 7])])]);
  const more = g.node("Tanh", [g.node("MatMul", [tokens, g.weight("w2", [7, 5])])]);
  const flat = g.node("Flatten", [more]);
  const hidden = g.node("Relu", [
    g.node("Gemm", [flat, g.weight("w3", [30, 9]), g.weight("b3", [9])]),
  ]);
  const dense = [hidden, g.weight("w4", [CLASSES, 9]), g.weight("b4", [CLASSES])];
  g.output(g.node("Gemm", dense, { transB: 1 }), ["N", CLASSES]);
  return { bytes: g.bytes(), shape };
}

/** Convolutions, Relus and a skip connection; with biases or without. */
function reluNetwork(bias: boolean): { bytes: Uint8Array; shape: number[] } {
  const g = new OnnxBuilder({ opset: 13 });
  const shape = [1, 3, 8, 8];
  const x = g.input("x", ["N", ...shape.slice(1)]);
  const parts = (input: string, k: number, dims: number[]) => [
    input,
    g.weight(`w${k}`, dims),
    ...(bias ? [g.weight(`b${k}`, [dims[0]!])] : []),
  ];
  const a = g.node("Relu", [g.node("Conv", parts(x, 1, [8, 3, 3, 3]), { pads })]);
  const b = g.node("Relu", [g.node("Conv", parts(a, 2, [8, 8, 3, 3]), { pads })]);
  const sum = g.node("Relu", [
    g.node("Add", [a, g.node("MaxPool", [b], { kernel_shape: [3, 3], pads })]),
  ]);
  const flat = g.node("Flatten", [
    g.node("AveragePool", [sum], { kernel_shape: [4, 4], strides: [4, 4] }),
  ]);
  g.output(g.node("Gemm", parts(flat, 3, [CLASSES, 32]), { transB: 1 }), ["N", CLASSES]);
  return { bytes: g.bytes(), shape };
}

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b);

async function mapOf(
  device: GPUDevice,
  { bytes, shape }: { bytes: Uint8Array; shape: number[] },
  options: SamplingOptions,
) {
  const model = await loadModel(device, bytes);
  try {
    const image = { data: randn(size(shape), 3), shape };
    const map = await sensitivity(model, image, {
      ...{ samples: 1, noise: 0, ...options },
    } as SensitivityOptions);
    const data = await map.data();
    map.destroy();
    return { data, logit: map.target.logit, image };
  } finally {
    model.destroy();
  }
}

const test = suite("relevance");
const names = Object.keys(methods).filter((name) => methodOf(name).procedure === relevance);

/** A network, by a method, with these numbers in the rules, against its twin. */
async function compare(
  device: GPUDevice,
  made: { bytes: Uint8Array; shape: number[] },
  method: string,
  numbers: SamplingOptions = {},
): Promise<void> {
  const onnx = decodeModel(made.bytes);
  const x = Float64Array.from(randn(size(made.shape), 3));
  const values = forward(onnx, x, made.shape);
  const logits = values.get(onnx.outputs[0]!)!.data;
  const { of: rules, first } = methodOf(method).rules;
  const linear = onnx.nodes.find(({ op }) => ["Conv", "Gemm", "MatMul"].includes(op))!;
  const all: Record<string, string> = { ...rules, ...(first && { [linear.name]: first }) };
  for (const op of ["Add", "Sub", "Mul", "AveragePool", "GlobalAveragePool"]) all[op] = "epsilon";
  const box = { low: [BOX.low, BOX.low, BOX.low], high: [BOX.high, BOX.high, BOX.high] };
  const target = 1;
  const seed = new Float64Array(CLASSES).with(target, logits[target]!);
  const expected = backward(onnx, values, seed, all);
  const options = { method, target, ...numbers, ...(first === "z-box" && { box }) };
  const { data } = await mapOf(device, made, options);
  const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  // A quotient by a sum near zero multiplies its rounding.
  close(data, expected, { rtol: 1e-3, atol: 1e-4 * largest });
}

for (const [title, network] of [
  ["convolutions", mixedNetwork],
  ["tokens", tokenNetwork],
] as const) {
  for (const method of names) {
    testWithDevice(test, `${method} of ${title} agrees with its twin`, (device) =>
      compare(device, network(), method),
    );
  }
}

for (const [method, numbers, twin] of [
  ["lrp", { epsilon: 0.1 }, { epsilon: 0.1 }],
  ["lrp-epsilon-gamma-box", { gamma: 1.5, epsilon: 0.02 }, { gamma: 1.5, epsilon: 0.02 }],
  ["lrp-alpha-beta", { alpha: 1.5 }, { alpha: 1.5 }],
  ["lrp-epsilon-alpha2-beta1", { beta: 2, epsilon: 0.02 }, { alpha: 3, epsilon: 0.02 }],
] as const) {
  testWithDevice(test, `${method} with ${JSON.stringify(numbers)}`, async (device) => {
    const usual = { ...NUMBERS };
    Object.assign(NUMBERS, twin);
    try {
      await compare(device, mixedNetwork(), method, numbers);
    } finally {
      Object.assign(NUMBERS, usual);
    }
  });
}

testWithDevice(test, "LRP conserves relevance where there are no biases", async (device) => {
  for (const method of ["lrp", "lrp-epsilon-plus", "lrp-epsilon-alpha2-beta1", "lrp-gamma"]) {
    const { data, logit } = await mapOf(device, reluNetwork(false), { method });
    const sum = data.reduce((a, b) => a + b, 0);
    if (!(Math.abs(sum - logit) <= 1e-4 * Math.abs(logit)))
      throw new Error(`${method} makes ${sum} of ${logit}`);
  }
});

testWithDevice(test, "LRP-ε is input times gradient on a Relu network", async (device) => {
  const { data, image } = await mapOf(device, reluNetwork(true), { method: "lrp" });
  const gradient = await mapOf(device, reluNetwork(true), { method: "gradient" });
  const expected = gradient.data.map((g, i) => g * image.data[i]!);
  const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  close(data, expected, { rtol: 1e-3, atol: 1e-4 * largest });
});

function refusal(build: (g: OnnxBuilder, x: string) => string, method: string): string {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", 3]);
  const y = build(g, g.node("Gemm", [x, g.weight("w1", [3, 4])]));
  g.output(g.node("Gemm", [y, g.weight("w2", [4, 2])]), ["N", 2]);
  try {
    makePlan(makeGraph(decodeModel(g.bytes())), { method });
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

test("relevance is refused where it is not defined", () => {
  const product = refusal(
    (g, x) => g.node("Mul", [x, g.node("Tanh", [x])], {}, { name: "m" }),
    "lrp",
  );
  const notTwo =
    /^m \(Mul\): lrp shares relevance out to one activation .*; methods that go .*attn-lrp/;
  if (!notTwo.test(product)) throw new Error(`a product is refused with "${product}"`);
  const softmax = refusal((g, x) => g.node("Softmax", [x], {}, { name: "s" }), "lrp-gamma");
  const noRule =
    /^s \(Softmax\): lrp-gamma has no rule for Softmax; .*attn-lrp is the one of its kind/;
  if (!noRule.test(softmax)) throw new Error(`a Softmax is refused with "${softmax}"`);
});

test("the z-box rule is refused for a layer that does not read the image", () => {
  const g = new OnnxBuilder({ opset: 13 });
  const bent = g.node("Tanh", [g.input("x", ["N", 3])]);
  g.output(g.node("Gemm", [bent, g.weight("w", [3, 2])], {}, { name: "late" }), ["N", 2]);
  let message = "";
  try {
    const box = { low: [0, 0, 0], high: [1, 1, 1] };
    makePlan(makeGraph(decodeModel(g.bytes())), { method: "lrp-z-box", box });
  } catch (error) {
    message = (error as Error).message;
  }
  const expected = /^late \(Gemm\): lrp-z-box bounds what the first layer reads by black and white/;
  if (!expected.test(message)) throw new Error(`it is refused with "${message}"`);
});

test.run();
