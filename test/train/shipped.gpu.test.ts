// The networks that come along, judged by onnxruntime on MNIST's 10,000 test images.

import * as assert from "uvu/assert";
import clean from "../../demo/models/mnist-clean.json";
import cleanFile from "../../demo/models/mnist-clean.onnx";
import noise from "../../demo/models/mnist-noise.json";
import noiseFile from "../../demo/models/mnist-noise.onnx";
import { loadModel } from "../../src/index.js";
import { readIdx } from "../../src/train.js";
import { close, data, suite, testWithDevice } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";

/** Images that go through the network at a time. */
const SLICE = 500;

const test = suite("networks that come along");

async function testImages() {
  const file = async (name: string) => ({ name, bytes: await data(`mnist/${name}.gz`) });
  return readIdx(await file("t10k-images-idx3-ubyte"), await file("t10k-labels-idx1-ubyte"));
}

const networks = [
  { name: "mnist-clean", file: cleanFile, card: clean, least: 0.99 },
  { name: "mnist-noise", file: noiseFile, card: noise, least: 0.985 },
];

for (const { name, file, card, least } of networks) {
  test(
    `${name}: at least ${100 * least} % of the test images, as its card says, by onnxruntime`,
    async () => {
      const { pixels, labels } = await testImages();
      assert.is(labels.length, 10_000);
      let right = 0;
      for (let first = 0; first < labels.length; first += SLICE) {
        const some = pixels.subarray(first * 784, (first + SLICE) * 784);
        const x = Float32Array.from(some, (pixel) => pixel / 255);
        const logits = await runOnnxRuntime(file, x, [SLICE, 1, 28, 28]);
        for (let n = 0; n < SLICE; n++) {
          const row = logits.subarray(10 * n, 10 * n + 10);
          if (row.indexOf(Math.max(...row)) === labels[first + n]) right++;
        }
      }
      assert.ok(right >= least * labels.length, `${right} of ${labels.length}`);
      // A logit that is nearly another may fall on either side of it.
      close([right / labels.length], [card.test.accuracy], { rtol: 0, atol: 5e-4 });
    },
    { long: true },
  );

  testWithDevice(test, `${name} fits into a page, and the library reads it`, async (device) => {
    assert.ok(file.length <= 600_000, `${file.length} bytes`);
    const model = await loadModel(device, file, { labels: card.labels });
    assert.equal(model.input, { channels: 1, height: 28, width: 28 });
    assert.is(model.classes, 10);
    model.destroy();
  });
}

test.run();
