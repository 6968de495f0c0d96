// Blur IG on a small network against the integral over σ in float64, with a Gaussian that is cut nowhere, whose
// change with σ is taken by differences.

import * as assert from "uvu/assert";
import type { SensitivityMap } from "../../src/explain/map.js";
import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { pathNodes } from "../../src/methods/quadrature.js";
import { loadModel } from "../../src/model/load.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { SamplingOptions } from "../../src/options/sampling.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { backward, forward } from "../reference/index.js";
import { normals } from "../reference/philox.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const CHANNELS = 3;
const HEIGHT = 7;
const WIDTH = 10;
const SHAPE = [1, CHANNELS, HEIGHT, WIDTH];
const SIZE = CHANNELS * HEIGHT * WIDTH;
const CLASSES = 4;
const TARGET = 2;
const data = randn(SIZE, 31);
const range = data.reduce((a, b) => Math.max(a, b)) - data.reduce((a, b) => Math.min(a, b));

function network(activation: string): Uint8Array {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", ...SHAPE.slice(1)]);
  const pads = [1, 1, 1, 1];
  const a = g.node(activation, [g.node("Conv", [x, g.weight("w1", [8, 3, 3, 3])], { pads })]);
  const flat = g.node("Flatten", [a]);
  const dense = [flat, g.weight("w2", [CLASSES, 8 * HEIGHT * WIDTH]), g.weight("b2", [CLASSES])];
  g.output(g.node("Gemm", dense, { transB: 1 }), ["N", CLASSES]);
  return g.bytes();
}

const [kinked, curved] = [network("Relu"), network("Tanh")];
const onnx = decodeModel(kinked);

/** Beyond the edge the picture is 0. */
function blur(x: Float64Array, sigma: number): Float64Array {
  const density = (j: number) => Math.exp(-0.5 * (j / sigma) ** 2);
  let total = 0;
  for (let j = -1000; j <= 1000; j++) total += density(j);
  const result = new Float64Array(SIZE);
  for (let e = 0; e < SIZE; e++) {
    const [row, column] = [Math.floor(e / WIDTH) % HEIGHT, e % WIDTH];
    for (let r = 0; r < HEIGHT; r++) {
      for (let c = 0; c < WIDTH; c++) {
        const from = e + (r - row) * WIDTH + c - column;
        result[e]! += (x[from]! * density(r - row) * density(c - column)) / total ** 2;
      }
    }
  }
  return result;
}

const logitsAt = (x: Float64Array) => forward(onnx, x, SHAPE).get(onnx.outputs[0]!)!.data;

function attribution(x: Float64Array, steps: number, strongest: number): Float64Array {
  const seed = new Float64Array(CLASSES).with(TARGET, 1);
  const sum = new Float64Array(SIZE);
  for (const [alpha, weight] of pathNodes("gauss-legendre", steps)) {
    const sigma = strongest * alpha;
    const g = backward(onnx, forward(onnx, blur(x, sigma), SHAPE), seed);
    const h = 1e-4 * sigma;
    const [after, before] = [blur(x, sigma + h), blur(x, sigma - h)];
    for (let e = 0; e < SIZE; e++) {
      sum[e]! -= weight * strongest * g[e]! * ((after[e]! - before[e]!) / (2 * h));
    }
  }
  return sum;
}

async function withMap(
  device: GPUDevice,
  options: SamplingOptions,
  body: (map: SensitivityMap) => Promise<void> | void,
  bytes = kinked,
): Promise<void> {
  const model = await loadModel(device, bytes);
  const common = { method: "blur-ig", target: TARGET, samples: 1, noise: 0 } as const;
  const map = await sensitivity(model, { data, shape: SHAPE }, {
    ...{ ...common, ...options },
  } as SensitivityOptions);
  try {
    await body(map);
  } finally {
    map.destroy();
    model.destroy();
  }
}

const test = suite("blur");
const x = Float64Array.from(data);

for (const maxSigma of [0.4, 3, 40]) {
  testWithDevice(test, `the path from σ = ${maxSigma}`, async (device) => {
    await withMap(device, { maxSigma, steps: 6 }, async (map) => {
      const expected = attribution(x, 6, maxSigma);
      const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      close(await map.data(), expected, { rtol: 1e-3, atol: 1e-4 * largest });
      const gain = logitsAt(x)[TARGET]! - logitsAt(blur(x, maxSigma))[TARGET]!;
      const { completeness } = map;
      close([completeness!.gain], [gain], { rtol: 1e-4, atol: 1e-4 });
      const sum = expected.reduce((a, b) => a + b, 0);
      close([completeness!.sum, completeness!.gap], [sum, sum - gain], { rtol: 1e-3, atol: 1e-3 });
    });
  });
}

testWithDevice(test, "each noisy sample is blurred, however they are split", async (device) => {
  const samples = [0, 1, 2].map((i) => {
    const z = normals(SIZE, 0, i);
    return x.map((v, e) => v + 0.2 * range * z[e]!);
  });
  const each = samples.map((sample) => attribution(sample, 4, 2));
  const expected = x.map((_, e) => each.reduce((sum, a) => sum + a[e]! / 3, 0));
  const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const score = (at: Float64Array) => logitsAt(at)[TARGET]! / 3;
  const gain = samples.reduce((sum, at) => sum + score(at) - score(blur(at, 2)), 0);
  let first: Float32Array | undefined;
  for (const batch of [12, 5, 1]) {
    const options = { samples: 3, noise: 0.2, maxSigma: 2, steps: 4, batch };
    await withMap(device, options, async (map) => {
      const values = await map.data();
      close(values, expected, { rtol: 1e-3, atol: 1e-4 * largest });
      close([map.completeness!.gain], [gain], { rtol: 1e-4, atol: 1e-4 });
      first ??= values;
      close(values, first, { rtol: 0, atol: 0 });
    });
  }
});

testWithDevice(test, "many steps leave no gap where the network is smooth", async (device) => {
  for (const quadrature of ["gauss-legendre", "trapezoid", "riemann"] as const) {
    const steps = quadrature === "gauss-legendre" ? 60 : 400;
    const options = { steps, quadrature, maxSigma: 5 };
    await withMap(
      device,
      options,
      ({ completeness }) => {
        const gap = Math.abs(completeness!.gap / completeness!.gain);
        assert.ok(gap < 1e-3, `${quadrature} leaves ${gap}`);
      },
      curved,
    );
  }
});

testWithDevice(test, "what is no path of blurs is refused", async (device) => {
  for (const [options, message] of [
    [{ maxSigma: 0 }, "maxSigma must be a number from 0.1 to 1000, got 0"],
    [
      { quadrature: "random" },
      'blur-ig goes through every place of its path: no quadrature "random"',
    ],
  ] as const) {
    let said = "";
    await withMap(device, options, () => {}).catch((error) => {
      said = error.message;
    });
    assert.is(said, message);
  }
});

test.run();
