// The gradient of a pixel on the way to a noisy copy, against the float64 twin.

import * as assert from "uvu/assert";
import { gradientLine } from "../../src/explain/gradient-line.js";
import { loadModel } from "../../src/model/load.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { smallNetwork } from "../models/tiny.js";
import { backward, forward } from "../reference/index.js";
import { normals } from "../reference/philox.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const SHAPE = [1, 3, 8, 8];
const SIZE = 192;
const data = randn(SIZE, 11);
const range = data.reduce((a, b) => Math.max(a, b)) - data.reduce((a, b) => Math.min(a, b));
const onnx = decodeModel(smallNetwork().bytes());

function gradientAt(x: Float64Array, target: number): Float64Array {
  const values = forward(onnx, x, SHAPE);
  return backward(onnx, values, new Float64Array(10).fill(0).with(target, 1));
}

const test = suite("gradients along a line");

testWithDevice(test, "are those of the image plus a part of the noise", async (device) => {
  const model = await loadModel(device, smallNetwork().bytes());
  // More places than go together.
  const [points, noise, seed, target] = [21, 0.3, 4, 6];
  const pixel = [5, 2] as const;
  const options = { pixel, points, noise, seed, target };
  const { t, gradients, largest } = await gradientLine(model, { data, shape: SHAPE }, options);
  close(
    t,
    Float64Array.from({ length: points }, (_, i) => (i + 0.5) / points),
    {
      rtol: 1e-6,
      atol: 0,
    },
  );
  const z = normals(SIZE, seed, 0);
  const twins = Array.from(t, (part) =>
    gradientAt(
      Float64Array.from(data, (v, e) => v + part * noise * range * (z[e] as number)),
      target,
    ),
  );
  const tolerance = { rtol: 1e-3, atol: 2e-5 };
  for (const [c, curve] of gradients.entries()) {
    close(
      curve,
      twins.map((g) => g[c * 64 + pixel[1] * 8 + pixel[0]] as number),
      tolerance,
    );
  }
  close(
    largest,
    twins.map((g) => Math.max(...g.map(Math.abs))),
    tolerance,
  );
  model.destroy();
});

testWithDevice(test, "begin with the first class, and at a pixel that there is", async (device) => {
  const model = await loadModel(device, smallNetwork().bytes());
  const image = { data, shape: SHAPE };
  const { top } = await model.classify(image);
  const pixel = [0, 0] as const;
  const [first, named] = [
    await gradientLine(model, image, { pixel, points: 3 }),
    await gradientLine(model, image, { pixel, points: 3, target: top[0]!.index }),
  ];
  assert.equal(first, named);
  let message = "";
  await gradientLine(model, image, { pixel: [8, 0] }).catch((error) => (message = error.message));
  assert.is(message, "there is no pixel 8, 0 in an input of 8 × 8");
  model.destroy();
});

test.run();
