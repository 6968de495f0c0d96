// What a caller may get wrong, and the one sentence that each mistake gives: unknown names, values that do not fit, and
// arguments of a wrong kind.

import * as assert from "uvu/assert";
import { gradientLine } from "../../src/explain/gradient-line.js";
import type { SensitivityMap } from "../../src/explain/map.js";
import { contrast, precisionError } from "../../src/explain/on-demand.js";
import { sensitivities, sensitivity } from "../../src/explain/sensitivity.js";
import { type SensitivityOptions, settle } from "../../src/explain/settings.js";
import { requestDevice } from "../../src/gpu/device.js";
import { checkPreprocess } from "../../src/image/preprocess-check.js";
import { loadModel } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import { suggestPreprocess } from "../../src/model/suggest.js";
import { checkCanvas, checkImage } from "../../src/options/arguments.js";
import { lookOf } from "../../src/picture/look.js";
import { suite } from "../support/harness.js";

const test = suite("refusals");

type Mistake = readonly [wrong: unknown, sentence: string | RegExp];

/** As much of a device, and of a model, as is looked at before anything is asked of it. */
const device = { createShaderModule() {} } as unknown as GPUDevice;
const model = { classify() {}, input: { channels: 1, height: 4, width: 4 } } as unknown as Model;
const image = { data: new Float32Array(16), shape: [1, 1, 4, 4] };

async function refuses(call: () => unknown, sentence: string | RegExp): Promise<void> {
  let said = "nothing is wrong";
  try {
    await call();
  } catch (error) {
    said = (error as Error).message;
  }
  if (typeof sentence === "string") assert.is(said, sentence);
  else assert.match(said, sentence);
}

test("contrast takes two maps", async () => {
  const map = Promise.resolve() as unknown as SensitivityMap;
  await refuses(
    () => contrast(map, map),
    "contrast needs a map, as await sensitivity(…) gives it, got a Promise",
  );
});

const SIZE = "a whole number from 1, or two: [height, width]";
const TARGET = 'a class, its index or its label, "top1", or a list of classes';
const BOX = '{ low, high }, numbers for each channel, none lower in high (in a text "0,0,0:1,1,1")';
const box = (low: number[], high: number[]) => ({ method: "lrp-z-box", box: { low, high } });

const OF_SENSITIVITY: readonly Mistake[] = [
  [{ nosie: 0.1 }, 'sensitivity has no option "nosie"; did you mean "noise"?'],
  [{ Samples: 5 }, 'sensitivity has no option "Samples"; did you mean "samples"?'],
  [{ magic: 1 }, /^sensitivity has no option "magic"; it has: method, target, of, .*, signal$/],
  [{ percentile: 99 }, 'sensitivity has no option "percentile": percentile is an option of draw'],
  [{ labels: ["a"] }, 'sensitivity has no option "labels": labels is an option of loadModel'],
  [null, "the options of sensitivity are an object, got null"],
  [7, "the options of sensitivity are an object, got 7"],
  [{ method: "gradiant" }, '"gradiant" is not a method; did you mean "gradient"?'],
  [{ method: 3 }, "method must be a text, got 3"],
  [{ steps: 9 }, /^gradient has no option "steps"; it is for integrated-gradients, blur-ig$/],
  [{ samples: "20" }, 'samples must be a whole number from 1 to 1000000, got "20"'],
  [{ samples: 2.5 }, "samples must be a whole number from 1 to 1000000, got 2.5"],
  [{ noise: Number.NaN }, "noise must be a number from 0 to 10000, got NaN"],
  [{ noise: null }, "noise must be a number from 0 to 10000, got null"],
  [{ antithetic: "false" }, 'antithetic must be true or false, got "false"'],
  [{ cleanLast: "" }, 'cleanLast must be true or false, got ""'],
  [{ singleDispatch: 1 }, "singleDispatch must be true or false, got 1"],
  [{ target: [] }, `target must be ${TARGET}, got []`],
  [{ target: [[1], [2]] }, `target must be ${TARGET}, got [[1], [2]]`],
  [{ target: Number.NaN }, `target must be ${TARGET}, got NaN`],
  [{ target: -1 }, `target must be ${TARGET}, got -1`],
  [{ target: [0, 1.5] }, `target must be ${TARGET}, got [0, 1.5]`],
  [{ versus: null }, "versus must be a class, its index or its label, got null"],
  [{ stop: 0.05 }, "stop must be { standardError }, a number from 0 to 1000, got 0.05"],
  [{ of: "prob" }, 'of must be "logit", "probability" or "log-probability", got "prob"'],
  [
    { noiseScale: "absolut" },
    'noiseScale must be "range", "absolute", "rgb" or "adaptive", got "absolut"',
  ],
  [{ method: "occlusion", window: [1] }, `window must be ${SIZE}, got [1]`],
  [{ method: "occlusion", window: [1, 2, 3] }, `window must be ${SIZE}, got [1, 2, 3]`],
  [{ method: "occlusion", stride: 0 }, `stride must be ${SIZE}, got 0`],
  [box([Number.NaN], [1]), `box must be ${BOX}, got { low: [NaN], high: [1] }`],
  [box([0, 2], [1, 1]), `box must be ${BOX}, got { low: [0, 2], high: [1, 1] }`],
  [{ method: "deeplift", baseline: "grey" }, /^baseline must be "zero", .* got "grey"$/],
  [{ stepsAt: [0] }, "stepsAt must be a list of whole numbers, got [0]"],
  [{ signal: {} }, "signal must be an AbortSignal, got {}"],
  [{ signal: new AbortController() }, "signal must be an AbortSignal, got an AbortController"],
];

test("options of sensitivity", async () => {
  for (const [wrong, sentence] of OF_SENSITIVITY) {
    await refuses(() => settle(wrong as SensitivityOptions), sentence);
  }
  const options = { nosie: 1 } as SensitivityOptions;
  const sentence = (verb: string) => `${verb} has no option "nosie"; did you mean "noise"?`;
  await refuses(() => sensitivity(model, image, options), sentence("sensitivity"));
  await refuses(() => sensitivities(model, image, options), sentence("sensitivity"));
  await refuses(() => precisionError(model, image, options), sentence("precisionError"));
});

const OF_DRAWING: readonly Mistake[] = [
  [{ pallete: "jet" }, 'draw has no option "pallete"; did you mean "palette"?'],
  [
    { palette: "jet" },
    'palette must be "grayscale", "diverging", "viridis" or "inferno", got "jet"',
  ],
  [{ samples: 5 }, 'draw has no option "samples": samples is an option of sensitivity'],
  [{ frame: "foo" }, 'frame must be "crop" or "photo", got "foo"'],
  [
    { percentile: [99, 1] },
    "percentile must be a number from 0 to 100, or two, the lower one first, got [99, 1]",
  ],
  [
    { percentile: 101 },
    "percentile must be a number from 0 to 100, or two, the lower one first, got 101",
  ],
  [{ multiplyInput: "false" }, 'multiplyInput must be true or false, got "false"'],
  [{ overlay: "false" }, /^overlay must be "none", "fade", .* got "false"$/],
  [{ opacity: 2 }, "opacity must be a number from 0 to 1, got 2"],
  [{ scale: { low: 1, high: 0 } }, /^scale must be { low, high }, two numbers, .* high: 0 }$/],
  [{ view: [1, 0, 0] }, /^view must be a 3×3 matrix in WebGPU's form, 12 numbers, got/],
];

test("options of draw, and of its kin", async () => {
  for (const [wrong, sentence] of OF_DRAWING) await refuses(() => lookOf("draw", wrong!), sentence);
  await refuses(
    () => lookOf("range", { nosie: 1 } as object),
    /^range has no option "nosie"; it has: estimator, /,
  );
});

const OF_LOADING: readonly Mistake[] = [
  [{ lables: ["a"] }, 'loadModel has no option "lables"; did you mean "labels"?'],
  [{ labels: "cat,dog" }, 'labels must be a list of names, got "cat,dog"'],
  [{ axes: "foo" }, 'axes must be "NCHW" or "NHWC", got "foo"'],
  [{ size: [28] }, `size must be ${SIZE}, got [28]`],
  [{ precision: "quarter" }, 'precision must be "single" or "half", got "quarter"'],
  [{ keepSoftmax: "false" }, 'keepSoftmax must be true or false, got "false"'],
  [{ samples: 4 }, 'loadModel has no option "samples": samples is an option of sensitivity'],
  [{ maxMemory: 0 }, "maxMemory must be a number of at least 1, got 0"],
];

test("options of loadModel", async () => {
  for (const [wrong, sentence] of OF_LOADING) {
    await refuses(() => loadModel(device, "model.onnx", wrong as object), sentence);
  }
});

const OF_PREPROCESS: readonly Mistake[] = [
  [{ shortSide: -5 }, "preprocess.shortSide must be a number of pixels from 1, got -5"],
  [{ scale: 0 }, "preprocess.scale must be a number other than 0, got 0"],
  [{ std: 0 }, "preprocess.std must be a number other than 0 or one per channel, got 0"],
  [{ means: 1 }, 'preprocess has no option "means"; did you mean "mean"?'],
  ["imagnet", '"imagnet" is not a preprocessing; did you mean "imagenet"?'],
];

test("a preprocessing", async () => {
  for (const [wrong, sentence] of OF_PREPROCESS) {
    await refuses(() => checkPreprocess(wrong as object), sentence);
  }
});

test("options of smaller verbs", async () => {
  await refuses(
    () => requestDevice({ powerPreferense: "low-power" } as object),
    'requestDevice has no option "powerPreferense"; did you mean "powerPreference"?',
  );
  await refuses(
    () => requestDevice({ powerPreference: "high" } as object),
    'powerPreference must be "low-power" or "high-performance", got "high"',
  );
  await refuses(
    () => suggestPreprocess(model, image, { signl: 1 } as object),
    'suggestPreprocess has no option "signl"; did you mean "signal"?',
  );
  await refuses(
    () => gradientLine(model, image, { pixle: [0, 0] } as never),
    'gradientLine has no option "pixle"; did you mean "pixel"?',
  );
  await refuses(
    () => gradientLine(model, image, { pixel: 3 } as never),
    "pixel must be [x, y], a place in the input, got 3",
  );
});

test("a device, a model, an image and a canvas of a wrong kind", async () => {
  const needsDevice = "loadModel needs a device, as await requestDevice() gives it, got";
  await refuses(() => loadModel(null as never, "model.onnx"), `${needsDevice} null`);
  await refuses(
    () => loadModel(undefined as never, undefined as never),
    `${needsDevice} undefined`,
  );
  await refuses(
    () => loadModel(Promise.resolve(device) as never, "model.onnx"),
    `${needsDevice} a Promise`,
  );
  await refuses(
    () => loadModel(device, undefined as never),
    "loadModel needs an address, a Response, or bytes (await file.arrayBuffer()), got undefined",
  );
  const needsModel = "sensitivity needs a model, as await loadModel(…) gives it, got";
  await refuses(() => sensitivity(null as never, image), `${needsModel} null`);
  await refuses(
    () => sensitivity(Promise.resolve(model) as never, image),
    `${needsModel} a Promise`,
  );
  await refuses(
    () => sensitivities(undefined as never, image).next(),
    /^sensitivities needs a model/,
  );
  const isImage = "an image is an element, a bitmap, a Blob or a tensor { data, shape }";
  for (const [wrong, sentence] of [
    ["cat.jpg", `${isImage} (of an address: await (await fetch(address)).blob()), got "cat.jpg"`],
    [null, `${isImage}, got null`],
    [undefined, `${isImage}, got undefined`],
    [{ data: [1, 2], shape: [1, 2] }, `${isImage}, got { data: [1, 2], shape: [1, 2] }`],
    [new Response(), `${isImage}, got a Response`],
  ] as const) {
    await refuses(() => checkImage(wrong), sentence);
  }
  await refuses(() => checkCanvas(null), "draw needs a canvas, got null");
  await refuses(
    () => checkCanvas({ tagName: "DIV" }),
    'draw needs a canvas, got { tagName: "DIV" }',
  );
});

test("a loading that is refused leaves no other rejection behind", async () => {
  const heard: unknown[] = [];
  const hear = (reason: unknown) => heard.push(reason);
  process.on("unhandledRejection", hear);
  await loadModel(undefined as never, undefined as never).catch(() => {});
  await new Promise((done) => setTimeout(done, 20));
  process.off("unhandledRejection", hear);
  assert.equal(heard, []);
});

test.run();
