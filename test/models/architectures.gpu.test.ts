// Every architecture in small, as exporters write it: logits against onnxruntime, the gradient against central
// differences in float64, and SmoothGrad against the gradients of its noisy samples one by one. The networks in
// full size are planned in test/plan/memory.test.ts.

import { sensitivity } from "../../src/explain/sensitivity.js";
import { loadModel } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { HARDWARE_TILING } from "../../src/plan/tilings.js";
import { forward } from "../reference/index.js";
import { normals } from "../reference/philox.js";
import { randn, relativeL2, suite, testWithDevice } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";
import { type Export, smallSize } from "./architectures/index.js";

const test = suite("architectures");

const norm = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0));

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, v, e) => sum + v * (b[e] as number), 0);
}

function below(what: string, value: number, limit: number): void {
  if (!(value <= limit)) throw new Error(`${what} is ${value.toExponential(2)}, above ${limit}`);
}

async function gradientOf(
  model: Model,
  data: Float32Array,
  shape: readonly number[],
  target: number,
): Promise<Float32Array> {
  const map = await sensitivity(model, { data, shape }, { samples: 1, noise: 0, target });
  const gradient = await map.data();
  map.destroy();
  return gradient;
}

/** Random directions d ~ N(0, 1): the error of g · d is about as large as the error of g. */
const DIRECTIONS = [1, 2];

async function check(device: GPUDevice, name: keyof typeof smallSize, how: Export): Promise<void> {
  const { input, build } = smallSize[name];
  const bytes = build(how);
  const x = randn(input[1] * input[2] * input[3], 5);
  // Small tiles are compiled in a fifth of the time.
  const model = await loadModel(device, bytes, { tiling: HARDWARE_TILING });
  try {
    const { logits, top } = await model.classify({ data: x, shape: input });
    const expected = await runOnnxRuntime(bytes, x, input);
    const mean = expected.reduce((a, b) => a + b, 0) / expected.length;
    const spread = norm(expected.map((v) => v - mean)) / Math.sqrt(expected.length);
    if (!(spread > 0.2 && spread < 20)) throw new Error(`the logits have a spread of ${spread}`);
    below("the error of the logits", relativeL2(logits, expected), 1e-5);

    const target = top[0]?.index as number;
    const g = await gradientOf(model, x, input, target);
    const decoded = decodeModel(bytes);
    const output = decoded.outputs[0] as string;
    const logitsAt = (direction: Float32Array, step: number): Float64Array => {
      const there = Float64Array.from(x, (v, e) => v + step * (direction[e] as number));
      return forward(decoded, there, input).get(output)?.data as Float64Array;
    };
    below("the error of the judge", relativeL2(logitsAt(x, 0), expected), 1e-5);
    const h = 1e-6;
    for (const seed of DIRECTIONS) {
      const d = randn(x.length, 100 + seed);
      const ahead = logitsAt(d, h)[target] as number;
      const slope = (ahead - (logitsAt(d, -h)[target] as number)) / (2 * h);
      below("the error of the gradient", Math.abs(dot(g, d) - slope) / norm(g), 1e-4);
    }

    const [samples, noise, seed] = [4, 0.1, 9];
    const map = await sensitivity(
      model,
      { data: x, shape: input },
      { samples, noise, seed, target },
    );
    const smooth = await map.data();
    map.destroy();
    const sigma = noise * (Math.max(...x) - Math.min(...x));
    const sum = new Float64Array(x.length);
    for (let i = 0; i < samples; i++) {
      const z = normals(x.length, seed, i);
      const noisy = x.map((v, e) => v + sigma * (z[e] as number));
      const single = await gradientOf(model, noisy, input, target);
      single.forEach((v, e) => {
        sum[e] = (sum[e] as number) + v / samples;
      });
    }
    below("the error of SmoothGrad", relativeL2(smooth, sum), 1e-4);
  } finally {
    model.destroy();
  }
}

// These take longest to compile, and the others have all of their operators.
const isLong = (name: string) => ["Inception V3", "ResNet of bottlenecks"].includes(name);

for (const name of Object.keys(smallSize) as (keyof typeof smallSize)[]) {
  testWithDevice(test, name, (device) => check(device, name, {}), { long: isLong(name) });
}

for (const name of ["ConvNeXt", "ViT", "Swin"] as const) {
  testWithDevice(test, `${name} before LayerNormalization was an operator`, (device) =>
    check(device, name, { opset: 13 }),
  );
}

for (const name of ["ViT", "Swin", "Inception V3"] as const) {
  testWithDevice(
    test,
    `${name} with a batch axis of 1`,
    (device) => check(device, name, { batch: 1 }),
    { long: isLong(name) },
  );
}

test.run();
