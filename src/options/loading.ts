// The options of `loadModel`: what a file does not say. Their types are in model/model.ts.

import {
  bytes,
  flag,
  hasMethod,
  isListOf,
  type Option,
  object,
  oneOf,
  signal,
  size,
  text,
  whole,
} from "./option.js";

/** The orders of an image's axes. */
export const axisOrders = ["NCHW", "NHWC"] as const;

const precisions = ["single", "half"] as const;

/** The preprocessing in `loadModel` and `sensitivity`: checked by its own keys where it is read. */
export const preprocess: Option<never> = {
  what: '"auto", "imagenet", "tf", "caffe", "unit", or an object',
  form: "json",
  fits: () => true,
};

/** The options by name. */
export const loading = {
  output: text,
  labels: {
    what: "a list of names",
    fits: (value: unknown) => isListOf(value, { fits: (each) => typeof each === "string" }),
  },
  preprocess,
  card: object,
  name: { ...text, form: undefined },
  size,
  axes: oneOf(axisOrders),
  openSize: { ...size, form: undefined },
  keepSoftmax: flag(false),
  precision: oneOf(precisions, "single"),
  tiling: object,
  tuning: object,
  maxMemory: bytes,
  external: { what: "a function", fits: (value: unknown) => typeof value === "function" },
  signal,
} as const;

/** What each option is, for those who print it; and its default, where that is not one value. */
export const loadingWords: Readonly<
  Record<Exclude<keyof typeof loading, "openSize">, string | readonly string[]>
> = {
  output: [
    "which output to explain, where the file has several",
    "the one most like scores of classes",
  ],
  labels: ["names of the classes, in the order of the logits", "those of the card"],
  preprocess: ["how photos become the input", "auto"],
  card: "the parsed JSON of a model card: Hugging Face's or timm's",
  name: [
    "the name of the model's file, by which Keras's networks are known",
    "that of its address",
  ],
  size: ["height and width of the input, where the file leaves them open", "224"],
  axes: [
    "order of the input's axes, where the file leaves it open",
    "that of the first operator that tells",
  ],
  keepSoftmax: "keeps a final Softmax, LogSoftmax or Sigmoid, which is taken off otherwise",
  precision: "`half`: tensors of 16 bits, half the memory, and what it errs by is measured",
  tiling: ["how much one invocation makes", "what suits the adapter"],
  tuning: "what `model.tune()` found on the same adapter",
  maxMemory: ["bytes of GPU memory that the model may take and keep", "1 GiB"],
  external: ["gives a data file of the model by its name", "fetched from beside the model"],
  signal: "stops the loading",
};

/** The options of `requestDevice`. */
export const requesting = {
  gpu: {
    what: "a GPU, as navigator.gpu",
    fits: (value: unknown) => hasMethod(value, "requestAdapter"),
  },
  powerPreference: oneOf(["low-power", "high-performance"]),
} as const;

/** The options of `Model.classify`. */
export const classifying = {
  top: { ...whole(1, Number.POSITIVE_INFINITY), default: 5 },
  preprocess,
} as const;

/** The options of `Model.tune`. */
export const tuning = {
  samples: whole(1, 1e6),
  maxMemory: bytes,
  fresh: flag(false),
} as const;
