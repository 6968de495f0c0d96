// Files that people really have, from many exporters, and small ones that once failed: the class, the probability and
// the logits are onnxruntime's. The data folder's `found/README.md` says where each is from.

import { sensitivity } from "../../src/explain/sensitivity.js";
import { loadModel } from "../../src/model/load.js";
import type { ModelOptions } from "../../src/model/model.js";
import { readNpy } from "../../src/tensor/npy.js";
import { close, data, randn, suite, testWithDevice } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";

interface Case {
  readonly file: string;
  /** A tensor of the folder, or the shape of a random one, as the file wants it. */
  readonly input: string | readonly number[];
  readonly options?: ModelOptions;
  /** The output to explain, where the file has several. */
  readonly output?: string;
  /** What the folder's README says of the tensor. */
  readonly known?: {
    readonly class: number;
    readonly probability?: number;
    readonly logit?: number;
  };
  /** The first logits, as its README has them. */
  readonly logits?: readonly number[];
}

const NUMBER_8 = { class: 8, probability: 0.916 };

const cases: readonly Case[] = [
  {
    file: "dense22",
    input: "x-3x8x8.npy",
    known: { class: 13, logit: 2.13131 },
    logits: [0.3066, 1.0351, 0, 0.454],
  },
  {
    file: "rgb16",
    input: "x-3x8x8.npy",
    known: { class: 4, logit: 1.16771 },
    logits: [0.3864, 0.0383, 0.1438, 0.0271],
  },
  { file: "dense24", input: "x-3x8x8.npy", known: { class: 21, logit: 2.68306 } },
  { file: "mesonet", input: [1, 256, 256, 3] },
  { file: "lenet-tanh", input: "x-1x32x32.npy", known: NUMBER_8 },
  { file: "cast-end", input: "x-1x32x32.npy", known: NUMBER_8 },
  { file: "unsqueeze-end", input: "x-1x32x32.npy", known: NUMBER_8 },
  { file: "label-first", input: "x-1x32x32.npy", output: "out", known: NUMBER_8 },
  { file: "paddle-cls", input: [1, 3, 48, 192], options: { size: [48, 192] } },
  { file: "keras-flatten-28x28", input: [1, 28, 28] },
  { file: "detypify", input: [1, 1, 224, 224] },
  { file: "cntk-mnist8", input: [1, 1, 28, 28] },
  { file: "tinycnn-tf2onnx-16", input: [1, 16, 16, 1] },
  { file: "shape-dynamo18", input: [1, 1, 64, 64] },
  { file: "enpasos-mvn", input: [1, 1, 28, 28] },
  { file: "light-inception2", input: [1, 3, 224, 224] },
];

const test = suite("found files");

// Of these the kernels take longest to be compiled.
const LARGE = ["light-inception2", "paddle-cls", "detypify", "mesonet"];

for (const { file, input, options, output, known, logits } of cases) {
  testWithDevice(
    test,
    `${file} says what onnxruntime says`,
    async (device) => {
      const bytes = await data(`found/${file}.onnx`);
      const image = await tensorOf(input);
      const model = await loadModel(device, bytes, options);
      try {
        const said = await model.classify(image);
        const expected = await runOnnxRuntime(bytes, image.data, image.shape, output);
        const { stripped } = model.graph;
        const all = stripped ? said.probabilities : said.logits;
        // A single Sigmoid is the probability of "yes", the second of two classes.
        const ours = expected.length === 1 && all.length === 2 ? all.subarray(1) : all;
        close(ours, expected, { rtol: 1e-3, atol: stripped ? 1e-4 : 1e-3 });

        const map = await sensitivity(model, image, { samples: 1, noise: 0 });
        const [top] = said.top;
        close([map.target.index], [top?.index as number], { rtol: 0, atol: 0 });
        if ((await map.data()).every((g) => g === 0)) throw new Error("the map is 0 everywhere");
        map.destroy();

        if (known) close([map.target.index], [known.class], { rtol: 0, atol: 0 });
        if (known?.probability)
          close([map.target.probability], [known.probability], { atol: 5e-4 });
        if (known?.logit) close([map.target.logit], [known.logit], { atol: 1e-4 });
        if (logits) close(said.logits.subarray(0, logits.length), logits, { atol: 1e-4 });
      } finally {
        model.destroy();
      }
    },
    { long: LARGE.includes(file) },
  );
}

async function tensorOf(input: Case["input"]) {
  if (typeof input === "string") return readNpy(await data(`found/${input}`));
  const size = input.reduce((a, b) => a * b);
  return { data: Float32Array.from(randn(size, 5)), shape: input };
}

test.run();
