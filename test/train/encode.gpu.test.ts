// The files that training writes: the networks of the project, as onnxruntime and as the library read them.

import * as assert from "uvu/assert";
import { loadModel } from "../../src/index.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { encodeModel, type NetworkName, networks } from "../../src/train.js";
import { forward } from "../reference/index.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";

const test = suite("trained files");

for (const name of Object.keys(networks) as NetworkName[]) {
  const { model, input, classes } = networks[name](3);
  const x = randn(input.reduce((a, b) => a * b, 1));
  const expected = () => {
    const all = forward(model, Float64Array.from(x), [1, ...input]);
    return all.get("logits")!.data;
  };

  testWithDevice(
    test,
    `${name}: the same logits by onnxruntime and by the library`,
    async (device) => {
      const bytes = encodeModel(model, { classes });
      const logits = await runOnnxRuntime(bytes, x, [1, ...input]);
      close(logits, expected(), { rtol: 1e-3, atol: 1e-4 });
      const loaded = await loadModel(device, bytes);
      const classified = await loaded.classify({ data: x, shape: [1, ...input] });
      close(classified.logits, logits, { rtol: 1e-3, atol: 1e-4 });
      loaded.destroy();
    },
  );

  test(`${name}: in half precision the file is half as large, and nearly the same`, async () => {
    const [whole, half] = [encodeModel(model), encodeModel(model, { half: true })];
    assert.ok(half.length < 0.52 * whole.length + 4000, `${half.length} of ${whole.length} bytes`);
    const logits = await runOnnxRuntime(half, x, [1, ...input]);
    const scale = Math.max(...expected().map(Math.abs));
    close(logits, expected(), { rtol: 1e-2, atol: 1e-2 * scale });
  });
}

test("mnist-small fits into a page", () => {
  const bytes = encodeModel(networks["mnist-small"](0).model, { half: true, classes: 10 });
  assert.ok(bytes.length <= 600_000, `${bytes.length} bytes`);
});

test("the file says what was trained, name by name", () => {
  const { model } = networks["mnist-small"](1);
  const read = decodeModel(encodeModel(model, { metadata: { about: "a test" }, classes: 10 }));
  assert.equal(read.constants, model.constants);
  assert.equal(read.metadata, { about: "a test" });
  assert.equal(read.inputs, model.inputs);
  assert.equal(
    read.nodes.map(({ op, name }) => `${op} ${name}`),
    model.nodes.map(({ op, name }) => `${op} ${name}`),
  );
});

test.run();
