// Gradients far from 1: squares and fourth powers of 1e-22 and 1e12 lie beyond float32, and the standard error is made of
// them.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { loadModel } from "../../src/model/load.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { normals } from "../reference/philox.js";
import { attribution, relativeError } from "../reference/picture.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const test = suite("magnitude");

const SIZE = 108;
const image = { data: randn(SIZE, 11), shape: [1, 3, 6, 6] };
const ESTIMATORS = ["mean", "squared", "absolute", "variance"] as const;
const FACTORS = [1, 1e-22, 1e-30, 1e12];

/** A small network whose logits are multiplied by a factor. */
function network(factor: number): Uint8Array {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 3, 6, 6]);
  const a = g.node("Relu", [g.node("Conv", [x, g.weight("w1", [5, 3, 3, 3])])]);
  const weights = randn(4 * 80, 3).map((w) => w * factor);
  g.output(
    g.node("Gemm", [g.node("Flatten", [a]), g.constant("w2", weights, [4, 80])], { transB: 1 }),
  );
  return g.bytes();
}

async function mapsOf(device: GPUDevice, bytes: Uint8Array, options: SensitivityOptions) {
  const model = await loadModel(device, bytes);
  const map = await sensitivity(model, image, { target: 1, ...options });
  try {
    const errors = [];
    for (const estimator of ESTIMATORS) errors.push(await map.errorOf(estimator));
    const { samples, standardError } = map;
    return { data: await map.data("mean"), errors, samples, standardError };
  } finally {
    map.destroy();
    model.destroy();
  }
}

for (const [name, options] of Object.entries<SensitivityOptions>({
  "of independent samples": { samples: 9 },
  "of pairs": { samples: 10, antithetic: true },
  "of noisy weights": { samples: 8, weightNoise: 0.1, weightSamples: 2 },
  "on a path": { method: "integrated-gradients", samples: 4, steps: 3 },
  "of hidden windows": { method: "occlusion", samples: 4, window: 3 },
})) {
  testWithDevice(
    test,
    `the standard error does not depend on how large the gradient is, ${name}`,
    async (device) => {
      const [ordinary, ...others] = await Promise.all(
        FACTORS.map((factor) => mapsOf(device, network(factor), options)),
      );
      for (const error of ordinary!.errors) assert.ok(error > 0.01 && error < 10, `${error}`);
      for (const { errors } of others) close(errors, ordinary!.errors, { rtol: 1e-3, atol: 0 });
    },
  );
}

testWithDevice(
  test,
  "sampling stops at the same count, however small the gradient is",
  async (device) => {
    const options = { samples: 300, batch: 7, stop: { standardError: 0.12 } };
    const [ordinary, ...others] = await Promise.all(
      FACTORS.map((factor) => mapsOf(device, network(factor), options)),
    );
    const { samples, standardError } = ordinary!;
    assert.ok(samples > 20 && samples < 300 && standardError > 0, `${samples} samples`);
    for (const other of others) assert.is(other.samples, samples);
  },
);

testWithDevice(
  test,
  "a factor that is a power of two changes no other bit, whatever the batches",
  async (device) => {
    const ordinary = await mapsOf(device, network(1), { samples: 10 });
    for (const factor of [2 ** -73, 2 ** 40]) {
      for (const batch of [1, 3, 10]) {
        const { data, errors } = await mapsOf(device, network(factor), { samples: 10, batch });
        const same = { rtol: 0, atol: 0 };
        close(
          data,
          ordinary.data.map((v) => v * factor),
          same,
        );
        close(errors, ordinary.errors, same);
      }
    }
  },
);

testWithDevice(
  test,
  "samples may be any number of times as large as those before them",
  async (device) => {
    // S = Σ w exp(30 x): with noise the gradient, 30 w exp(30 x), takes any size between 1e-20 and 1e20.
    const weights = randn(2 * SIZE, 7);
    const g = new OnnxBuilder();
    const steep = g.node("Mul", [g.input("x", ["N", 3, 6, 6]), g.constant("steepness", 30)]);
    const flat = g.node("Flatten", [g.node("Exp", [steep])]);
    g.output(g.node("Gemm", [flat, g.constant("w", weights, [2, SIZE])], { transB: 1 }));
    const model = await loadModel(device, g.bytes());
    const options = {
      samples: 20,
      noise: 0.5,
      noiseScale: "absolute",
      target: 1,
      seed: 3,
    } as const;
    const zeros = { data: new Float32Array(SIZE), shape: image.shape };
    const gradients = Array.from({ length: options.samples }, (_, i) =>
      Float64Array.from(normals(SIZE, options.seed, i), (z, e) => {
        return 30 * weights[SIZE + e]! * Math.exp(30 * options.noise * z);
      }),
    );
    const sizes = gradients.flatMap((each) => [...each].map(Math.abs));
    assert.ok(Math.max(...sizes) > 1e15 && Math.min(...sizes) < 1e-15);
    for (const batch of [1, 6, 20]) {
      const map = await sensitivity(model, zeros, { ...options, batch });
      // exp of a number of two digits before the point loses two of float32's seven.
      const tolerance = { rtol: 1e-4, atol: 0 };
      close(await map.data("absolute"), attribution(gradients, "absolute"), tolerance);
      for (const estimator of ESTIMATORS) {
        const expected = relativeError(gradients, estimator);
        close([await map.errorOf(estimator)], [expected], { rtol: 1e-3, atol: 0 });
      }
      map.destroy();
    }
    model.destroy();
  },
);

testWithDevice(test, "every reduction of a tiny map has its true size", async (device) => {
  const scoresOf = async (factor: number) => {
    const model = await loadModel(device, network(factor));
    const map = await sensitivity(model, image, { target: 1, samples: 3 });
    const scores = [];
    for (const reduce of ["abs", "signed", "max", "l2", "abs-sum", "mean"] as const) {
      scores.push(...(await map.scores({ reduce })));
    }
    const pixels = await map.pixels({ reduce: "l2" });
    map.destroy();
    model.destroy();
    return { scores, pixels };
  };
  const ordinary = await scoresOf(1);
  for (const factor of [2 ** -73, 2 ** 70]) {
    const { scores, pixels } = await scoresOf(factor);
    close(
      scores,
      ordinary.scores.map((v) => v * factor),
      { rtol: 0, atol: 0 },
    );
    assert.equal(pixels.data, ordinary.pixels.data);
  }
});

test.run();
