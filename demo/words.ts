// What the page says that is not in index.html: sentences with something in them.

import type { Estimator, Preprocess } from "../src/index.js";
import type { ModelFacts, Progress } from "./messages.js";

/** An error's message as a sentence. */
export function sentence(message: string): string {
  const text = message.trim();
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/** A number from 0 to 1 for people. */
export function percent(part: number): string {
  if (part > 0 && part < 0.001) return "< 0.1\u00a0%";
  const digits = part < 0.1 && part > 0 ? 1 : 0;
  return `${(100 * part).toFixed(digits)}\u00a0%`;
}

/** What a preset does to a color, as a formula. */
export function formula({ channels = "rgb", scale = 1 / 255, mean, std }: Preprocess): string {
  const list = (values: number | readonly number[]) =>
    typeof values === "number" ? String(values) : `(${values.join(", ")})`;
  const divisor = Number((1 / scale).toPrecision(6));
  const scaled = divisor === 1 ? "color" : `color ∕ ${divisor}`;
  const shifted = mean === undefined ? scaled : `${scaled} − ${list(mean)}`;
  const whole = std === undefined ? shifted : `(${shifted}) ∕ ${list(std)}`;
  return `${channels.toUpperCase()}: ${whole}`;
}

/** A model in a line. */
export function modelLine({ channels, height, width, classes }: ModelFacts): string {
  return `${width} × ${height} × ${channels} in, ${classes} classes out`;
}

/** How far a map or the toy is; `of` is what the standard error is relative to. */
export function progressLine(
  samples: number,
  wanted: number,
  standardError: number,
  of = "the map",
): string {
  const line = `${samples} of ${wanted} ${wanted === 1 ? "sample" : "samples"}`;
  // One sample has none, and neither has a method that makes one gradient of all.
  if (!Number.isFinite(standardError)) return line;
  return `${line}, standard error ${percent(standardError)} of ${of}`;
}

/** What each estimator makes of the samples' gradients. */
export const statistics: Readonly<Record<Estimator, string>> = {
  mean: "mean",
  squared: "mean of squares",
  absolute: "mean of absolute values",
  variance: "variance",
};

/** What a map is of: its settings, so that it can be repeated. */
export function caption(
  { samples, noise, sigma, options }: Progress,
  estimator: Estimator,
): string {
  const { method = "gradient", noiseScale = "range", seed = 0, weightNoise = 0 } = options;
  const copies = samples === 1 ? "1 noisy copy" : `${samples} noisy copies`;
  const part = noiseScale === "range" ? `${percent(noise)} of the input’s range (` : "";
  const width = `σ = ${part}${sigma.toPrecision(3)}${part && ")"}`;
  const weights = weightNoise > 0 ? `, weights by ${percent(weightNoise)}` : "";
  const what = method === "gradient" ? "the gradients" : methodNames[method];
  return `${statistics[estimator]} of ${what} at ${copies}, ${width}${weights}, seed ${seed}`;
}

/** Where a reader looks for a method. */
export const methodGroups = {
  gradients: "Gradients",
  paths: "Along a path",
  gates: "Other ways through a ReLU",
  layers: "At a layer",
  differences: "By differences",
  relevance: "Layer-wise relevance propagation",
} as const;

/** The methods' names for people. */
export const methodNames: Readonly<Record<string, string>> = {
  gradient: "Gradient",
  smoothdiff: "SmoothDiff",
  "input-x-gradient": "Input × gradient",
  "integrated-gradients": "Integrated gradients",
  "expected-gradients": "Expected gradients",
  "blur-ig": "Blur IG",
  "guided-backprop": "Guided backpropagation",
  deconvnet: "Deconvnet",
  "grad-cam": "Grad-CAM",
  "guided-grad-cam": "Guided Grad-CAM",
  hirescam: "HiResCAM",
  deeplift: "DeepLift",
  occlusion: "Occlusion",
  lrp: "LRP-ε",
  "lrp-gamma": "LRP-γ",
  "lrp-alpha-beta": "LRP-αβ",
  "lrp-z-plus": "LRP-z⁺",
  "lrp-w-square": "LRP-w²",
  "lrp-flat": "LRP, flat",
  "lrp-z-box": "LRP-z^B",
  "lrp-epsilon-plus": "LRP ε, z⁺",
  "lrp-epsilon-plus-flat": "LRP ε, z⁺, flat",
  "lrp-epsilon-gamma-box": "LRP ε, γ, z^B",
  "lrp-epsilon-alpha2-beta1": "LRP ε, α2β1",
};

/** Sentences about what comes and goes. */
export const says = {
  neither: (name: string) =>
    `${name} is neither a photo, nor an .onnx model, nor labels (.txt or .json).`,
  noPicture: (name: string) => `${name} is not a picture that this browser can decode.`,
  modelRefused: (name: string, reason: string) => `${name} cannot be used: ${reason}.`,
  labelsRefused: (name: string, reason: string) => `${name} holds no class names: ${reason}.`,
  labelsMisfit: (labels: number, classes: number) =>
    `The ${labels} names do not fit the ${classes} classes of the model, so its classes are shown by number.`,
  lost: (message: string, again: boolean) =>
    again
      ? `The GPU was lost${message ? ` (${message})` : ""}; it is being opened again.`
      : "The GPU was lost a second time. Reload the page, or try a smaller model.",
  noModel: "choose or drop an .onnx file",
  loading: (name: string) => `reading ${name} …`,
  needsModel: "Now the classifier: choose or drop an .onnx file.",
  needsPhoto: "Now a photo: choose, drop or paste one.",
  finished: (label: string, samples: number) =>
    `The map of ${label} is ready, made of ${samples} samples.`,
};
