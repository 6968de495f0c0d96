// Tensors in half precision: against an emulation in float64 that rounds at the same places, against single precision on
// every architecture, and what it must not touch.

import * as assert from "uvu/assert";
import { gradientLine } from "../../src/explain/gradient-line.js";
import { precisionError } from "../../src/explain/precision-error.js";
import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { methods } from "../../src/methods/methods.js";
import { optionsOf } from "../../src/methods/reads.js";
import { loadModel } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { HARDWARE_TILING } from "../../src/plan/tilings.js";
import { halfValue } from "../../src/tensor/half.js";
import { halfBits } from "../../src/tensor/rounding.js";
import { smallSize } from "../models/architectures/index.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { smallNetwork } from "../models/tiny.js";
import { backward, forward } from "../reference/index.js";
import { randn, relativeL2, suite, testWithDevice } from "../support/harness.js";

const test = suite("precision");

const HALF = { precision: "half", tiling: HARDWARE_TILING } as const;
const SHAPE = [1, 3, 9, 10] as const;
const image = { data: randn(270, 5), shape: SHAPE };
const rounded = (value: number) => halfValue(halfBits(value));

/**
 * Convolutions with and without strides, a pool, and a dense layer; `factor` is that of the first weights, and `bias` that
 * of class 3.
 */
function chain({ factor = 1, bias = 0 } = {}): Uint8Array {
  const g = new OnnxBuilder();
  const pads = [1, 1, 1, 1];
  const scaled = (name: string, shape: number[]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return g.constant(
      name,
      randn(count, name.length).map((v) => factor * v),
      shape,
    );
  };
  const first = [g.input("x", ["N", 3, 9, 10]), scaled("w1", [6, 3, 3, 3]), g.weight("b1", [6])];
  const a = g.node("Relu", [g.node("Conv", first, { pads, strides: [2, 2] })]);
  const b = g.node("Relu", [g.node("Conv", [a, g.weight("w2", [9, 6, 3, 3])], { pads })]);
  const pooled = g.node("MaxPool", [b], { kernel_shape: [2, 2], strides: [2, 2] });
  const flat = g.node("Flatten", [g.node("GlobalAveragePool", [pooled])]);
  g.output(g.node("Gemm", [flat, g.weight("w3", [9, 5]), g.constant("b3", [0.5, 0, 0, bias, 0])]));
  return g.bytes();
}

async function mapOf(model: Model, options: SensitivityOptions): Promise<Float32Array> {
  const [channels, height, width] = [model.input.channels, model.input.height, model.input.width];
  const shape = [1, channels, height, width];
  const own = { data: randn(channels * height * width, 5), shape };
  const map = await sensitivity(model, own, options);
  const values = await map.data();
  map.destroy();
  return values;
}

/** The largest part of numbers that are not equal, and by how many halves the worst is off. */
function differences(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  const order = (v: number) => (halfBits(v) & 0x8000 ? -(halfBits(v) & 0x7fff) : halfBits(v));
  const steps = Array.from(actual, (v, i) => Math.abs(order(v) - order(expected[i] as number)));
  return {
    part: steps.filter((step) => step > 0).length / steps.length,
    worst: steps.reduce((a, b) => Math.max(a, b), 0),
  };
}

testWithDevice(
  test,
  "rounds where tensors and weights are stored, and nowhere else",
  async (device) => {
    const bytes = chain();
    const decoded = decodeModel(bytes);
    const x = Float64Array.from(image.data);
    const values = forward(decoded, x, SHAPE, rounded);
    const seed = new Float64Array(5).with(2, 1024);
    const expected = backward(decoded, values, seed, {}, undefined, rounded).map((v) => v / 1024);
    const model = await loadModel(device, bytes, HALF);
    const { logits } = await model.classify(image);
    const gradient = await mapOf(model, { samples: 1, noise: 0, target: 2 });
    model.destroy();
    const ofLogits = differences(logits, values.get(decoded.outputs[0] as string)!.data);
    assert.ok(ofLogits.worst <= 1, `a logit is ${ofLogits.worst} halves off`);
    const scaled = (v: number) => 1024 * v;
    const { part, worst } = differences(gradient.map(scaled), expected.map(scaled));
    // Sums in another order may be rounded to the other neighbor.
    assert.ok(
      part < 0.05 && worst <= 2,
      `${100 * part} % of the gradient differ, by ${worst} halves`,
    );
    const exact = backward(decoded, forward(decoded, x, SHAPE), new Float64Array(5).with(2, 1));
    assert.ok(relativeL2(gradient, expected) < relativeL2(gradient, exact) / 20);
  },
);

// Twice what the map of four noisy samples was off by: about a thousandth where every function is smooth and hundredths
// where a rounded number is on the other side of a Relu, or another one the largest of a pool.
const LIMITS: Readonly<Record<keyof typeof smallSize, number>> = {
  "MNIST convnet": 1.2e-3,
  AlexNet: 0.06,
  "VGG with BatchNormalization": 0.26,
  "ResNet of basic blocks": 1.2e-3,
  "ResNet of bottlenecks": 6e-3,
  "Inception V3": 0.13,
  SqueezeNet: 0.32,
  DenseNet: 0.07,
  MobileNetV2: 0.17,
  MobileNetV3: 0.05,
  EfficientNet: 4e-3,
  ConvNeXt: 1.5e-3,
  ViT: 4e-3,
  Swin: 0.01,
};
const LIMIT_OF_LOGITS = 3e-3;
/** Those that `npm test` tries: what the others have beside their layers is theirs as well. */
const BRIEFLY = new Set<keyof typeof smallSize>(["MNIST convnet", "ViT"]);

for (const name of Object.keys(smallSize) as (keyof typeof smallSize)[]) {
  testWithDevice(
    test,
    `${name} is near single precision in half the memory`,
    async (device) => {
      const { input, build } = smallSize[name];
      const model = await loadModel(device, build(), HALF);
      const single = model.inPrecision("single");
      try {
        const own = { data: randn(input[1] * input[2] * input[3], 5), shape: input };
        const error = await precisionError(model, own, { noise: 0.1, seed: 3 });
        assert.is(error.samples, 4);
        assert.ok(error.logits > 0 && error.logits < LIMIT_OF_LOGITS, `logits: ${error.logits}`);
        assert.ok(error.map > 0 && error.map < LIMITS[name], `map: ${error.map}`);
        const plan = { method: "gradient" };
        const [small, large] = [model.plans.plan(plan).memory, single.plans.plan(plan).memory];
        assert.ok(small.perSample < 0.62 * large.perSample);
      } finally {
        model.destroy();
        single.destroy();
      }
    },
    { long: !BRIEFLY.has(name) },
  );
}

testWithDevice(
  test,
  "the methods that it has are near single precision, the others refuse",
  async (device) => {
    const model = await loadModel(device, chain(), HALF);
    const single = model.inPrecision("single");
    const tried: string[] = [];
    for (const [method, { procedure }] of Object.entries(methods)) {
      const reads = optionsOf(method);
      const steps = reads.includes("steps") && { steps: 3 };
      const options = {
        ...{ method, target: 1, samples: 2, noise: 0.1, ...steps },
      } as SensitivityOptions;
      if (procedure.divides) {
        const refusal = await mapOf(model, options).catch(String);
        assert.match(String(refusal), new RegExp(`${method}.*precision "single"`));
        continue;
      }
      tried.push(method);
      const error = relativeL2(await mapOf(model, options), await mapOf(single, options));
      assert.ok(error > 0 && error < 0.03, `${method}: ${error}`);
    }
    model.destroy();
    single.destroy();
    assert.ok(tried.length >= 11, `only ${tried}`);
  },
);

testWithDevice(test, "what else is made of a model is near, too", async (device) => {
  const model = await loadModel(device, chain(), HALF);
  const single = model.inPrecision("single");
  const near = (half: Float32Array, exact: Float32Array) => {
    const error = relativeL2(half, exact);
    assert.ok(error > 0 && error < 0.01, `${error}`);
  };
  const noisy = { weightNoise: 0.1, samples: 3, noise: 0, target: 1 };
  near(await mapOf(model, noisy), await mapOf(single, noisy));
  const line = { pixel: [4, 5], points: 5, noise: 0.1, target: 1 } as const;
  const [half, exact] = await Promise.all([model, single].map((m) => gradientLine(m, image, line)));
  for (const [c, values] of half!.gradients.entries()) near(values, exact!.gradients[c]!);
  near(half!.largest, exact!.largest);
  const targets = [0, 4];
  const options = { samples: 2, seed: 5 };
  const several = await sensitivity(model, image, { ...options, target: targets });
  for (const [i, target] of targets.entries()) {
    assert.equal(await several[i]!.data(), await mapOf(model, { ...options, target }));
    several[i]!.destroy();
  }
  model.destroy();
  single.destroy();
});

testWithDevice(test, "gradients as small as the smallest half are there", async (device) => {
  const model = await loadModel(device, chain({ bias: -12 }), HALF);
  const single = model.inPrecision("single");
  const options = { of: "probability", samples: 1, noise: 0, target: 3 } as const;
  const exact = await mapOf(single, options);
  const largest = exact.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  assert.ok(largest < 1e-5, `the largest is ${largest}`);
  const error = relativeL2(await mapOf(model, options), exact);
  // The probability itself comes of a rounded logit.
  assert.ok(error < 0.03, `${error}`);
  model.destroy();
  single.destroy();
});

testWithDevice(test, "the same bits however samples are split", async (device) => {
  const model = await loadModel(device, smallNetwork().bytes(), HALF);
  const whole = await mapOf(model, { samples: 7, seed: 4 });
  for (const batch of [1, 3])
    assert.equal(await mapOf(model, { samples: 7, seed: 4, batch }), whole);
  model.destroy();
});

testWithDevice(
  test,
  "what is too large is the largest half, and the map stays finite",
  async (device) => {
    const model = await loadModel(device, chain({ factor: 1e6 }), HALF);
    const { logits } = await model.classify(image);
    const map = await mapOf(model, { samples: 3, noise: 0.1 });
    model.destroy();
    assert.ok([...logits, ...map].every(Number.isFinite));
    assert.ok(map.some((v) => v !== 0));
  },
);

test.run();
