// Models that keep their weights in files beside them.

import * as assert from "uvu/assert";
import { loadModel } from "../../src/model/load.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const test = suite("model");

/** A dense layer of 4 inputs and 3 classes; its weights lie from byte 8 on in a file. */
function parted(): {
  model: Uint8Array<ArrayBuffer>;
  weights: Uint8Array<ArrayBuffer>;
  w: Float32Array;
} {
  const g = new OnnxBuilder();
  const weight = g.weight("w", [3, 4]);
  g.output(g.node("Gemm", [g.input("x", ["N", 4]), weight], { transB: 1 }), ["N", 3]);
  const [tensor] = g.model.initializers;
  const w = Float32Array.from(tensor!.values as Float32Array);
  Object.assign(tensor!, {
    values: [],
    external: { location: "more/the weights.bin", offset: 8, length: w.byteLength },
  });
  const weights = new Uint8Array(8 + w.byteLength);
  weights.set(new Uint8Array(w.buffer), 8);
  return { model: Uint8Array.from(g.bytes()), weights, w };
}

const image = { data: randn(4, 5), shape: [1, 4] };
const logitsOf = (w: Float32Array) =>
  [0, 1, 2].map((k) => image.data.reduce((sum, v, i) => sum + v * w[4 * k + i]!, 0));

testWithDevice(test, "takes its data files from whoever loads it", async (device) => {
  const { model, weights, w } = parted();
  const asked: string[] = [];
  const loaded = await loadModel(device, model, {
    external: async (name) => {
      asked.push(name);
      return weights;
    },
  });
  assert.equal(asked, ["more/the weights.bin"]);
  close((await loaded.classify(image)).logits, logitsOf(w));
  loaded.destroy();
});

testWithDevice(test, "fetches its data files from beside the model", async (device) => {
  const { model, weights, w } = parted();
  const files = new Map([
    ["https://models.example/nets/model.onnx", model],
    ["https://models.example/nets/more/the%20weights.bin", weights],
  ]);
  const { fetch } = globalThis;
  globalThis.fetch = async (source) => {
    const url = String(source);
    const body = files.get(url);
    const response = body ? new Response(body) : new Response("", { status: 404 });
    return Object.defineProperty(response, "url", { value: url });
  };
  try {
    const loaded = await loadModel(device, "https://models.example/nets/model.onnx");
    close((await loaded.classify(image)).logits, logitsOf(w));
    loaded.destroy();
    files.delete("https://models.example/nets/more/the%20weights.bin");
    const missing = await loadModel(device, "https://models.example/nets/model.onnx").catch(String);
    assert.match(
      String(missing),
      /keeps its weights in a file beside it, which is missing: https:\/\/models.example\/nets\/more\/the%20weights.bin$/,
    );
  } finally {
    globalThis.fetch = fetch;
  }
  const alone = await loadModel(device, model).catch(String);
  assert.match(String(alone), /keeps its weights in "more\/the weights.bin"; give that too/);
});

test.run();
