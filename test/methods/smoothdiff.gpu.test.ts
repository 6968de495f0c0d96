// SmoothDiff on a network with every kind of gate, against the twins' means; and what is refused.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import { settle } from "../../src/explain/settings.js";
import { makeGraph } from "../../src/graph/graph.js";
import { loadModel } from "../../src/model/load.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { SamplingOptions } from "../../src/options/sampling.js";
import { makePlan } from "../../src/plan/plan.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { backward, backwardThroughMeans, forward } from "../reference/index.js";
import { normals } from "../reference/philox.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const SHAPE = [1, 3, 9, 7];
const SIZE = 189;
const CLASSES = 4;
const data = randn(SIZE, 3);
const image = { data, shape: SHAPE };
const range = data.reduce((a, b) => Math.max(a, b)) - data.reduce((a, b) => Math.min(a, b));

/**
 * Gates fused and alone, in a skip connection, in the slots of a Concat, and on the logits; pools whose windows
 * overlap, and what is linear between them.
 */
function network(): Uint8Array {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", ...SHAPE.slice(1)]);
  const pads = [1, 1, 1, 1];
  const conv = (from: string, name: string, shape: number[]) =>
    g.node("Conv", [from, g.weight(name, shape)], shape[2] === 3 ? { pads } : {});
  const a = g.node("Relu", [conv(x, "w1", [8, 3, 3, 3])]);
  const b = g.node("Clip", [
    conv(a, "w2", [8, 8, 3, 3]),
    g.constant("low", 0),
    g.constant("high", 0.8),
  ]);
  const scaled = g.node("Mul", [b, g.weight("scale", [1, 8, 1, 1])]);
  const c = g.node("Relu", [g.node("Sub", [a, scaled])]);
  const pooled = g.node("MaxPool", [c], { kernel_shape: [3, 3], strides: [2, 2], pads });
  const alone = g.node("Relu", [g.node("AveragePool", [pooled], { kernel_shape: [2, 2] })]);
  const d = g.node("LeakyRelu", [conv(alone, "w3", [6, 8, 1, 1])], { alpha: 0.2 });
  const e = g.node("Relu", [conv(alone, "w4", [4, 8, 3, 3])]);
  const joined = g.node("MaxPool", [g.node("Concat", [d, e], { axis: 1 })], {
    kernel_shape: [2, 2],
  });
  const dense = [g.node("Flatten", [joined]), g.weight("w5", [CLASSES, 60]), g.weight("b5", [4])];
  g.output(g.node("Relu", [g.node("Gemm", dense, { transB: 1 })]), ["N", CLASSES]);
  return g.bytes();
}

const bytes = network();
const onnx = decodeModel(bytes);

/** The means of n noisy samples. */
function expected(n: number, noise: number, seed: Float64Array): Float64Array {
  const samples = Array.from({ length: n }, (_, i) => {
    const z = normals(SIZE, 0, i);
    const x = Float64Array.from(data, (v, k) => v + noise * range * z[k]!);
    return forward(onnx, x, SHAPE);
  });
  return backwardThroughMeans(onnx, samples, seed);
}

const oneHot = (target: number) => new Float64Array(CLASSES).with(target, 1);

const size = (values: Float64Array) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);

const test = suite("smoothdiff");

testWithDevice(
  test,
  "goes through the mean gates, however the samples are split",
  async (device) => {
    const model = await loadModel(device, bytes);
    try {
      let open = 0;
      for (let target = 0; target < CLASSES; target++) {
        const truth = expected(7, 0.2, oneHot(target));
        if (size(truth) > 0) open++;
        let first: Float32Array | undefined;
        for (const batch of [7, 3, 1]) {
          const options = { method: "smoothdiff", target, samples: 7, noise: 0.2, batch } as const;
          const map = await sensitivity(model, image, options);
          const values = await map.data();
          close(values, truth, { rtol: 1e-4, atol: 1e-5 * size(truth) });
          first ??= values;
          close(values, first, { rtol: 0, atol: 0 });
          assert.is(map.samples, 7);
          assert.is(map.standardError, Number.POSITIVE_INFINITY);
          map.destroy();
        }
      }
      assert.ok(open > 1, "the Relu of the logits lets too few classes through");
    } finally {
      model.destroy();
    }
  },
);

testWithDevice(test, "is the gradient where there is no noise", async (device) => {
  const model = await loadModel(device, bytes);
  try {
    const options = { target: 1, samples: 1, noise: 0 };
    const map = await sensitivity(model, image, { ...options, method: "smoothdiff" });
    const truth = backward(onnx, forward(onnx, Float64Array.from(data), SHAPE), oneHot(1));
    close(await map.data(), truth, { rtol: 1e-4, atol: 1e-5 * size(truth) });
    map.destroy();
  } finally {
    model.destroy();
  }
});

testWithDevice(test, "two classes, and one against another, share the counts", async (device) => {
  const model = await loadModel(device, bytes);
  try {
    const options = { method: "smoothdiff", samples: 5, noise: 0.3, batch: 2, versus: 2 } as const;
    const maps = await sensitivity(model, image, { ...options, target: [3, 0] });
    for (const [i, target] of [3, 0].entries()) {
      const truth = expected(5, 0.3, oneHot(target).with(2, -1));
      close(await maps[i]!.data(), truth, { rtol: 1e-4, atol: 1e-5 * size(truth) });
      maps[i]!.destroy();
    }
  } finally {
    model.destroy();
  }
});

test("counts are kept once, for one sample: of each gate, and of each element of a window", () => {
  const { buffers } = makePlan(makeGraph(onnx), { method: "smoothdiff" });
  const vec4s = (kind: RegExp) =>
    buffers.filter(({ label, fixed }) => fixed && kind.test(label)).map(({ bytes }) => bytes / 16);
  // From the logits to the image, each behind the number of samples.
  assert.equal(
    vec4s(/^open gates of/).map((n) => n - 1),
    [1, 2 * 12, 1 * 12, 2 * 12, 2 * 63, 2 * 63, 2 * 63],
  );
  assert.equal(
    vec4s(/^winners of/).map((n) => n - 1),
    [3 * 6 * 4, 2 * 20 * 9],
  );
});

for (const [op, message] of [
  [
    "Sigmoid",
    /^bend \(Sigmoid\): smoothdiff has no rule for Sigmoid; methods that go .*: gradient, /,
  ],
  [
    "Softmax",
    /^bend \(Softmax\): smoothdiff has no rule for Softmax; methods that go .*: gradient, /,
  ],
] as const) {
  test(`is refused where there is a ${op}`, () => {
    const g = new OnnxBuilder({ opset: 13 });
    const x = g.input("x", ["N", 3]);
    const bent = g.node(op, [g.node("Gemm", [x, g.weight("w1", [3, 4])])], {}, { name: "bend" });
    g.output(g.node("Gemm", [bent, g.weight("w2", [4, 2])]), ["N", 2]);
    const graph = makeGraph(decodeModel(g.bytes()));
    assert.throws(() => makePlan(graph, { method: "smoothdiff" }), message);
  });
}

test("is refused for a product of activations", () => {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", 3]);
  const y = g.node("Relu", [g.node("Gemm", [x, g.weight("w1", [3, 4])])]);
  g.output(g.node("Mul", [y, y], {}, { name: "m" }), ["N", 4]);
  const graph = makeGraph(decodeModel(g.bytes()));
  assert.throws(
    () => makePlan(graph, { method: "smoothdiff" }),
    /^m \(Mul\): smoothdiff goes through sums, and through activations times or by constants; methods that/,
  );
});

for (const [options, message] of [
  [{ of: "probability" }, "smoothdiff explains a logit, not a probability"],
  [{ estimator: "variance" }, /^smoothdiff makes one gradient .* has no estimator "variance"$/],
  [{ stop: { standardError: 0.1 } }, /^smoothdiff makes .* has no standard error to stop by$/],
  [{ weightNoise: 0.2 }, /^smoothdiff makes .* has no "weightNoise"$/],
] as const) {
  test(`is refused with ${JSON.stringify(options)}`, () => {
    assert.throws(() => settle({ method: "smoothdiff", ...options } as SamplingOptions), message);
  });
}

test.run();
