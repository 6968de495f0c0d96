// Every option of the command line in one table: the words are read against it, and it is the help text.

import { methodWords } from "../methods/words.js";

/** An option, or a switch where `value` is missing. */
export interface Option {
  /** What stands for the value in the help; none for a switch. */
  value?: string;
  help: string;
  default?: string;
  group: "what" | "how" | "drawing" | "results" | "other";
}

/** The options by name. */
export const OPTIONS = {
  model: {
    value: "FILE",
    help: "the classifier, an ONNX file; without one, the network of digits that comes along",
    group: "what",
  },
  output: {
    value: "NAME",
    help: "which output to explain, where the file has several: the scores of the classes",
    group: "what",
  },
  labels: {
    value: "FILE",
    help: "names of the classes: a JSON list, or text with one a line",
    group: "what",
  },
  preprocess: {
    value: "NAME|JSON",
    help: "auto, imagenet, tf, caffe, unit, or {scale, mean, std, channels, shortSide …}",
    default: "auto",
    group: "what",
  },
  size: {
    value: "H,W",
    help: "of the input, where the file leaves it open: that of a .npy, else 224",
    group: "what",
  },
  axes: {
    value: "NAME",
    help: "NCHW or NHWC, where the file leaves the order of the input's axes open",
    group: "what",
  },
  target: {
    value: "CLASS",
    help: "the class to explain: an index, a label, or top1",
    default: "top1",
    group: "what",
  },
  of: {
    value: "NAME",
    help: "what of it: logit, probability or log-probability",
    default: "logit",
    group: "what",
  },
  versus: {
    value: "CLASS",
    help: "a class to hold it against: the difference of their scores",
    group: "what",
  },
  contrast: {
    value: "CLASS",
    help: "subtract the map of another class: blue, gray and red",
    group: "what",
  },
  method: {
    value: "NAME",
    help: "how each sample is attributed: see smoothgrad methods",
    default: "gradient",
    group: "how",
  },
  parity: {
    value: "NAME",
    help: "other defaults: of paper, pair, captum, zennit, xplique, noisegrad or fusiongrad",
    group: "how",
  },
  samples: { value: "N", help: "how many noisy samples are averaged", default: "50", group: "how" },
  noise: {
    value: "LEVEL",
    help: "σ as a part of the tensor's range",
    default: "0.15",
    group: "how",
  },
  "noise-scale": {
    value: "NAME",
    help: "LEVEL is a part of range, absolute, rgb, or the chance of adaptive",
    default: "range",
    group: "how",
  },
  "weight-noise": {
    value: "LEVEL",
    help: "σ of the factors of the weights (NoiseGrad)",
    group: "how",
  },
  "weight-samples": {
    value: "N",
    help: "draws of the weights, each for as many samples: one for each",
    group: "how",
  },
  antithetic: { help: "samples in pairs of opposite noise", group: "how" },
  stop: {
    value: "ERROR",
    help: "end when the standard error is this part of the map",
    group: "how",
  },
  baseline: {
    value: "NAME,…",
    help: "where paths start: zero, black, white, mean, blur or noise",
    group: "how",
  },
  steps: { value: "N", help: "points of a path (50)", group: "how" },
  quadrature: {
    value: "NAME",
    help: "gauss-legendre, trapezoid, riemann or random",
    group: "how",
  },
  box: {
    value: "LOW:HIGH",
    help: "of lrp-z-box and its kin: bounds of the input, numbers for each channel",
    group: "how",
  },
  "max-sigma": {
    value: "PIXELS",
    help: "of blur-ig's strongest blur (50 at 224 pixels)",
    group: "how",
  },
  window: {
    value: "H,W",
    help: "pixels that occlusion hides: an eighth of the input",
    group: "how",
  },
  stride: { value: "H,W", help: "pixels from window to window: half a window", group: "how" },
  epsilon: { value: "E", help: "of the ε rule of LRP (1e-6)", group: "how" },
  gamma: { value: "G", help: "of the γ rule of LRP (0.25)", group: "how" },
  alpha: { value: "A", help: "of the αβ rule of LRP, β = α − 1 (2)", group: "how" },
  layer: { value: "NAME", help: "of Grad-CAM and its kin (the last convolution)", group: "how" },
  seed: {
    value: "N",
    help: "of the noise: the same seed gives the same map",
    default: "0",
    group: "how",
  },
  estimator: {
    value: "NAME",
    help: "mean, squared, absolute or variance",
    default: "mean",
    group: "how",
  },
  tune: {
    value: "FILE",
    help: "measure what tiles suit the adapter, and keep it in the file for the next time",
    group: "how",
  },
  precision: {
    value: "NAME",
    help: "half: tensors of 16 bits, half the memory, and what it errs by is measured",
    default: "single",
    group: "how",
  },
  "single-dispatch": {
    help: "a small network's passes in one launch",
    group: "how",
  },
  "max-memory": { value: "MB", help: "more samples than fit are taken in batches", group: "how" },
  percentile: {
    value: "P",
    help: "scores above it are painted alike; two (1,99) also cut below",
    default: "99",
    group: "drawing",
  },
  reduce: {
    value: "NAME",
    help: "channels to one score: abs, signed, positive, negative, max, l2 …",
    group: "drawing",
  },
  "multiply-input": { help: "paint the attribution times the input", group: "drawing" },
  palette: { value: "NAME", help: "grayscale, diverging, viridis or inferno", group: "drawing" },
  overlay: {
    value: "NAME",
    help: "lay the map on the photo: fade, blend or mask",
    group: "drawing",
  },
  opacity: { value: "0…1", help: "of the map on the photo", group: "drawing" },
  frame: {
    value: "NAME",
    help: "crop, which is what the network saw, or photo, all of it",
    group: "drawing",
  },
  out: { value: "FILE", help: "the map as a PNG", group: "results" },
  npy: {
    value: "FILE",
    help: "the attribution, float32 [C,H,W]; of two classes the picture's [H,W]",
    group: "results",
  },
  json: {
    value: "FILE",
    help: "a report: top 5, options, σ, times, memory, standard error",
    group: "results",
  },
  help: { help: "print this", group: "other" },
  version: { help: "print the version", group: "other" },
} as const satisfies Record<string, Option>;

/** Name of an option. */
export type Name = keyof typeof OPTIONS;

const TABLE: Readonly<Record<string, Option>> = OPTIONS;

/** The text of `smoothgrad --help`. */
export const helpText = `smoothgrad explain <image | tensor.npy> … [--model model.onnx] [options]
smoothgrad methods

Computes SmoothGrad sensitivity maps of an ONNX image classifier in headless Chrome. An image is any file
that Chrome can decode; a .npy file is a preprocessed tensor [1,C,H,W], used as it is, or [H,W] for a gray
picture. Several images and globs may be given. The second command lists the methods.

The model and the class
${describe("what")}
The samples
${describe("how")}
The picture
${describe("drawing")}
The results: where none is asked for, the map is written to {name}.map.png in this folder. A result is a file,
a folder (ends in "/"), or a name with {name} in it: the image's name without its ending, or with it where
cat.jpg and cat.png are both given.
${describe("results")}
${describe("other")}`;

/** The methods, one below the other: what they are, what they cost, where they are from. */
export function methodTable(): string {
  return Object.entries(methodWords)
    .map(([name, { summary, cost, paper }]) => `${name}\n  ${summary}\n  ${cost}; ${paper}\n`)
    .join("\n");
}

function describe(group: Option["group"]): string {
  return Object.entries(TABLE)
    .filter(([, option]) => option.group === group)
    .map(([name, { value, help, default: otherwise }]) => {
      const word = `  --${name}${value ? ` ${value}` : ""}`;
      return `${word.padEnd(26)}${help}${otherwise ? ` (${otherwise})` : ""}\n`;
    })
    .join("");
}
