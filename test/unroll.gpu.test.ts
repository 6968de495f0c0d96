// Control flow that is unrolled at load, against onnxruntime, which goes through it.

import { loadModel } from "../src/load.js";
import { sensitivity } from "../src/sensitivity.js";
import { close, data, randn, suite, testWithDevice } from "./harness.js";
import { flows, withFlow } from "./models/flows.js";
import { runOnnxRuntime } from "./onnxruntime.js";

const SHAPE = [1, 4, 3, 3];

const test = suite("control flow");

for (const [name, read] of Object.entries(flows)) {
  testWithDevice(test, `${name} gives the same logits`, async (device) => {
    const bytes = withFlow(read);
    const image = { data: randn(36, 8), shape: SHAPE };
    const model = await loadModel(device, bytes);
    try {
      const { logits } = await model.classify(image);
      close(logits, await runOnnxRuntime(bytes, image.data, SHAPE), { rtol: 1e-4, atol: 1e-5 });
      const map = await sensitivity(model, image, { samples: 2 });
      if (!(await map.data()).some((v) => v !== 0)) throw new Error("the map is flat");
      map.destroy();
    } finally {
      model.destroy();
    }
  });
}

testWithDevice(test, "PyTorch's as_strided gives the same logits", async (device) => {
  const bytes = await data("found/detypify.onnx");
  const shape = [1, 1, 224, 224];
  const image = { data: randn(224 * 224, 8), shape };
  const model = await loadModel(device, bytes);
  const { logits } = await model.classify(image);
  close(logits, await runOnnxRuntime(bytes, image.data, shape), { rtol: 1e-3, atol: 1e-3 });
  model.destroy();
});

test.run();
