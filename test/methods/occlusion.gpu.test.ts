// Occlusion on a small network against sums in float64, window by window, and the grids of windows that are refused.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { windowsOver } from "../../src/methods/procedures/windows.js";
import { loadModel } from "../../src/model/load.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { SamplingOptions } from "../../src/options/sampling.js";
import type { Extent } from "../../src/tensor/types.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { forward } from "../reference/index.js";
import { normals } from "../reference/philox.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const CHANNELS = 3;
const HEIGHT = 7;
const WIDTH = 9;
const SHAPE = [1, CHANNELS, HEIGHT, WIDTH];
const SIZE = CHANNELS * HEIGHT * WIDTH;
const CLASSES = 5;
const data = randn(SIZE, 21);
const image = { data, shape: SHAPE };

/** A picture that is wider than it is high. */
function network(): Uint8Array {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", ...SHAPE.slice(1)]);
  const pads = [1, 1, 1, 1];
  const a = g.node("Relu", [g.node("Conv", [x, g.weight("w1", [8, 3, 3, 3])], { pads })]);
  const b = g.node("Relu", [g.node("Conv", [a, g.weight("w2", [4, 8, 3, 3])], { pads })]);
  const flat = g.node("Flatten", [b]);
  const dense = [flat, g.weight("w3", [CLASSES, 4 * HEIGHT * WIDTH]), g.weight("b3", [CLASSES])];
  g.output(g.node("Gemm", dense, { transB: 1 }), ["N", CLASSES]);
  return g.bytes();
}

const bytes = network();
const onnx = decodeModel(bytes);

type Score = (logits: Float64Array) => number;

/** Zeiler and Fergus as Captum has them: every pixel gets the mean fall over the windows that hide it. */
function occluded(
  x: Float64Array,
  x0: ArrayLike<number>,
  size: Extent,
  stride: Extent,
  score: Score,
): Float64Array {
  const at = (values: Float64Array) =>
    score(forward(onnx, values, SHAPE).get(onnx.outputs[0]!)!.data);
  const whole = at(x);
  const sum = new Float64Array(SIZE);
  const count = new Float64Array(SIZE);
  const starts = (length: number, axis: 0 | 1) => {
    const list = [0];
    while (list.at(-1)! + size[axis] < length) list.push(list.at(-1)! + stride[axis]);
    return list;
  };
  for (const top of starts(HEIGHT, 0)) {
    for (const left of starts(WIDTH, 1)) {
      const inside = (e: number) => {
        const [row, column] = [Math.floor(e / WIDTH) % HEIGHT, e % WIDTH];
        return row >= top && row < top + size[0] && column >= left && column < left + size[1];
      };
      const fall = whole - at(x.map((v, e) => (inside(e) ? x0[e]! : v)));
      for (let e = 0; e < SIZE; e++) {
        if (!inside(e)) continue;
        sum[e]! += fall;
        count[e]! += 1;
      }
    }
  }
  return sum.map((v, e) => v / count[e]!);
}

async function attribution(
  device: GPUDevice,
  options: SamplingOptions,
): Promise<{ values: Float32Array; error: number }> {
  const model = await loadModel(device, bytes);
  const map = await sensitivity(model, image, {
    ...{ method: "occlusion", ...options },
  } as SensitivityOptions);
  try {
    return { values: await map.data(), error: map.standardError };
  } finally {
    map.destroy();
    model.destroy();
  }
}

const test = suite("occlusion");
const alone = { samples: 1, noise: 0, target: 2 };
const logit: Score = (logits) => logits[2]!;
const zeros = new Float64Array(SIZE);
const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };

for (const [size, stride] of [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [3, 2],
    [2, 1],
  ],
  [
    [4, 4],
    [3, 3],
  ],
  [
    [7, 4],
    [9, 4],
  ],
  [
    [7, 9],
    [1, 1],
  ],
] as const) {
  testWithDevice(test, `windows of ${size} every ${stride} pixels`, async (device) => {
    const { values } = await attribution(device, { ...alone, window: size, stride });
    const expected = occluded(Float64Array.from(data), zeros, size, stride, logit);
    close(values, expected, TOLERANCE);
  });
}

testWithDevice(test, "an eighth of the picture every half window if not said", async (device) => {
  const { values } = await attribution(device, alone);
  close(values, occluded(Float64Array.from(data), zeros, [1, 2], [1, 1], logit), TOLERANCE);
});

testWithDevice(
  test,
  "what the windows show, and what of the classes is explained",
  async (device) => {
    const x0 = randn(SIZE, 22);
    const softmax = (logits: Float64Array, k: number) =>
      Math.exp(logits[k]!) / logits.reduce((sum, v) => sum + Math.exp(v), 0);
    const baseline = { data: x0, shape: SHAPE };
    for (const [of, score] of [
      ["logit", (z: Float64Array) => z[2]! - z[4]!],
      ["probability", (z: Float64Array) => softmax(z, 2) - softmax(z, 4)],
      ["log-probability", (z: Float64Array) => Math.log(softmax(z, 2) / softmax(z, 4))],
    ] as const) {
      const options = { ...alone, of, versus: 4, baseline, window: 3, stride: 2 };
      const { values } = await attribution(device, options);
      close(values, occluded(Float64Array.from(data), x0, [3, 3], [2, 2], score), TOLERANCE);
    }
  },
);

testWithDevice(
  test,
  "each noisy sample has its own falls, however they are split",
  async (device) => {
    const range = data.reduce((a, b) => Math.max(a, b)) - data.reduce((a, b) => Math.min(a, b));
    const samples = [0, 1, 2].map((i) => {
      const z = normals(SIZE, 0, i);
      const x = Float64Array.from(data, (v, e) => v + 0.2 * range * z[e]!);
      return occluded(x, zeros, [3, 3], [2, 3], logit);
    });
    const expected = zeros.map((_, e) => samples.reduce((sum, a) => sum + a[e]! / 3, 0));
    const square = samples.reduce(
      (sum, a) => sum + a.reduce((part, v, e) => part + (v - expected[e]!) ** 2, 0),
      0,
    );
    const error = Math.sqrt(square / 6) / Math.hypot(...expected);
    const passes = 3 * (1 + 9);
    let first: Float32Array | undefined;
    for (const batch of [passes, 7, 1]) {
      const options = { samples: 3, noise: 0.2, target: 2, batch };
      const map = await attribution(device, { ...options, window: 3, stride: [2, 3] });
      close(map.values, expected, TOLERANCE);
      close([map.error], [error], { rtol: 1e-3, atol: 0 });
      first ??= map.values;
      close(map.values, first, { rtol: 0, atol: 0 });
    }
  },
);

test("windows that do not fit, or leave gaps, are refused", () => {
  const input = { height: 7, width: 9 };
  assert.throws(
    () => windowsOver(input, [3, 10]),
    "a window of 3 × 10 does not fit into the input of 7 × 9",
  );
  assert.throws(
    () => windowsOver(input, 3, [3, 4]),
    "a stride of 3 × 4 leaves gaps between windows of 3 × 3",
  );
  assert.is(windowsOver({ height: 224, width: 224 }).count, 225);
});

testWithDevice(test, "and so are windows of no size", async (device) => {
  for (const [options, message] of [
    [{ window: 0 }, "window must be a whole number from 1, or two: [height, width], got 0"],
    [
      { window: [3, 1.5] },
      "window must be a whole number from 1, or two: [height, width], got [3, 1.5]",
    ],
    [
      { window: 3, stride: -1 },
      "stride must be a whole number from 1, or two: [height, width], got -1",
    ],
  ] as const) {
    let said = "";
    await attribution(device, options as SamplingOptions).catch((error) => {
      said = error.message;
    });
    assert.is(said, message);
  }
});

test.run();
