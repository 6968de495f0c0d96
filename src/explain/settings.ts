// What may be asked of a map, and what is taken where nothing is asked.

import { DEFAULT_SUBMIT_TIME } from "../gpu/submits.js";
import { checkFinite } from "../image/image.js";
import type { PreprocessOption } from "../image/preprocess.js";
import { methodOf, RELEVANCE } from "../methods/methods.js";
import type { Path } from "../methods/procedure.js";
import { MAX_POINTS, type PathNode, type Quadrature } from "../methods/quadrature.js";
import { checkRead } from "../methods/reads.js";
import type { RelevanceNumbers } from "../ops/types.js";
import { choice } from "../options/choice.js";
import type { Estimator } from "../picture/estimate.js";
import type { Box } from "../tensor/types.js";
import type { Baseline } from "./baseline.js";

/** Rows and columns. */
export type Extent = readonly [height: number, width: number];

/** What of a class can be explained, in the order of `Settings.of`. */
export const scalars = ["logit", "probability", "log-probability"] as const;

/** What of a class is explained. */
export type Scalar = (typeof scalars)[number];

const noiseScales = ["range", "absolute", "rgb", "adaptive"] as const;

/**
 * What the noise is a part of: max x − min x of the input (Smilkov et al. 2017); nothing, it is σ itself; the
 * whole range of a photo's colors; or AdaptGrad's: the chance that a noisy value stays in the valid range.
 */
export type NoiseScale = (typeof noiseScales)[number];

/** A class: its index, its label, or "top1", the class of the image without noise. */
export type Target = number | string;

/** How a map is computed. Every default is a good picture. */
export interface SensitivityOptions {
  /** Key of the table of methods; "gradient" if not given. */
  readonly method?: string;
  /** The class to explain: its index, its label, or "top1" (default), the class of the image without noise. */
  readonly target?: Target;
  /** What of it is explained; "logit". */
  readonly of?: Scalar;
  /** A class whose logit, or whatever `of` says, is subtracted: why the one and not the other. */
  readonly versus?: Target;
  /** How many noisy copies; 50. */
  readonly samples?: number;
  /** σ as a fraction of the range of the input, or as `noiseScale` says; 0.15, for "adaptive" 0.95. */
  readonly noise?: number;
  readonly noiseScale?: NoiseScale;
  /** NoiseGrad: every weight is multiplied by N(1, σ²), with this σ; 0. */
  readonly weightNoise?: number;
  /** How many draws of the weights; if not given, each sample has its own. FusionGrad has some for each draw. */
  readonly weightSamples?: number;
  /** Samples come in pairs of opposite noise: for the mean, not for the other estimators, fewer will do. */
  readonly antithetic?: boolean;
  /** The last sample is the image itself, as it is in zennit. */
  readonly cleanLast?: boolean;
  /** Ends the sampling as soon as the standard error of the map is so small, in parts of the map. */
  readonly stop?: { readonly standardError: number };
  /**
   * What the image is compared with: where the paths of "integrated-gradients" start, and what "deeplift" takes
   * the differences to (no "noise" there), and what "occlusion" shows in its windows; "zero". "expected-gradients"
   * takes several; "noise".
   */
  readonly baseline?: Baseline | readonly Baseline[];
  /** Points of a path, and the rule of the integral; 50, "gauss-legendre". */
  readonly steps?: number;
  readonly quadrature?: Quadrature;
  /** For "blur-ig": σ of the strongest blur, in pixels; 50 for every 224 of the shorter side. */
  readonly maxSigma?: number;
  /** For "occlusion": pixels of a window; an eighth of the input. One number is height and width. */
  readonly window?: number | Extent;
  /** Pixels from a window to the next; half a window. */
  readonly stride?: number | Extent;
  /** Which noise: the same seed gives the same bits on one adapter. 0. */
  readonly seed?: number;
  /** Which statistic of the samples is the map; "mean". All can be drawn from one run. */
  readonly estimator?: Estimator;
  /** How the photo becomes the input, if not as the model was loaded with. */
  readonly preprocess?: PreprocessOption;
  /** For class activation maps: the layer, by default the last convolution over more than one pixel. */
  readonly layer?: string;
  /** For methods with the z-box rule: least and greatest value of each channel; by default black and white. */
  readonly box?: Box;
  /** For LRP: ε of its ε rule, 1e-6. */
  readonly epsilon?: number;
  /** For LRP with the γ rule: how much positive weights are favored; 0.25. */
  readonly gamma?: number;
  /** For LRP with the αβ rule: the weights of positive and negative shares, α − β = 1; 2 and 1. */
  readonly alpha?: number;
  readonly beta?: number;
  /** Bytes of GPU memory that the model may take for this map, what it keeps included; by default the model's own limit. */
  readonly maxMemory?: number;
  /** Most passes in a batch, where fewer than memory allows are wanted, for progress. */
  readonly batch?: number;
  /** For a series: milliseconds that a step should take, to be smooth to look at and quick to stop. */
  readonly stepTime?: number;
  /** For a series: numbers of samples after which there is a step in any case. */
  readonly stepsAt?: readonly number[];
  /**
   * Milliseconds of the GPU's time that a submit should take, so that pages can scroll and draw in between; 30 in pages
   * and workers, elsewhere Infinity: as much as there is.
   */
  readonly submitTime?: number;
  /**
   * Noise, forward and backward pass of all samples in one dispatch, and the moments in another: for small networks,
   * whose launches count. The bits are those of tiles that no workgroup shares. Rejects where the network or the device does not allow it. If not given
   * only where `model.tune({ singleDispatch: true })` found it faster.
   */
  readonly singleDispatch?: boolean;
  /** Heard at any time; what a series has yielded stays, with the samples that it has then. */
  readonly signal?: AbortSignal;
}

/** Options with one class to explain, or a list of them. */
type Asked = Omit<SensitivityOptions, "target"> & { readonly target?: Target | readonly Target[] };

/** Options with every default, checked. */
export interface Settings {
  readonly method: string;
  readonly targets: readonly Target[];
  /** 0 logit, 1 probability, 2 its logarithm: as in target.wgsl. */
  readonly of: number;
  /** What the backward pass begins with: the gradient of that, or of the logit where the plan itself goes on to it. */
  readonly begins: number;
  readonly versus: Target | undefined;
  readonly samples: number;
  readonly noise: number;
  readonly noiseScale: NoiseScale;
  readonly weightNoise: number;
  /** Samples in a row that see the same weights. */
  readonly inputs: number;
  readonly antithetic: boolean;
  readonly cleanLast: boolean;
  /** 0: none. */
  readonly tolerance: number;
  readonly baselines: readonly Baseline[];
  /** Where the passes of a sample lie. */
  readonly path: Path["kind"];
  readonly nodes: readonly PathNode[];
  readonly maxSigma: number | undefined;
  readonly window: number | Extent | undefined;
  readonly stride: number | Extent | undefined;
  readonly seed: number;
  readonly estimator: Estimator;
  readonly preprocess: PreprocessOption | undefined;
  readonly layer: string | undefined;
  readonly box: Box | undefined;
  readonly relevance: RelevanceNumbers;
  readonly maxMemory: number | undefined;
  readonly batch: number | undefined;
  readonly stepTime: number | undefined;
  readonly stepsAt: readonly number[];
  readonly submitTime: number;
  readonly singleDispatch: boolean | undefined;
  readonly signal: AbortSignal | undefined;
}

const MAX_SAMPLES = 1e6;

function relevanceOf({ epsilon, gamma, alpha, beta }: SensitivityOptions): RelevanceNumbers {
  const numbers = {
    epsilon: epsilon ?? RELEVANCE.epsilon,
    gamma: gamma ?? RELEVANCE.gamma,
    alpha: alpha ?? (beta === undefined ? RELEVANCE.alpha : beta + 1),
  };
  // Below the least the quotient of two zeros would be none.
  check("epsilon", numbers.epsilon, 1e-12, 1e6, false);
  check("gamma", numbers.gamma, 0, 1e6, false);
  check("alpha", numbers.alpha, 1, 1e6, false);
  if (beta !== undefined && !(Math.abs(numbers.alpha - beta - 1) < 1e-6)) {
    throw new Error(`alpha − beta must be 1, got ${numbers.alpha} − ${beta}`);
  }
  return numbers;
}

function check(name: string, value: unknown, low: number, high: number, whole: boolean): void {
  const fits = typeof value === "number" && value >= low && value <= high;
  if (fits && (!whole || Number.isInteger(value))) return;
  throw new Error(
    `${name} must be ${whole ? "a whole number" : "a number"} from ${low} to ${high}, got ${value}`,
  );
}

function inputsOf(options: SensitivityOptions, samples: number): number {
  const { weightNoise = 0, weightSamples = samples, antithetic } = options;
  check("weightNoise", weightNoise, 0, 100, false);
  check("weightSamples", weightSamples, 1, samples, true);
  if (weightNoise === 0) {
    if (options.weightSamples === undefined) return 1;
    throw new Error("weightSamples are draws of noisy weights: they need a weightNoise above 0");
  }
  const inputs = samples / weightSamples;
  if (!Number.isInteger(inputs)) {
    throw new Error(
      `${samples} samples cannot be shared out evenly to ${weightSamples} weightSamples`,
    );
  }
  if (antithetic && inputs > 1 && inputs % 2 === 1) {
    throw new Error(
      `antithetic pairs see the same weights: ${inputs} samples of each draw are odd`,
    );
  }
  return inputs;
}

/** Fills in the defaults. Throws where an option cannot be, with its value. */
export function settle({ target = "top1", ...options }: Asked): Settings {
  const { method = "gradient", noiseScale = "range", of = "logit" } = options;
  checkRead(method, { ...options });
  const { procedure } = methodOf(method);
  choice("noise scale", noiseScales, noiseScale);
  const noise = options.noise ?? (noiseScale === "adaptive" ? 0.95 : 0.15);
  const { samples = 50, seed = 0, maxMemory, batch, stepTime } = options;
  const { stepsAt = [], submitTime = DEFAULT_SUBMIT_TIME } = options;
  const { steps = 50, quadrature = "gauss-legendre", antithetic = false } = options;
  check("samples", samples, 1, MAX_SAMPLES, true);
  if (batch !== undefined) check("batch", batch, 1, MAX_SAMPLES, true);
  check("submitTime", submitTime, 1, Number.POSITIVE_INFINITY, false);
  if (stepTime !== undefined) check("stepTime", stepTime, 1, 1e6, false);
  for (const step of stepsAt) check("stepsAt", step, 1, MAX_SAMPLES, true);
  check("noise", noise, 0, noiseScale === "adaptive" ? 0.999999 : 10000, false);
  check("seed", seed, 0, 2 ** 32 - 1, true);
  check("steps", steps, 1, MAX_POINTS, true);
  if (maxMemory !== undefined) check("maxMemory", maxMemory, 1, Number.MAX_SAFE_INTEGER, false);
  if (options.stop) check("stop.standardError", options.stop.standardError, 0, 1000, false);
  if (antithetic && samples % 2 === 1) {
    throw new Error(`antithetic samples come in pairs: samples must be even, got ${samples}`);
  }
  if (quadrature === "random" && options.steps !== undefined) {
    throw new Error('the quadrature "random" takes one place of each sample: it has no "steps"');
  }
  const { estimator = "mean", stop, weightNoise = 0 } = options;
  procedure.check?.({ method, of, estimator, stop, weightNoise });
  check("maxSigma", options.maxSigma ?? 1, 0.1, 1000, false);
  for (const name of ["window", "stride"] as const) {
    for (const length of [options[name] ?? 1].flat()) check(name, length, 1, 65536, true);
  }
  const { usual, most, drawn } = procedure.baselines;
  const baselines = [options.baseline ?? usual].flat();
  if (baselines.length !== 1 && most === 1) {
    throw new Error(`${method} starts from one baseline, got ${baselines.length}`);
  }
  if (!drawn && baselines.includes("noise")) {
    throw new Error(`${method} compares with one picture: the baseline "noise" is none`);
  }
  if (baselines.length === 0) throw new Error(`${method} needs a baseline`);
  if (baselines.length > 1 && baselines.includes("noise")) {
    throw new Error('the baseline "noise" is another one for each sample: it stands alone');
  }
  for (const each of baselines) if (typeof each !== "string") checkFinite("the baseline", each);
  const targets = [target].flat();
  if (targets.length === 0)
    throw new Error("there is no class to explain: target is an empty list");
  const path = procedure.path({ method, steps, quadrature });
  const scalar = choice("scalar of a class", scalars, of);
  return {
    method,
    targets,
    of: scalar,
    begins: procedure.compares ? 0 : scalar,
    versus: options.versus,
    samples,
    noise,
    noiseScale,
    weightNoise: options.weightNoise ?? 0,
    inputs: inputsOf(options, samples),
    antithetic,
    cleanLast: options.cleanLast ?? false,
    tolerance: options.stop?.standardError ?? 0,
    baselines,
    path: path.kind,
    nodes: path.nodes,
    maxSigma: options.maxSigma,
    window: options.window,
    stride: options.stride,
    seed,
    estimator: options.estimator ?? "mean",
    preprocess: options.preprocess,
    layer: options.layer,
    box: options.box,
    relevance: relevanceOf(options),
    maxMemory,
    batch,
    stepTime,
    stepsAt,
    submitTime,
    singleDispatch: options.singleDispatch,
    signal: options.signal,
  };
}

/** Throws the sentence with which `sensitivity` would refuse these options whatever the model. */
export function checkOptions(options: SensitivityOptions): void {
  settle(options);
}

/** What |z| of a standard normal z exceeds with the chance 1 − c: √2 erf⁻¹(c), by bisection. */
export function quantileOfSize(c: number): number {
  // ∫ from 0 to z of the density, by Simpson's rule.
  const inside = (z: number) => {
    const n = 400;
    const f = (i: number) => Math.exp(-0.5 * ((i * z) / n) ** 2);
    let sum = f(0) + f(n);
    for (let i = 1; i < n; i++) sum += (i % 2 === 1 ? 4 : 2) * f(i);
    return (((2 * z) / n / 3) * sum) / Math.sqrt(2 * Math.PI);
  };
  let [low, high] = [0, 10];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (inside(middle) < c) low = middle;
    else high = middle;
  }
  return high;
}
