// Maps that are zero everywhere, or too small or too large for the numbers that hold them: each says so, says why, and
// prints no NaN.

import * as assert from "uvu/assert";
import type { SensitivityMap } from "../../src/explain/map.js";
import { sensitivities, sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { loadModel } from "../../src/model/load.js";
import type { ModelOptions } from "../../src/model/model.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const test = suite("warnings of maps");

const SIZE = 108;
const image = { data: randn(SIZE, 11), shape: [1, 3, 6, 6] };

interface Parts {
  /** What stands between two layers. */
  readonly middle?: string;
  /** What the first bias and the last weights are. */
  readonly bias?: number;
  readonly factor?: number;
  readonly last?: string;
  /** How often the logits are multiplied by 0.001. */
  readonly shrink?: number;
}

function network({ middle = "Relu", bias = 0, factor = 1, last, shrink = 0 }: Parts): Uint8Array {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 3, 6, 6]);
  const inputs = [x, g.weight("w1", [5, 3, 3, 3]), g.constant("b1", new Array(5).fill(bias))];
  const a = g.node(middle, [g.node("Conv", inputs)], {}, { name: "gate" });
  const weights = randn(4 * 80, 3).map((w) => w * factor);
  const dense = [g.node("Flatten", [a]), g.constant("w2", weights, [4, 80])];
  let logits = g.node("Gemm", dense, { transB: 1 });
  for (let i = 0; i < shrink; i++) logits = g.node("Mul", [logits, g.constant(`k${i}`, 1e-3)]);
  g.output(last ? g.node(last, [logits], { axis: 1 }) : logits);
  return g.bytes();
}

async function withMap(
  device: GPUDevice,
  parts: Parts,
  options: SensitivityOptions & ModelOptions,
  body: (map: SensitivityMap) => Promise<void> | void,
): Promise<void> {
  const { precision = "single", keepSoftmax = false, ...others } = options;
  const model = await loadModel(device, network(parts), { precision, keepSoftmax });
  const map = await sensitivity(model, image, { samples: 9, ...others });
  try {
    await body(map);
  } finally {
    map.destroy();
    model.destroy();
  }
}

/** Networks and options whose map is zero, and what is said of it. */
const ZEROS: Record<string, readonly [Parts, SensitivityOptions & ModelOptions, RegExp]> = {
  "a sign": [{ middle: "Sign" }, {}, /the gradient of gate \(Sign\) is 0 .* "occlusion"/],
  "a rounding": [{ middle: "Round" }, {}, /the gradient of gate \(Round\) is 0/],
  "a sign on a path": [
    { middle: "Floor" },
    { method: "integrated-gradients", steps: 3 },
    /the gradient of gate \(Floor\) is 0/,
  ],
  "dead ReLUs": [{ bias: -1e3 }, {}, /is 0 at all 9 samples\. Perhaps every ReLU/],
  "dead ReLUs and no noise": [{ bias: -1e3 }, { samples: 1, noise: 0 }, /is 0 at the image\./],
  "a saturated probability": [
    { factor: 1e3 },
    { of: "probability", noise: 0.01 },
    /the probability of class \d is 1 to float32's last digit.* Explain the logit/,
  ],
  "a kept Softmax": [
    { factor: 1e3, last: "Softmax" },
    { keepSoftmax: true, noise: 0.01 },
    /final Softmax is saturated: it gives class \d exactly 1\. Load the model without keepSoftmax/,
  ],
  "a layer that says nothing for the class": [
    { bias: -1e3 },
    { method: "grad-cam" },
    /nothing in the layer speaks for the class/,
  ],
  "windows that change nothing": [
    { bias: -1e3 },
    { method: "occlusion", window: 3 },
    /the same whichever window is hidden/,
  ],
  "samples that are alike": [
    {},
    { estimator: "variance", noise: 0 },
    /its samples are all alike, so their variance is 0/,
  ],
  "half precision": [
    { shrink: 5 },
    { precision: "half" },
    /half precision rounds gradients below 5\.8e-11 to 0\. .*"single"/,
  ],
};

for (const [name, [parts, options, expected]] of Object.entries(ZEROS)) {
  testWithDevice(test, `a map that is zero by ${name} says so`, async (device) => {
    await withMap(device, parts, options, async (map) => {
      close(await map.data(), new Float32Array(SIZE), { rtol: 0, atol: 0 });
      const said = map.warnings.filter((sentence) => /zero everywhere/.test(sentence));
      assert.is(said.length, 1, map.warnings.join("\n"));
      assert.match(said[0] as string, expected);
      // With noise, the next sample might have been another one.
      const isCertain = options.noise === 0 && options.samples !== 1;
      assert.is(map.standardError, isCertain ? 0 : Number.POSITIVE_INFINITY);
      const { data } = await map.pixels({ palette: "grayscale" });
      assert.ok(
        data.every((v, i) => v === (i % 4 === 3 ? 255 : 0)),
        "it is black",
      );
      if (map.completeness) assert.ok(Object.values(map.completeness).every(Number.isFinite));
    });
  });
}

testWithDevice(test, "where one way goes round the sign, the map is not zero", async (device) => {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 3, 6, 6]);
  const flat = g.node("Flatten", [g.node("Add", [x, g.node("Sign", [x])])]);
  g.output(g.node("Gemm", [flat, g.weight("w", [4, SIZE])], { transB: 1 }));
  const model = await loadModel(device, g.bytes());
  const map = await sensitivity(model, image, { samples: 3 });
  assert.not.match(map.warnings.join(), /zero everywhere/);
  assert.ok((await map.data()).some((v) => v !== 0));
  map.destroy();
  model.destroy();
});

for (const [name, parts, options, expected] of [
  [
    "squares that float32 cannot hold",
    { factor: 1e-22 },
    { estimator: "squared" },
    /squares of gradients, do not fit into float32 and read as 0: .*e-2[123]\. The standard error is right/,
  ],
  [
    "squares that are too large",
    { factor: 1e25 },
    { estimator: "squared" },
    /squares of gradients, do not fit into float32 and read as infinity/,
  ],
  [
    "gradients near float32's end",
    { factor: 1e-36 },
    {},
    /^The gradient is too small to be measured well/,
  ],
  [
    "gradients near half precision's end",
    { factor: 0.2, shrink: 3 },
    { precision: "half" },
    /^The gradient is too small for half precision: .*"single"/,
  ],
  [
    "gradients that half precision cuts",
    { factor: 1e3 },
    { precision: "half" },
    /^Half precision cuts gradients at ±64.*"single"/,
  ],
  ["gradients beyond float32", { factor: 1e38 }, {}, /^The map holds values that are not finite/],
] as const) {
  testWithDevice(test, `${name} are said`, async (device) => {
    await withMap(device, parts, options, ({ warnings, standardError }) => {
      const said = warnings.filter((sentence) => !/^No class stands out/.test(sentence));
      assert.is(said.length, 1, warnings.join("\n"));
      assert.match(said[0] as string, expected);
      assert.ok(standardError > 0, `a standard error of ${standardError}`);
    });
  });
}

testWithDevice(
  test,
  "without noise the standard error is 0, and there is nothing to warn of",
  async (device) => {
    for (const factor of [1, 1e-22]) {
      await withMap(device, { factor }, { noise: 0, target: 1 }, async (map) => {
        assert.is(map.standardError, 0);
        assert.is(await map.errorOf("squared"), 0);
        assert.equal(
          map.warnings.filter((sentence) => !/^No class/.test(sentence)),
          [],
        );
      });
    }
  },
);

testWithDevice(test, "a snapshot keeps its warnings, a series renews them", async (device) => {
  // The first sample turns no ReLU on, whose inputs reach 40.5; the second does, where they reach 63.4.
  const model = await loadModel(device, network({ bias: -45 }));
  const dark = { data: new Float32Array(SIZE).fill(0.01), shape: image.shape };
  const isZero = ({ warnings }: SensitivityMap) => /zero everywhere/.test(warnings.join());
  const seen: boolean[] = [];
  const errors: number[] = [];
  let early: SensitivityMap | undefined;
  const options = { samples: 4, batch: 1, noise: 10, noiseScale: "absolute" } as const;
  for await (const map of sensitivities(model, dark, options)) {
    early ??= await map.snapshot();
    seen.push(isZero(map));
    errors.push(map.standardError);
    if (map.samples === options.samples) map.destroy();
  }
  assert.equal(seen, [true, false, false, false]);
  assert.ok(errors[1]! > 0 && Number.isFinite(errors[1]));
  assert.ok(isZero(early as SensitivityMap));
  early?.destroy();
  model.destroy();
});

test.run();
