// What a network was trained to see, guessed from cards and files as others write them.

import * as assert from "uvu/assert";
import { guessPreprocess, readCard, readCardLabels } from "../../src/image/guess.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { presets } from "../../src/options/preprocess.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { tinyModel } from "../models/tiny.js";
import { suite } from "../support/harness.js";

const test = suite("guess");

const about = { name: "model.onnx", channels: 3 };

const guessOf = (bytes: Uint8Array, more = {}) =>
  guessPreprocess(decodeModel(bytes), { ...about, ...more });

const file = (shape: (string | number)[], metadata: Record<string, string> = {}) =>
  tinyModel({ inputs: [{ name: "x", shape }], outputs: [{ name: "y", shape }], metadata });

/** A network whose first step is an operator of these numbers. */
function beginning(op: string, ...numbers: number[][]): Uint8Array {
  const g = new OnnxBuilder();
  const x = g.node("Identity", [g.input("x", ["N", 3, 8, 8])]);
  const weights = numbers.map((values, i) =>
    g.constant(`c${i}`, values, op === "BatchNormalization" ? [3] : [1, 3, 1, 1]),
  );
  g.output(g.node("Relu", [g.node(op, [x, ...weights])]));
  return g.bytes();
}

test("a processor's card of Hugging Face", () => {
  const vit = {
    do_normalize: true,
    do_resize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    image_processor_type: "ViTImageProcessor",
    rescale_factor: 0.00392156862745098,
    size: { height: 224, width: 224 },
  };
  assert.equal(readCard(vit), {
    scale: 0.00392156862745098,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
    resize: "stretch",
  });
  const convnet = {
    crop_size: { height: 224, width: 224 },
    do_center_crop: true,
    do_normalize: true,
    image_mean: [0.485, 0.456, 0.406],
    image_std: [0.229, 0.224, 0.225],
    size: { shortest_edge: 256 },
  };
  const { mean, std } = presets.imagenet;
  assert.equal(readCard(convnet), { scale: 1 / 255, mean, std, shortSide: 256 });
  const apple = {
    do_flip_channel_order: true,
    do_normalize: false,
    do_rescale: true,
    rescale_factor: 1 / 255,
  };
  assert.equal(readCard(apple), { scale: 1 / 255, channels: "bgr" });
  const raw = { do_normalize: false, do_rescale: false };
  assert.equal(readCard(raw), { scale: 1 });
});

test("a card of timm, and one of this project", () => {
  const timm = {
    architecture: "resnet50",
    pretrained_cfg: {
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      input_size: [3, 224, 224],
      crop_pct: 0.95,
      crop_mode: "center",
    },
  };
  const { mean, std } = presets.imagenet;
  assert.equal(readCard(timm), { mean, std, shortSide: 235 });
  const own = { network: "mnist-small", preprocess: { shortSide: 28, scale: 1 / 255, crop: "x" } };
  assert.equal(readCard(own), { shortSide: 28, scale: 1 / 255 });
});

test("names and other JSON are no cards", () => {
  for (const other of [["a", "b"], { 0: "a" }, null, "card", 7, { mean: 0.5, std: 0.5 }, {}]) {
    assert.is(readCard(other), undefined, JSON.stringify(other));
  }
});

test("a card goes before all that the file says", () => {
  const card = { preprocess: { scale: 1 } };
  const bytes = file(["N", 3, 8, 8], { "Image.NominalPixelRange": "Normalized_1_1" });
  assert.equal(guessOf(bytes, { card }), { preprocess: { scale: 1 }, from: "card" });
  assert.equal(guessOf(bytes, { card: { labels: ["a"] } }).from, "metadata");
});

test("what the file says of its images, in ONNX's words or as a card", () => {
  const shape = ["N", 3, 8, 8];
  const caffe = {
    "Image.NominalPixelRange": "NominalRange_0_255",
    "Image.BitmapPixelFormat": "Bgr8",
  };
  assert.equal(guessOf(file(shape, caffe)), {
    preprocess: { scale: 1, channels: "bgr" },
    from: "metadata",
  });
  const signed = { "Image.NominalPixelRange": "Normalized_1_1" };
  assert.equal(guessOf(file(shape, signed)), { preprocess: presets.tf, from: "metadata" });
  const card = { config: JSON.stringify({ do_normalize: false, rescale_factor: 1 / 127.5 }) };
  assert.equal(guessOf(file(shape, card)).preprocess, { scale: 1 / 127.5 });
  assert.is(guessOf(file(shape, { config: "{broken" })).from, "channels");
});

test("a network that normalizes first is given plain colors, from 0 to 255 or from 0 to 1", () => {
  const cases: [Uint8Array, object][] = [
    [beginning("Sub", [123.7, 116.8, 103.9]), { scale: 1 }],
    [beginning("Sub", [0.485, 0.456, 0.406]), {}],
    [beginning("Mul", [1 / 255, 1 / 255, 1 / 255]), { scale: 1 }],
    [beginning("Div", [127.5, 127.5, 127.5]), { scale: 1 }],
    [beginning("Div", [0.229, 0.224, 0.225]), {}],
    [
      beginning("BatchNormalization", [1, 1, 1], [0, 0, 0], [120, 117, 104], [3300, 3200, 3400]),
      { scale: 1 },
    ],
  ];
  for (const [bytes, preprocess] of cases) {
    assert.equal(guessOf(bytes), { preprocess, from: "graph" });
  }
  const relu = file(["N", 3, 8, 8]);
  assert.is(guessOf(relu).from, "channels");
});

test("channels that come last are TensorFlow's, Caffe's colors those of Keras's first networks", () => {
  const bytes = file(["N", 224, 224, 3]);
  assert.equal(guessOf(bytes), { preprocess: presets.tf, from: "axes" });
  const caffe = ["resnet50.onnx", "keras_vgg16.onnx", "ResNet-101.onnx"];
  for (const name of caffe) assert.equal(guessOf(bytes, { name }).preprocess, presets.caffe, name);
  const later = ["resnet50v2.onnx", "resnet50_v2.onnx", "mobilenet.onnx"];
  for (const name of later) assert.equal(guessOf(bytes, { name }).preprocess, presets.tf, name);
});

test("1001 classes are TensorFlow's, with the background before ImageNet's", () => {
  const shape = ["N", 3, 8, 8];
  assert.equal(guessOf(file(shape), { classes: 1001 }), {
    preprocess: presets.tf,
    from: "classes",
  });
  assert.is(guessOf(file(shape), { classes: 1000 }).from, "channels");
  assert.is(guessOf(file(["N", 1, 8, 8]), { channels: 1, classes: 1001 }).from, "channels");
  assert.is(guessOf(file(["N", 8, 8, 3]), { classes: 1001 }).from, "axes");
});

test("a card names the classes, unless nobody named them", () => {
  assert.equal(readCardLabels({ id2label: { 0: "cat", 1: "dog" } }), ["cat", "dog"]);
  assert.equal(readCardLabels({ id2label: { 2: "bird", 0: "cat" } }), ["cat", "class 1", "bird"]);
  assert.equal(readCardLabels({ label_names: ["a", "b"] }), ["a", "b"]);
  assert.equal(readCardLabels({ labels: ["0", "1"], preprocess: {} }), ["0", "1"]);
  for (const other of [
    { id2label: { 0: "LABEL_0", 1: "LABEL_1" } },
    { id2label: {} },
    { labels: [1, 2] },
    ["cat", "dog"],
    null,
    {},
  ]) {
    assert.is(readCardLabels(other), undefined, JSON.stringify(other));
  }
});

test("else the number of channels decides", () => {
  const color = guessOf(file(["N", 3, 8, 8]));
  assert.equal(color, { preprocess: presets.imagenet, from: "channels" });
  const gray = guessOf(file(["N", 1, 8, 8]), { channels: 1 });
  assert.equal(gray, { preprocess: presets.unit, from: "channels" });
});

test.run();
