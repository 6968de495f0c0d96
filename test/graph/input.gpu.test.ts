// The same network as PyTorch and as TensorFlow would export it: channels first, or last with Transposes around its
// convolutions. Pictures go in and maps come out the same way.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { loadModel } from "../../src/model/load.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

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
      const map = await sensitivity(model, image, settings as SensitivityOptions);
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

/** Rows of a gray picture through a dense layer; the input is a picture with channels, without, or a list. */
function dense(shape: readonly (string | number)[]): Uint8Array {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", [...shape]);
  const rows = g.node("Reshape", [x, g.int64("rows", [-1, 64])]);
  const hidden = g.node("Relu", [g.node("Gemm", [rows, g.weight("a", [64, 9])])]);
  g.output(g.node("Gemm", [hidden, g.weight("b", [9, 3])]), ["N", 3]);
  return g.bytes();
}

testWithDevice(test, "a gray picture may lack its channel axis, or be a list", async (device) => {
  const pixels = Uint8ClampedArray.from({ length: 4 * 64 }, (_, i) => (i * 37) % 256);
  const photo = new ImageData(pixels, 8, 8);
  const data = randn(64, 2);
  type Found = { logits: Float32Array[]; map: Float32Array; painted: ImageData };
  const found: Found[] = [];
  for (const shape of [
    ["N", 1, 8, 8],
    ["N", 8, 8],
    ["N", 64],
  ]) {
    const model = await loadModel(device, dense(shape));
    assert.equal(model.input, { channels: 1, height: 8, width: 8 });
    const ofLists = model.warnings.filter((warning) => warning.includes("is a list of 64 numbers"));
    assert.is(ofLists.length, shape.length === 2 ? 1 : 0);
    const logits = [(await model.classify(photo)).logits];
    for (const of of [
      [1, 1, 8, 8],
      [1, 8, 8],
      [8, 8],
      [1, 64],
    ]) {
      logits.push((await model.classify({ data, shape: of })).logits);
    }
    const map = await sensitivity(model, photo, { samples: 3, seed: 5 });
    assert.equal(map.shape, [1, 8, 8]);
    found.push({ logits, map: await map.data(), painted: await map.pixels() });
    map.destroy();
    model.destroy();
  }
  const [first, ...others] = found as [Found, ...Found[]];
  if (!first.map.some((v) => v !== 0)) throw new Error("the map is flat");
  for (const { logits, map, painted } of others) {
    logits.forEach((each, k) => {
      close(each, first.logits[k] as Float32Array, { rtol: 1e-5, atol: 1e-6 });
    });
    close(map, first.map, { rtol: 1e-5, atol: 1e-6 });
    assert.equal([painted.width, painted.height], [8, 8]);
  }
});

testWithDevice(test, "a list of colors is a picture in either order", async (device) => {
  const pixels = Uint8ClampedArray.from({ length: 4 * 64 }, (_, i) => (i * 37) % 256);
  const photo = new ImageData(pixels, 8, 8);
  for (const axes of ["NCHW", "NHWC"] as const) {
    const shape = axes === "NCHW" ? [3, 8, 8] : [8, 8, 3];
    const logits: Float32Array[] = [];
    for (const input of [
      ["N", ...shape],
      ["N", 192],
    ]) {
      const g = new OnnxBuilder({ opset: 13 });
      const rows = g.node("Reshape", [g.input("x", input), g.int64("rows", [-1, 192])]);
      g.output(g.node("Gemm", [rows, g.weight("w", [192, 3])]), ["N", 3]);
      const model = await loadModel(device, g.bytes(), { axes, preprocess: "unit" });
      assert.equal(model.input, { channels: 3, height: 8, width: 8 });
      logits.push((await model.classify(photo)).logits);
      model.destroy();
    }
    close(logits[1] as Float32Array, logits[0] as Float32Array, { rtol: 1e-5, atol: 1e-6 });
  }
});

testWithDevice(test, "a tensor of another size says the size to load with", async (device) => {
  const g = new OnnxBuilder({ opset: 13 });
  const mean = g.node("GlobalAveragePool", [g.input("x", ["N", 3, "h", "w"])]);
  g.output(g.node("Gemm", [g.node("Flatten", [mean]), g.weight("w", [3, 4])]), ["N", 4]);
  const image = { data: randn(3 * 5 * 9, 4), shape: [1, 3, 5, 9] };
  const model = await loadModel(device, g.bytes(), { size: 7 });
  assert.equal(model.input, { channels: 3, height: 7, width: 7 });
  const refused = await model.classify(image).catch((error: Error) => error.message);
  assert.match(
    String(refused),
    /shape \[1,3,5,9\] .* wants \[1,3,7,7\]; .* load the model with size: \[5, 9\]/,
  );
  model.destroy();
  const fitting = await loadModel(device, g.bytes(), { size: [5, 9] });
  assert.is((await fitting.classify(image)).logits.length, 4);
  fitting.destroy();
});

test.run();
