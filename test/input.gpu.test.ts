// The same network as PyTorch and as TensorFlow would export it: channels first, or last with Transposes around its
// convolutions. Pictures go in and maps come out the same way.

import * as assert from "uvu/assert";
import { loadModel } from "../src/load.js";
import { sensitivity } from "../src/sensitivity.js";
import { close, randn, suite, testWithDevice } from "./harness.js";
import { OnnxBuilder } from "./models/onnx-builder.js";

const [C, H, W] = [3, 7, 5];

/** Convolution, bias, Relu, pooling, classes: channels last but within the convolution. */
function network(order: "NCHW" | "NHWC"): Uint8Array {
  const g = new OnnxBuilder({ opset: 13 });
  const last = order === "NHWC";
  const x = g.input("x", last ? ["N", H, W, C] : ["N", C, H, W]);
  const weights = g.weight("w", [6, C, 3, 3]);
  const bias = g.weight("b", last ? [6] : [6, 1, 1], { std: 0.5 });
  const inner = last ? g.node("Transpose", [x], { perm: [0, 3, 1, 2] }) : x;
  const conv = g.node("Conv", [inner, weights], { pads: [1, 1, 1, 1], strides: [2, 1] });
  const outer = last ? g.node("Transpose", [conv], { perm: [0, 2, 3, 1] }) : conv;
  const relu = g.node("Relu", [g.node("Add", [outer, bias])]);
  const mean = g.node("ReduceMean", [relu], { axes: last ? [1, 2] : [2, 3], keepdims: 0 });
  g.output(g.node("MatMul", [mean, g.weight("classes", [6, 4])]), ["N", 4]);
  return g.bytes();
}

const test = suite("channels first and last");

for (const method of ["gradient", "occlusion", "hirescam"]) {
  testWithDevice(test, `${method} gives the same map`, async (device) => {
    const image = { data: randn(C * H * W, 4), shape: [1, C, H, W] };
    const settings = { samples: 3, noise: method === "occlusion" ? 0 : 0.2, method, seed: 9 };
    const maps: Float32Array[] = [];
    for (const order of ["NCHW", "NHWC"] as const) {
      const model = await loadModel(device, network(order));
      assert.equal(model.input, { channels: C, height: H, width: W });
      const map = await sensitivity(model, image, settings);
      assert.equal(map.shape, [C, H, W]);
      maps.push(await map.data());
      map.destroy();
      model.destroy();
    }
    const [first, last] = maps as [Float32Array, Float32Array];
    if (!first.some((v) => v !== 0)) throw new Error("the map is flat");
    close(last, first, { rtol: 1e-4, atol: 1e-6 });
  });
}

testWithDevice(test, "a photo goes in the same way", async (device) => {
  const pixels = Uint8ClampedArray.from({ length: 4 * H * W }, (_, i) => (i * 37) % 256);
  const photo = new ImageData(pixels, W, H);
  const preprocess = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] } as const;
  const logits: Float32Array[] = [];
  for (const order of ["NCHW", "NHWC"] as const) {
    const model = await loadModel(device, network(order), { preprocess });
    logits.push((await model.classify(photo)).logits);
    model.destroy();
  }
  close(logits[1] as Float32Array, logits[0] as Float32Array, { rtol: 1e-4, atol: 1e-5 });
});

test.run();
