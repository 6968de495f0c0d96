// What lies around the passes: targets, paths from baselines, kinds of noise, pairs and early ends, on a small
// network against sums in float64.

import type { SensitivityMap } from "../../src/explain/map.js";
import { quantileOfSize } from "../../src/explain/quantile.js";
import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { pathNodes } from "../../src/methods/quadrature.js";
import { loadModel } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { SamplingOptions } from "../../src/options/sampling.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { smallNetwork } from "../models/tiny.js";
import { backward, forward } from "../reference/index.js";
import { normals, philox } from "../reference/philox.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const SHAPE = [1, 3, 8, 8];
const SIZE = 192;
const CLASSES = 10;
const data = randn(SIZE, 11);
const image = { data, shape: SHAPE };
const range = data.reduce((a, b) => Math.max(a, b)) - data.reduce((a, b) => Math.min(a, b));
const onnx = decodeModel(smallNetwork().bytes());
const TOLERANCE = { rtol: 1e-3, atol: 2e-5 };

type Values = Float64Array | Float32Array;

const logitsAt = (x: Values) =>
  forward(onnx, Float64Array.from(x), SHAPE).get(onnx.outputs[0] as string)!.data;

/** The gradient of logits · seed(logits). */
function gradientAt(x: Values, seed: (logits: Float64Array) => Float64Array): Float64Array {
  const values = forward(onnx, Float64Array.from(x), SHAPE);
  return backward(onnx, values, seed(values.get(onnx.outputs[0] as string)!.data));
}

const oneHot = (target: number) => () => new Float64Array(CLASSES).fill(0).with(target, 1);

function softmax(logits: Float64Array): Float64Array {
  const powers = logits.map((v) => Math.exp(v - Math.max(...logits)));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((v) => v / total);
}

const noisy = (i: number, sigma: (e: number) => number, sign = 1, seed = 0) => {
  const z = normals(SIZE, seed, i);
  return Float64Array.from(data, (v, e) => v + sign * sigma(e) * (z[e] as number));
};

const mean = (list: readonly Float64Array[]) =>
  Float64Array.from({ length: SIZE }, (_, e) =>
    list.reduce((sum, each) => sum + (each[e] as number) / list.length, 0),
  );

const times = (a: Values, b: Values) => Float64Array.from(a, (v, e) => v * (b[e] as number));
const minus = (a: Values, b: Values) => Float64Array.from(a, (v, e) => v - (b[e] as number));

async function withMap(
  device: GPUDevice,
  options: SamplingOptions,
  body: (map: SensitivityMap, model: Model) => Promise<void> | void,
  bytes = smallNetwork().bytes(),
): Promise<void> {
  const model = await loadModel(device, bytes);
  const map = await sensitivity(model, image, options as SensitivityOptions);
  try {
    await body(map, model);
  } finally {
    map.destroy();
    model.destroy();
  }
}

const test = suite("paths on the GPU");

for (const of of ["logit", "probability", "log-probability"] as const) {
  for (const versus of [undefined, 7]) {
    const against = versus === undefined ? "" : " minus another class's";
    testWithDevice(test, `the ${of}${against} of each sample is explained`, async (device) => {
      const target = 3;
      const options = { target, of, samples: 3, noise: 0.2, ...(versus && { versus }) };
      const seed = (logits: Float64Array) => {
        const p = softmax(logits);
        const one = (t: number) =>
          p.map((q, k) => {
            const own = k === t ? 1 : 0;
            if (of === "logit") return own;
            return of === "probability" ? (p[t] as number) * (own - q) : own - q;
          });
        return versus === undefined ? one(target) : minus(one(target), one(versus));
      };
      const expected = mean(
        [0, 1, 2].map((i) =>
          gradientAt(
            noisy(i, () => 0.2 * range),
            seed,
          ),
        ),
      );
      await withMap(device, options, async (map) => {
        const size = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        close(await map.data(), expected, { rtol: 1e-3, atol: 1e-4 * size });
      });
    });
  }
}

testWithDevice(test, "input times gradient, sample by sample", async (device) => {
  const samples = [0, 1].map((i) => noisy(i, () => 0.1 * range));
  const expected = mean(samples.map((x) => times(x, gradientAt(x, oneHot(2)))));
  const options = { method: "input-x-gradient", target: 2, samples: 2, noise: 0.1 };
  await withMap(device, options, async (map) => close(await map.data(), expected, TOLERANCE));
});

for (const quadrature of ["gauss-legendre", "trapezoid", "riemann"] as const) {
  testWithDevice(
    test,
    `integrated gradients by ${quadrature}, however they are split`,
    async (device) => {
      const x0 = randn(SIZE, 4);
      const steps = 5;
      const attribution = (x: Float64Array) => {
        const sum = new Float64Array(SIZE);
        for (const [alpha, weight] of pathNodes(quadrature, steps)) {
          const point = x.map((v, e) => (1 - alpha) * x0[e]! + alpha * v);
          gradientAt(point, oneHot(2)).forEach((g, e) => {
            sum[e] = sum[e]! + weight * g;
          });
        }
        return times(sum, minus(x, x0));
      };
      const samples = [0, 1, 2].map((i) => noisy(i, () => 0.1 * range));
      const expected = mean(samples.map(attribution));
      const at = samples.reduce((sum, x) => sum + logitsAt(x)[2]! / 3, 0);
      const gain = at - logitsAt(x0)[2]!;
      const options = {
        ...{ method: "integrated-gradients", target: 2, samples: 3, noise: 0.1 },
        ...{ quadrature, steps, baseline: { data: x0, shape: SHAPE } },
      };
      let whole: Float32Array | undefined;
      for (const batch of [15, 4, 1]) {
        await withMap(device, { ...options, batch }, async (map) => {
          const values = await map.data();
          if (whole) close(values, whole, { rtol: 0, atol: 0 });
          whole = values;
          const { completeness } = map;
          close([completeness!.gain], [gain], { rtol: 1e-4, atol: 1e-4 });
          const sum = expected.reduce((a, b) => a + b, 0);
          close([completeness!.sum, completeness!.gap], [sum, sum - gain], {
            rtol: 1e-3,
            atol: 1e-4,
          });
        });
      }
      close(whole!, expected, TOLERANCE);
    },
  );
}

testWithDevice(test, "the completeness gap shrinks with the steps", async (device) => {
  const gaps: number[] = [];
  for (const steps of [2, 300]) {
    const options = { method: "integrated-gradients", samples: 1, noise: 0, steps };
    await withMap(device, options, (map) => {
      gaps.push(Math.abs(map.completeness!.gap / map.completeness!.gain));
    });
  }
  if (!(gaps[1]! < 2e-3 && gaps[1]! < gaps[0]!)) throw new Error(`the gaps are ${gaps}`);
});

/** The same kind of network without a kink. */
function smoothNetwork(): Uint8Array {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", ...SHAPE.slice(1)]);
  const pads = [1, 1, 1, 1];
  const a = g.node("Tanh", [g.node("Conv", [x, g.weight("w1", [4, 3, 3, 3])], { pads })]);
  const b = g.node("Softplus", [g.node("Conv", [a, g.weight("w2", [4, 4, 3, 3])], { pads })]);
  const flat = g.node("Flatten", [g.node("GlobalAveragePool", [b])]);
  g.output(g.node("Gemm", [flat, g.weight("w3", [4, CLASSES])]), ["N", CLASSES]);
  return g.bytes();
}

testWithDevice(test, "50 steps leave no gap where the network is smooth", async (device) => {
  for (const quadrature of ["gauss-legendre", "trapezoid", "riemann"] as const) {
    const options = { method: "integrated-gradients", samples: 1, noise: 0, quadrature };
    const judge = ({ completeness }: SensitivityMap) => {
      const gap = Math.abs(completeness!.gap / completeness!.gain);
      if (!(gap < 1e-3)) throw new Error(`${quadrature} leaves ${gap}`);
    };
    await withMap(device, options, judge, smoothNetwork());
  }
});

testWithDevice(test, "one random place of each sample, a random baseline", async (device) => {
  const unit = (word: number) => (word + 0.5) / 2 ** 32;
  const baselines = [randn(SIZE, 4), randn(SIZE, 5), randn(SIZE, 6)];
  const n = 6;
  const attribution = (i: number, choices: readonly Values[]) => {
    const words = philox([0, i, 0, 1], [9, 0]);
    const alpha = unit(words[0]!);
    const x0 = choices[words[1]! % choices.length]!;
    const x = noisy(i, () => 0.1 * range, 1, 9);
    const point = x.map((v, e) => (1 - alpha) * x0[e]! + alpha * v);
    return times(minus(x, x0), gradientAt(point, oneHot(2)));
  };
  const samples = Array.from({ length: n }, (_, i) => i);
  const common = { target: 2, samples: n, noise: 0.1, seed: 9 };
  const given = baselines.map((values) => ({ data: values, shape: SHAPE }));
  const expected = mean(samples.map((i) => attribution(i, baselines)));
  await withMap(device, { ...common, method: "expected-gradients", baseline: given }, async (map) =>
    close(await map.data(), expected, TOLERANCE),
  );
  const joint = mean(samples.map((i) => attribution(i, [new Float32Array(SIZE)])));
  await withMap(
    device,
    { ...common, method: "integrated-gradients", quadrature: "random" },
    async (map) => close(await map.data(), joint, TOLERANCE),
  );
});

testWithDevice(test, "noise baselines lie within the range of the image", async (device) => {
  const low = data.reduce((a, b) => Math.min(a, b));
  const x0 = new Float64Array(SIZE);
  for (let e = 0; e < SIZE; e++) {
    const word = philox([e >> 2, 0, 0, 2], [0, 0])[e % 4]!;
    x0[e] = low + (range * (word + 0.5)) / 2 ** 32;
  }
  const options = {
    ...{ method: "integrated-gradients", target: 2, samples: 1, noise: 0 },
    ...({ baseline: "noise", steps: 1 } as const),
  };
  const middle = x0.map((v, e) => (v + data[e]!) / 2);
  const expected = times(gradientAt(middle, oneHot(2)), minus(data, x0));
  await withMap(device, options, async (map) => close(await map.data(), expected, TOLERANCE));
});

for (const [noiseScale, noise, sigma] of [
  ["absolute", 0.3, () => 0.3],
  [
    "adaptive",
    0.9,
    (e: number) => {
      const low = data.reduce((a, b) => Math.min(a, b));
      return Math.min(data[e]! - low, low + range - data[e]!) / quantileOfSize(0.9);
    },
  ],
] as const) {
  testWithDevice(test, `noise that is ${noiseScale}`, async (device) => {
    const expected = mean([0, 1].map((i) => gradientAt(noisy(i, sigma), oneHot(2))));
    await withMap(device, { target: 2, samples: 2, noise, noiseScale }, async (map) => {
      close(await map.data(), expected, TOLERANCE);
      const squares = Array.from({ length: SIZE }, (_, e) => sigma(e) ** 2);
      const rms = Math.sqrt(squares.reduce((a, b) => a + b, 0) / SIZE);
      close([map.sigma], [rms], { rtol: 1e-5, atol: 0 });
    });
  });
}

testWithDevice(test, "noise in the colors of the photo", async (device) => {
  const std = [0.2, 0.5, 1.5];
  const sigma = (e: number) => 0.1 / std[Math.floor(e / 64)]!;
  const expected = mean([0, 1].map((i) => gradientAt(noisy(i, sigma), oneHot(2))));
  const preprocess = { mean: [0.1, 0.2, 0.3], std };
  const options = { target: 2, samples: 2, noise: 0.1, noiseScale: "rgb", preprocess } as const;
  await withMap(device, options, async (map) => close(await map.data(), expected, TOLERANCE));
});

testWithDevice(test, "antithetic pairs, and the error of their means", async (device) => {
  const n = 10;
  const gradients = Array.from({ length: n }, (_, i) =>
    gradientAt(
      noisy(i - (i % 2), () => 0.2 * range, i % 2 === 1 ? -1 : 1),
      oneHot(2),
    ),
  );
  const pairs = Array.from({ length: n / 2 }, (_, k) => mean(gradients.slice(2 * k, 2 * k + 2)));
  const expected = mean(pairs);
  let error = 0;
  for (const pair of pairs) error += minus(pair, expected).reduce((sum, d) => sum + d * d, 0) / 20;
  const norm = Math.hypot(...expected);
  for (const batch of [10, 3]) {
    const options = { target: 2, samples: n, noise: 0.2, antithetic: true, batch };
    await withMap(device, options, async (map) => {
      close(await map.data(), expected, TOLERANCE);
      close([map.standardError], [Math.sqrt(error) / norm], { rtol: 1e-3, atol: 0 });
    });
  }
});

testWithDevice(test, "sampling ends when the map is sure enough", async (device) => {
  const options = { target: 2, samples: 1000, noise: 0.2, batch: 1 };
  const tolerance = 0.03;
  await withMap(device, { ...options, stop: { standardError: tolerance } }, async (map, model) => {
    if (map.samples >= 1000 || map.standardError > tolerance) {
      throw new Error(`${map.samples} samples, standard error ${map.standardError}`);
    }
    const { samples } = map;
    const again = await sensitivity(model, image, { ...options, samples });
    close(await map.data(), await again.data(), { rtol: 0, atol: 0 });
    again.destroy();
    const fewer = { ...options, samples: samples - 1 };
    const before = await sensitivity(model, image, fewer);
    if (before.standardError <= tolerance) throw new Error("it could have ended before");
    before.destroy();
  });
});

testWithDevice(test, "a map says how many passes each sample takes", async (device) => {
  for (const [options, points] of [
    [{}, 1],
    [{ method: "integrated-gradients", steps: 7 }, 7],
    [{ method: "integrated-gradients", quadrature: "random" }, 1],
    // 8 × 8 pixels, four windows of which none overlap.
    [{ method: "occlusion", window: 4, stride: 4 }, 5],
  ] as const) {
    await withMap(device, { ...options, samples: 2 }, (map) => {
      if (map.points !== points) throw new Error(`${JSON.stringify(options)}: ${map.points}`);
    });
  }
});

test.run();
