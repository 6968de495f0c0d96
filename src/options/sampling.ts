// The options of `sensitivity`: what is explained, by which method, of how many noisy samples. To add one takes its type,
// its row and its words here, and the line that uses it.

import type { Box, Extent, RawTensor } from "../tensor/types.js";
import { type Estimator, estimators } from "./drawing.js";
import { preprocess } from "./loading.js";
import {
  alternatives,
  bytes,
  flag,
  isListOf,
  number,
  type Option,
  oneOf,
  type Rows,
  signal,
  size,
  text,
  whole,
} from "./option.js";
import type { PreprocessOption } from "./preprocess.js";

/** A class: its index, its label, or "top1", the class of the image without noise. */
export type Target = number | string;

/** What of a class can be explained, in the order of `Settings.of`. */
export const scalars = ["logit", "probability", "log-probability"] as const;

/** What of a class is explained: its logit, its probability, or the logarithm of that. */
export type Scalar = (typeof scalars)[number];

const noiseScales = ["range", "absolute", "rgb", "adaptive"] as const;

/**
 * What `noise` is relative to. "range": max x − min x of the input (Smilkov et al. 2017). "absolute": nothing, it is σ in
 * units of the input. "rgb": the whole range of a photo's colors. "adaptive": it is the chance that a noisy value stays in
 * the valid range (AdaptGrad).
 */
export type NoiseScale = (typeof noiseScales)[number];

const baselines = ["zero", "black", "white", "mean", "blur", "noise"] as const;

/**
 * What the image is compared with: the tensor 0 after preprocessing; black; white; the mean of each channel; the image
 * blurred by a Gaussian whose σ is a tenth of its width; uniform noise; or a tensor.
 */
export type Baseline = (typeof baselines)[number] | RawTensor;

const quadratures = ["gauss-legendre", "trapezoid", "riemann", "random"] as const;

/**
 * How the integral along a path is computed: by Gauss-Legendre quadrature, by the trapezoidal rule, at the middles of equal
 * steps (a Riemann sum), or, for smoothed maps, at one random place per noisy sample, whose mean is the same integral.
 */
export type Quadrature = (typeof quadratures)[number];

/** How a map is computed: all options, of which each method reads some. Every default makes a good picture. */
export interface SamplingOptions {
  /** Name of a method in `methods`; "gradient" by default. */
  readonly method?: string;
  /** The class to explain: its index, its label, or "top1" (default), the class of the image without noise. */
  readonly target?: Target;
  /** What of the class is explained; "logit" by default. */
  readonly of?: Scalar;
  /** A class whose logit (or what `of` names) is subtracted: why the one class and not the other. */
  readonly versus?: Target;
  /** Number of noisy copies of the image; 50 by default. */
  readonly samples?: number;
  /** σ of the noise as a fraction of the input's range, or as `noiseScale` says; 0.15 by default, for "adaptive" 0.95. */
  readonly noise?: number;
  /** What the noise is relative to; "range" by default. */
  readonly noiseScale?: NoiseScale;
  /** Multiplies every weight by a draw of N(1, σ²) with this σ (NoiseGrad, Bykov et al. 2022); 0 by default. */
  readonly weightNoise?: number;
  /** Draws of the weights, shared by equally many samples each (FusionGrad); by default each sample has its own. */
  readonly weightSamples?: number;
  /** Draws samples in pairs of opposite noise, so that the mean needs fewer of them; false by default. */
  readonly antithetic?: boolean;
  /** Leaves the last sample without noise, as zennit does; false by default. */
  readonly cleanLast?: boolean;
  /** Stops sampling once the map is precise enough. */
  readonly stop?: {
    /** ‖standard error‖₂ / ‖map‖₂ at which to stop. */
    readonly standardError: number;
  };
  /**
   * Where the paths of "integrated-gradients" start, what "deeplift" takes differences to (not "noise"), and what
   * "occlusion" shows in its windows; "zero" by default. "expected-gradients" takes several; "noise" by default.
   */
  readonly baseline?: Baseline | readonly Baseline[];
  /** Points of a path; 50 by default. */
  readonly steps?: number;
  /** How the integral along a path is computed; "gauss-legendre" by default. */
  readonly quadrature?: Quadrature;
  /** For "blur-ig": σ of the strongest blur, in pixels; by default 50 per 224 pixels of the shorter side. */
  readonly maxSigma?: number;
  /** For "occlusion": size of a window in pixels, one number for both sides; by default an eighth of the input. */
  readonly window?: number | Extent;
  /** For "occlusion": pixels from one window to the next; by default half a window. */
  readonly stride?: number | Extent;
  /** For class activation maps: the layer, by default the last convolution over more than one pixel. */
  readonly layer?: string;
  /** For methods with the z-box rule: the lowest and highest value of each channel; by default black and white. */
  readonly box?: Box;
  /** For LRP: ε of the ε rule; 1e-6 by default. */
  readonly epsilon?: number;
  /** For LRP: γ of the γ rule, by which it favors positive weights; 0.25 by default. */
  readonly gamma?: number;
  /** For LRP: α of the αβ rule, the weight of positive contributions, with α − β = 1; 2 by default. */
  readonly alpha?: number;
  /** For LRP: β of the αβ rule, the weight of negative contributions; α − 1 by default. */
  readonly beta?: number;
  /** Seeds the noise: the same seed gives the same bits on one adapter; 0 by default. */
  readonly seed?: number;
  /** Which statistic of the samples is the map; "mean" by default. One run can be drawn with all of them. */
  readonly estimator?: Estimator;
  /** How the photo becomes the input; by default as the model was loaded with. */
  readonly preprocess?: PreprocessOption;
  /** Bytes of GPU memory that the model may take for this map, including what it keeps; by default the model's limit. */
  readonly maxMemory?: number;
  /** The most passes in a batch, for steps smaller than memory allows; by default as many as fit. */
  readonly batch?: number;
  /** For `sensitivities`: milliseconds that a step should take, to look smooth and stop quickly. */
  readonly stepTime?: number;
  /** For `sensitivities`: numbers of samples after which there is a step in any case. */
  readonly stepsAt?: readonly number[];
  /**
   * Milliseconds of GPU time that a submit should take, so that pages can scroll and draw in between; by default 30 in
   * pages and workers, elsewhere Infinity: everything at once.
   */
  readonly submitTime?: number;
  /**
   * Runs noise, forward and backward pass of all samples in one dispatch, and the moments in another: for small networks,
   * where launches dominate. The bits are those of tiles that no workgroup shares. Rejects where the network or the device
   * does not allow it. False by default.
   */
  readonly singleDispatch?: boolean;
  /** Aborts at any time; what a series has yielded stays, with the samples that it has by then. */
  readonly signal?: AbortSignal;
}

const MAX_SAMPLES = 1e6;

/** Most points of a path. */
export const MAX_POINTS = 4096;

const sample = whole(1, MAX_SAMPLES);

const target: Option<Target> = {
  what: "a class, its index or its label",
  form: "text",
  fits: (value) => typeof value === "string" || whole(0, Number.MAX_SAFE_INTEGER).fits(value),
};

const isBaseline = (value: unknown) => {
  if (typeof value === "string") return (baselines as readonly string[]).includes(value);
  const { data, shape } = (value ?? {}) as Partial<RawTensor>;
  return ArrayBuffer.isView(data) && Array.isArray(shape);
};

const isBox = (value: unknown) => {
  const { low, high } = (value ?? {}) as Partial<Box>;
  return (
    isListOf(low, { fits: Number.isFinite }) &&
    isListOf(high, { fits: Number.isFinite }) &&
    low.length === high.length &&
    low.every((least, c) => (least as number) <= (high[c] as number))
  );
};

const error = number(0, 1000);

/** The options by name. */
export const sampling: Rows<SamplingOptions> = {
  method: { ...text, default: "gradient" },
  target: {
    ...target,
    what: `${target.what}, "top1", or a list of classes`,
    default: "top1",
    fits: (value) => target.fits(value) || isListOf(value, target),
  },
  of: oneOf(scalars, "logit"),
  versus: target,
  samples: whole(1, MAX_SAMPLES, 50),
  noise: number(0, 10000, 0.15),
  noiseScale: oneOf(noiseScales, "range"),
  weightNoise: number(0, 100, 0),
  weightSamples: sample,
  antithetic: flag(false),
  cleanLast: flag(false),
  stop: {
    what: `{ standardError }, ${error.what}`,
    form: "stop",
    fits: (value) =>
      error.fits((value as SamplingOptions["stop"] | null)?.standardError) &&
      Object.keys(value as object).length === 1,
  },
  baseline: {
    what: `${alternatives(baselines)}, a tensor { data, shape }, or a list of these`,
    form: "names",
    fits: (value) => isBaseline(value) || isListOf(value, { fits: isBaseline }),
  },
  steps: whole(1, MAX_POINTS, 50),
  quadrature: oneOf(quadratures, "gauss-legendre"),
  maxSigma: number(0.1, 1000),
  window: size,
  stride: size,
  layer: text,
  box: {
    what: '{ low, high }, numbers for each channel, none lower in high (in a text "0,0,0:1,1,1")',
    form: "box",
    fits: isBox,
  },
  // Below the least the quotient of two zeros would be none.
  epsilon: number(1e-12, 1e6, 1e-6),
  gamma: number(0, 1e6, 0.25),
  alpha: number(1, 1e6, 2),
  beta: number(0, 1e6),
  seed: whole(0, 2 ** 32 - 1, 0),
  estimator: oneOf(estimators, "mean"),
  preprocess,
  maxMemory: bytes,
  batch: sample,
  stepTime: number(1, 1e6),
  stepsAt: {
    what: "a list of whole numbers",
    form: "list",
    fits: (value) => Array.isArray(value) && value.every(sample.fits),
  },
  submitTime: number(1, Number.POSITIVE_INFINITY),
  singleDispatch: flag(false),
  signal,
};

/** What each option is, for those who print it; and its default, where that is not one value. */
export const samplingWords: Readonly<Record<keyof SamplingOptions, string | readonly string[]>> = {
  method: "how each sample is attributed",
  target: "the class to explain: an index, a label, or the class of the image without noise",
  of: "what of the class is explained",
  versus: "a class to hold it against: the difference of their scores is explained",
  samples: "noisy copies of the image, whose maps are averaged",
  noise: [
    "σ as a part of the input's range, or as the noise scale says",
    "0.15, for `adaptive` 0.95",
  ],
  noiseScale:
    "the noise is a part of max x − min x, σ itself, a part of a photo's colors, or the chance to stay in range",
  weightNoise: "σ of the factors N(1, σ²) of all weights (NoiseGrad)",
  weightSamples: [
    "draws of the weights, each for as many samples (FusionGrad)",
    "one for each sample",
  ],
  antithetic: "pairs of samples with opposite noise: the mean needs fewer of them",
  cleanLast: "the last sample is the image itself, as in zennit",
  stop: "sampling ends when the standard error is this part of the map",
  baseline: [
    "where paths start, what differences are taken to, what is shown in hidden windows",
    "`zero`, for `expected-gradients` `noise`",
  ],
  steps: "points of a path",
  quadrature: "how the integral along a path is taken",
  maxSigma: ["σ of the strongest blur, in pixels", "50 at 224 pixels"],
  window: ["pixels that are hidden at once", "an eighth of the input"],
  stride: ["pixels from window to window", "half a window"],
  layer: ["the layer of a class activation map", "the last convolution"],
  box: ["least and greatest value of each channel", "black and white"],
  epsilon: "of the ε rule of LRP",
  gamma: "of the γ rule of LRP: how much positive weights are favored",
  alpha: "of the αβ rule of LRP: the weight of positive shares",
  beta: ["of the αβ rule of LRP: the weight of negative shares", "α − 1"],
  seed: "which noise: the same seed gives the same map",
  estimator: "which statistic of the samples is the map",
  preprocess: ["how the photo becomes the input", "as loaded"],
  maxMemory: ["bytes of GPU memory that the model may take for this map", "the model's limit"],
  batch: ["most passes in a batch", "all that fit"],
  stepTime: "of a series: milliseconds that a step should take",
  stepsAt: "of a series: numbers of samples after which there is a step in any case",
  submitTime: [
    "milliseconds of the GPU's time that go to the queue at once",
    "30 in pages and workers, else all",
  ],
  singleDispatch: "a small network's passes in one launch",
  signal: "stops the sampling, at any time",
};
