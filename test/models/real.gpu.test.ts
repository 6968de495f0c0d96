// The real models of the data folder on real photos: what they see, against what is known of them, with their preprocessing
// given and without; their logits against onnxruntime; and their gradient against the change of onnxruntime's logit along it.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import { read } from "../../src/gpu/play.js";
import { loadModel } from "../../src/model/load.js";
import { suggestPreprocess } from "../../src/model/suggest.js";
import type { Preset } from "../../src/options/preprocess.js";
import { unpackChannels } from "../../src/tensor/channels.js";
import { close, data, suite, testWithDevice } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";

interface Case {
  readonly model: string;
  readonly preprocess: Preset;
  /** What is taken for it where it is not given, and what a photo then speaks for, if that is another. */
  readonly guessed: Preset;
  readonly suggested?: Preset;
  /** Photo → class index that the data folder's README gives. */
  readonly photos: Readonly<Record<string, number>>;
}

const BACKGROUND = 1; // The MobileNets' class 0 comes before ImageNet's.

const cases: readonly Case[] = [
  {
    model: "squeezenet1.0",
    preprocess: "caffe",
    guessed: "imagenet",
    suggested: "caffe",
    photos: { "n02423022_gazelle.jpg": 353, "n01882714_koala.jpg": 105, "coral_hot_dog.jpg": 934 },
  },
  {
    model: "mobilenet_v2",
    preprocess: "tf",
    guessed: "tf",
    photos: {
      "n01537544_indigo_bunting.jpg": 14 + BACKGROUND,
      "coral_parrot.jpg": 88 + BACKGROUND,
    },
  },
  {
    model: "googlenet",
    preprocess: "imagenet",
    guessed: "imagenet",
    photos: { "n02391049_zebra.jpg": 340 },
  },
];

const test = suite("real models");

// The others are as large, and their kernels take as long to be compiled.
const long = (name: string) => ({ long: name !== "squeezenet1.0" });

for (const { model: name, preprocess, guessed, suggested, photos } of cases) {
  testWithDevice(
    test,
    `${name} sees what it should, and its gradient is that of its logit`,
    async (device) => {
      const bytes = await data(`models/${name}.onnx`);
      const model = await loadModel(device, bytes, { preprocess });
      try {
        for (const [photo, expected] of Object.entries(photos)) {
          const image = new Blob([await data(`photos/${photo}`)]);
          const tensor = await model.tensor(image);
          const shape = [1, tensor.channels, tensor.height, tensor.width];
          const packed = new Float32Array(await read(device, tensor.buffer));
          tensor.destroy();
          const x = unpackChannels(packed, shape[1] as number);
          const map = await sensitivity(model, { data: x, shape }, { samples: 1, noise: 0 });
          const { logits } = await model.classify({ data: x, shape });
          const g = await map.data();
          map.destroy();
          close([map.target.index], [expected], { rtol: 0, atol: 0 });
          close(logits, await runOnnxRuntime(bytes, x, shape), { rtol: 1e-3, atol: 1e-3 });

          // A step along the gradient, long enough for float32 and short enough for the kinks: the logit
          // changes by about ±0.05.
          const norm = Math.sqrt(g.reduce((sum, v) => sum + v * v, 0));
          const h = 0.05 / norm;
          const logitAt = async (sign: number) => {
            const there = x.map((v, i) => v + (sign * h * (g[i] as number)) / norm);
            return (await runOnnxRuntime(bytes, there, shape))[expected] as number;
          };
          const slope = ((await logitAt(1)) - (await logitAt(-1))) / (2 * h);
          // Piecewise linear networks bend within the step; a wrong rule in one layer is off by far more.
          close([norm], [slope], { rtol: 0.03, atol: 0 });
        }
      } finally {
        model.destroy();
      }
    },
    long(name),
  );

  // Here, where the kernels of the model have been compiled.
  testWithDevice(
    test,
    `${name} sees a macaw without being told how`,
    async (device) => {
      const model = await loadModel(device, await data(`models/${name}.onnx`));
      const photo = new Blob([await data("photos/coral_parrot.jpg")]);
      const suggestions = await suggestPreprocess(model, photo);
      const current = suggestions.find(({ isCurrent }) => isCurrent);
      const chosen = suggestions.find(({ isMuchSurer }) => isMuchSurer);
      assert.is(current?.name, guessed);
      assert.is(chosen?.name, suggested);
      assert.is((chosen ?? current)?.top.label, "macaw");
      model.destroy();
    },
    long(name),
  );
}

testWithDevice(test, "the CIFAR ResNet sorts its test images", async (device) => {
  const model = await loadModel(device, await data("models/cifar_resnet20.onnx"));
  const packed = new Response(
    new Blob([await data("cifar10/test_batch_first1000.bin.gz")])
      .stream()
      .pipeThrough(new DecompressionStream("gzip")),
  );
  const records = new Uint8Array(await packed.arrayBuffer());
  const [mean, std] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ] as const;
  const count = 60;
  let right = 0;
  for (let i = 0; i < count; i++) {
    const record = records.subarray(i * 3073, (i + 1) * 3073);
    const x = Float32Array.from(record.subarray(1), (v, e) => {
      const c = e >> 10;
      return (v / 255 - (mean[c] as number)) / (std[c] as number);
    });
    const { top } = await model.classify({ data: x, shape: [1, 3, 32, 32] }, { top: 1 });
    if (top[0]?.index === record[0]) right++;
  }
  model.destroy();
  // 91.5 % of a thousand.
  if (right < 0.85 * count) throw new Error(`${right} of ${count} images are right`);
});

test.run();
