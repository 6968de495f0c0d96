// Control flow that is unrolled at load, against onnxruntime, which goes through it.

import { sensitivity } from "../../src/explain/sensitivity.js";
import { loadModel } from "../../src/model/load.js";
import { flows, withFlow } from "../models/flows.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";

const SHAPE = [1, 4, 3, 3];

const test = suite("control flow");

for (const [name, read] of Object.entries(flows)) {
  testWithDevice(test, `${name} gives the same logits`, async (device) => {
    const bytes = withFlow(read);
    const image = { data: randn(36, 8), shape: SHAPE };
    const model = await loadModel(device, bytes, { axes: "NCHW" });
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

test.run();
