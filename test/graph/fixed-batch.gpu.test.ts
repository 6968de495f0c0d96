// Files of a fixed batch against onnxruntime, which plays the whole batch: the logits of its first sample are those of
// the network for one.

import { loadModel } from "../../src/model/load.js";
import { convnet, ofBatch, transformer } from "../models/batches.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";

const BATCH = 64;
const SHAPE = [3, 6, 6];
const SIZE = 3 * 6 * 6;

const test = suite("fixed batches");

for (const [name, read] of Object.entries({
  "a convolutional network": convnet,
  "a transformer, samples first": transformer("samples first"),
  "a transformer, tokens first": transformer("tokens first"),
})) {
  testWithDevice(test, `${name} gives the logits of the first sample`, async (device) => {
    const bytes = ofBatch(BATCH, SHAPE, read);
    const images = randn(BATCH * SIZE, 3);
    const expected = await runOnnxRuntime(bytes, images, [BATCH, ...SHAPE]);
    const model = await loadModel(device, bytes);
    const image = { data: images.slice(0, SIZE), shape: [1, ...SHAPE] };
    const { logits } = await model.classify(image);
    close(logits, expected.slice(0, 5), { rtol: 1e-4, atol: 1e-5 });
    model.destroy();
  });
}

test.run();
