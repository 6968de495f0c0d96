// Noise on the weights: every method sees a network as if it had been loaded with them, however the passes are split.

import { throws } from "uvu/assert";
import { sensitivity } from "../../../src/explain/sensitivity.js";
import { type SensitivityOptions, settle } from "../../../src/explain/settings.js";
import { makeGraph } from "../../../src/graph/graph.js";
import { loadModel } from "../../../src/model/load.js";
import { Model } from "../../../src/model/model.js";
import { decodeModel } from "../../../src/onnx/decode.js";
import type { SamplingOptions } from "../../../src/options/sampling.js";
import { smallNetwork } from "../../models/tiny.js";
import { backward, forward } from "../../reference/index.js";
import { KEYS, withNoise } from "../../reference/perturb.js";
import { normals } from "../../reference/philox.js";
import { close, randn, suite, testWithDevice } from "../../support/harness.js";

const SHAPE = [1, 3, 8, 8];
const SIZE = 192;
const TARGET = 2;
const data = randn(SIZE, 11);
const image = { data, shape: SHAPE };
const onnx = decodeModel(smallNetwork().bytes());
const range = data.reduce((a, b) => Math.max(a, b)) - data.reduce((a, b) => Math.min(a, b));

async function mapOf(model: Model, options: SamplingOptions) {
  const map = await sensitivity(model, image, {
    ...{ target: TARGET, ...options },
  } as SensitivityOptions);
  const { standardError, completeness, target } = map;
  const values = await map.data();
  map.destroy();
  return { values, standardError, completeness, target };
}

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((a, b) => Math.max(a, Math.abs(b)), 0);

const test = suite("noise on the weights");

testWithDevice(test, "some inputs for each draw, however they are split", async (device) => {
  const [draws, inputs, level, seed] = [3, 4, 0.3, 5];
  const maps = Array.from({ length: draws * inputs }, (_, i) => {
    const network = withNoise(onnx, KEYS, { level, draw: Math.floor(i / inputs), seed });
    const z = normals(SIZE, seed, i);
    const x = Float64Array.from(data, (v, e) => v + 0.1 * range * z[e]!);
    const start = new Float64Array(10).with(TARGET, 1);
    return backward(network, forward(network, x, SHAPE), start);
  });
  const mean = (list: readonly Float64Array[]) =>
    Float64Array.from(
      { length: SIZE },
      (_, e) => list.reduce((s, m) => s + m[e]!, 0) / list.length,
    );
  const expected = mean(maps);
  const byDraw = Array.from({ length: draws }, (_, d) =>
    mean(maps.slice(d * inputs, (d + 1) * inputs)),
  );
  const squares = byDraw.map((m) => m.reduce((s, v, e) => s + (v - expected[e]!) ** 2, 0));
  const error = Math.sqrt(squares.reduce((a, b) => a + b) / (draws * (draws - 1)));
  const model = await loadModel(device, smallNetwork().bytes());
  const options = { samples: draws * inputs, noise: 0.1, weightNoise: level, weightSamples: draws };
  try {
    let whole: Float32Array | undefined;
    for (const batch of [12, 3, 1]) {
      const { values, standardError } = await mapOf(model, { ...options, seed, batch });
      close(values, expected, { rtol: 1e-3, atol: 1e-4 * largest(expected) });
      close([standardError], [error / Math.hypot(...expected)], { rtol: 1e-3, atol: 0 });
      if (whole) close(values, whole, { rtol: 0, atol: 0 });
      whole = values;
    }
  } finally {
    model.destroy();
  }
});

for (const method of [
  ...["gradient", "guided-backprop", "integrated-gradients", "deeplift", "hirescam", "occlusion"],
  ...["lrp", "lrp-gamma", "lrp-alpha-beta", "lrp-w-square", "lrp-flat", "lrp-z-box"],
]) {
  testWithDevice(test, `${method} as if the weights were so`, async (device) => {
    const level = 0.4;
    const noisy = makeGraph(withNoise(onnx, KEYS, { level, draw: 0 }));
    const models = [await loadModel(device, smallNetwork().bytes()), Model.of(device, noisy, {})];
    const [model, perturbed] = models as [Model, Model];
    try {
      const options = { method, samples: 1, noise: 0 };
      const actual = await mapOf(model, { ...options, weightNoise: level });
      const expected = await mapOf(perturbed, options);
      const atol = 1e-4 * largest(expected.values);
      close(actual.values, expected.values, { rtol: 1e-3, atol });
      if (expected.completeness) {
        const { sum, gain } = expected.completeness;
        close([actual.completeness!.sum, actual.completeness!.gain], [sum, gain], { rtol: 1e-3 });
      }
    } finally {
      for (const each of models) each.destroy();
    }
  });
}

testWithDevice(
  test,
  "noise of next to nothing changes no bit, nor any noise the class",
  async (device) => {
    const model = await loadModel(device, smallNetwork().bytes());
    try {
      for (const method of ["gradient", "lrp-gamma", "deeplift"]) {
        const options = { method, samples: 3, noise: 0.1, batch: 1 };
        const plain = await mapOf(model, options);
        const next = await mapOf(model, { ...options, weightNoise: 1e-30 });
        close(next.values, plain.values, { rtol: 0, atol: 0 });
        const noisy = await mapOf(model, { ...options, weightNoise: 0.5 });
        close([noisy.target.logit], [plain.target.logit], { rtol: 0, atol: 0 });
      }
    } finally {
      model.destroy();
    }
  },
);

test("what cannot be shared out is refused", () => {
  const common = { samples: 12, weightNoise: 0.2 };
  throws(() => settle({ weightSamples: 5 }), /need a weightNoise above 0$/);
  throws(() => settle({ ...common, weightSamples: 5 }), /^12 samples cannot be shared out evenly/);
  throws(() => settle({ ...common, weightSamples: 4, antithetic: true }), /are odd$/);
  throws(() => settle({ ...common, weightSamples: 13 }), /^weightSamples must be a whole number/);
  throws(() => settle({ weightNoise: -1 }), /^weightNoise must be a number from 0/);
});

test.run();
