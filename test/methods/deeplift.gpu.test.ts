// DeepLift against its twin, and its completeness.

import { match, throws } from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { makeGraph } from "../../src/graph/graph.js";
import { loadModel } from "../../src/model/load.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { Baseline, SamplingOptions } from "../../src/options/sampling.js";
import { makePlan } from "../../src/plan/plan.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { backward, forward } from "../reference/index.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const SHAPE = [1, 3, 9, 8];
const SIZE = 216;
const CLASSES = 4;
const pads = [1, 1, 1, 1];

/**
 * Every kind of activation, fused and not, overlapping maxima, a skip connection, weighed channels and a Concat;
 * functions with one constant, and a Softmax within and, if wanted, at the end.
 */
function network(end?: "Softmax" | "LogSoftmax"): Uint8Array {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", ...SHAPE.slice(1)]);
  const conv = (input: string, name: string, dims: number[]) =>
    g.node("Conv", [input, g.weight(`${name} w`, dims), g.weight(`${name} b`, [dims[0]!])], {
      pads,
    });
  const a = g.node("Relu", [conv(x, "one", [8, 3, 3, 3])]);
  const b = g.node("MaxPool", [a], { kernel_shape: [3, 3], pads });
  const bounds = [g.constant("low", 0), g.constant("high", 0.8)];
  const c = g.node("Clip", [conv(b, "two", [8, 8, 3, 3]), ...bounds]);
  const sum = g.node("Relu", [g.node("Add", [a, c])]);
  const squeezed = g.node("Sigmoid", [g.node("GlobalAveragePool", [sum])]);
  const weighed = g.node("Mul", [sum, squeezed]);
  const scaled = g.node("Mul", [weighed, g.weight("scale", [1, 8, 1, 1])]);
  const d = g.node("LeakyRelu", [conv(scaled, "three", [4, 8, 3, 3])], { alpha: 0.2 });
  const e = g.node("Sigmoid", [conv(scaled, "four", [4, 8, 3, 3])]);
  const f = g.node("PRelu", [g.node("Tanh", [e]), g.weight("slopes", [4, 1, 1])]);
  const h = g.node("Max", [g.node("Softmax", [d], { axis: 1 }), g.constant("floor", 0.1)]);
  const joined = g.node("Concat", [d, f, g.node("Pow", [h, g.constant("two", 2)])], { axis: 1 });
  const high = g.node("MaxPool", [joined], { kernel_shape: [2, 2], strides: [2, 2] });
  const pooled = g.node("Flatten", [g.node("GlobalAveragePool", [high])]);
  const dense = [pooled, g.weight("w", [CLASSES, 12]), g.weight("b", [CLASSES])];
  const logits = g.node("Gemm", dense, { transB: 1 });
  g.output(end ? g.node(end, [logits]) : logits, ["N", CLASSES]);
  return g.bytes();
}

const CURVED = ["Mul", "Sigmoid", "Tanh", "MaxPool", "PRelu", "Max", "Pow", "Softmax"];
const RULES = Object.fromEntries(
  ["Relu", "Clip", "LeakyRelu", ...CURVED].map((op) => [op, "rescale"]),
);

const test = suite("deeplift");

/** What stands for a baseline among the options, and the values that it is. */
const BASELINES: [title: string, option: Baseline, values: (data: Float32Array) => Float32Array][] =
  [
    ["zero", "zero", () => new Float32Array(SIZE)],
    [
      "black",
      "black",
      (data) => new Float32Array(SIZE).fill(data.reduce((a, b) => Math.min(a, b))),
    ],
    ["a tensor", { data: randn(SIZE, 8), shape: SHAPE }, () => randn(SIZE, 8)],
  ];

for (const of of ["logit", "probability"] as const) {
  for (const [title, baseline, valuesOf] of BASELINES) {
    testWithDevice(test, `the ${of} over ${title} agrees with its twin, Σ = Δ`, async (device) => {
      const onnx = decodeModel(network(of === "probability" ? "Softmax" : undefined));
      const model = await loadModel(device, network());
      const data = randn(SIZE, 3);
      const x0 = valuesOf(data);
      try {
        const values = forward(onnx, Float64Array.from(data), SHAPE);
        const values0 = forward(onnx, Float64Array.from(x0), SHAPE);
        const scores = [values, values0].map((v) => v.get(onnx.outputs[0]!)!.data);
        for (let target = 0; target < CLASSES; target++) {
          const start = new Float64Array(CLASSES).with(target, 1);
          const multipliers = backward(onnx, values, start, RULES, values0);
          const expected = multipliers.map((m, i) => m * (data[i]! - x0[i]!));
          const options = {
            method: "deeplift",
            baseline,
            of,
            target,
            samples: 1,
            noise: 0,
          } as const;
          const map = await sensitivity(model, { data, shape: SHAPE }, options);
          const actual = await map.data();
          const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
          close(actual, expected, { rtol: 1e-3, atol: 1e-4 * largest });
          const gain = scores[0]![target]! - scores[1]![target]!;
          close([map.completeness!.sum, map.completeness!.gain], [gain, gain], {
            rtol: 1e-3,
            atol: 0,
          });
          map.destroy();
        }
      } finally {
        model.destroy();
      }
    });
  }
}

testWithDevice(test, "what it cannot compare is refused", async (device) => {
  const model = await loadModel(device, network());
  const refusal = (options: SamplingOptions) =>
    sensitivity(model, { data: randn(SIZE, 3), shape: SHAPE }, {
      method: "deeplift",
      ...options,
    } as SensitivityOptions).then(
      () => "",
      (error: Error) => error.message,
    );
  match(await refusal({ baseline: "noise" }), /^deeplift compares with one picture/);
  match(
    await refusal({ baseline: ["zero", "black"] }),
    /^deeplift starts from one baseline, got 2$/,
  );
  match(
    await refusal({ of: "log-probability" }),
    /^target \(LogSoftmax\): deeplift has no rule for LogSoftmax: explain .* of: "probability"/,
  );
  model.destroy();
});

testWithDevice(test, "every noisy sample is compared with the same baseline", async (device) => {
  const model = await loadModel(device, network());
  const image = { data: randn(SIZE, 3), shape: SHAPE };
  try {
    const maps = [];
    for (const batch of [1, 5]) {
      const options = { method: "deeplift", target: 1, samples: 5, noise: 0.1, batch } as const;
      const map = await sensitivity(model, image, options);
      maps.push(await map.data());
      map.destroy();
    }
    close(maps[0]!, maps[1]!, { rtol: 1e-4, atol: 1e-5 });
  } finally {
    model.destroy();
  }
});

test("a quotient of activations is refused", () => {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", 3]);
  const y = g.node("Gemm", [x, g.weight("w1", [3, 4])]);
  g.output(g.node("Div", [y, g.node("Sigmoid", [y])], {}, { name: "m" }), ["N", 4]);
  const graph = makeGraph(decodeModel(g.bytes()));
  throws(
    () => makePlan(graph, { method: "deeplift" }),
    /^m \(Div\): deeplift goes through sums, products, and a constant with one activation .*: gradient, /,
  );
});

test.run();
