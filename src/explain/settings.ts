// What is asked of a map becomes plain values, checked and with every default: from here on nobody knows a default.

import { DEFAULT_SUBMIT_TIME } from "../gpu/submits.js";
import { checkFinite } from "../image/image.js";
import {
  type MethodName,
  type MethodOption,
  methodOf,
  type OptionsOf,
} from "../methods/methods.js";
import type { Path } from "../methods/procedure.js";
import type { PathNode } from "../methods/quadrature.js";
import { checkRead } from "../methods/reads.js";
import type { RelevanceNumbers } from "../ops/types.js";
import { checkGiven, checkValue, withDefaults } from "../options/check.js";
import { number, whole } from "../options/option.js";
import {
  type Baseline,
  type SamplingOptions,
  type Scalar,
  sampling,
  type Target,
} from "../options/sampling.js";

/** What every method reads. */
type Common = Omit<SamplingOptions, MethodOption | "method">;

/** Options that name their method. */
interface Named<Name extends MethodName> {
  /** Name of a method in `methods`; "gradient" by default. */
  readonly method: Name;
}

/** What a method reads, and that it reads nothing else. */
type Read<Own extends MethodOption> = Common &
  Pick<SamplingOptions, Own> & { readonly [Name in Exclude<MethodOption, Own>]?: undefined };

/**
 * Options of `sensitivity` and `sensitivities`: how a map is computed. Every default makes a good picture. A union by
 * `method`, "gradient" by default: each method has the options that it reads.
 */
export type SensitivityOptions =
  | (Read<OptionsOf<"gradient">> & Partial<Named<"gradient">>)
  | { [Name in MethodName]: Read<OptionsOf<Name>> & Named<Name> }[MethodName]
  | (Read<never> & Named<MethodName>);

/** What has a default that does not depend on anything else. */
type Always =
  | ("method" | "samples" | "noise" | "noiseScale" | "weightNoise" | "antithetic")
  | ("cleanLast" | "seed" | "estimator" | "steps" | "quadrature" | "epsilon" | "gamma" | "of");

/** Options with every default. */
type Filled = Omit<SamplingOptions, Always> & Required<Pick<SamplingOptions, Always>>;

/** Options with one class to explain, or a list of them. */
type Asked = Omit<SamplingOptions, "target"> & { readonly target?: Target | readonly Target[] };

/** What is put in other words for those who sample. */
type Reworded =
  | "method"
  | "target"
  | "weightSamples"
  | "stop"
  | "baseline"
  | "steps"
  | "quadrature";

/** Options with every default, checked. */
export interface Settings extends Omit<Filled, Reworded> {
  readonly method: MethodName;
  readonly targets: readonly Target[];
  /** What the backward pass begins with: the gradient of that, or of the logit where the plan itself goes on to it. */
  readonly begins: Scalar;
  /** Samples in a row that see the same weights. */
  readonly inputs: number;
  /** 0: none. */
  readonly tolerance: number;
  readonly baselines: readonly Baseline[];
  /** Where the passes of a sample lie. */
  readonly path: Path["kind"];
  readonly nodes: readonly PathNode[];
  readonly relevance: RelevanceNumbers;
  readonly stepsAt: readonly number[];
  readonly submitTime: number;
}

function relevanceOf({ alpha: given, beta }: Asked, filled: Filled): RelevanceNumbers {
  const { epsilon, gamma } = filled;
  const alpha = given ?? (beta === undefined ? (filled.alpha as number) : beta + 1);
  if (beta !== undefined && !(Math.abs(alpha - beta - 1) < 1e-6)) {
    throw new Error(`alpha − beta must be 1, got ${alpha} − ${beta}`);
  }
  return { epsilon, gamma, alpha };
}

function inputsOf({ samples, weightNoise, weightSamples, antithetic }: Filled): number {
  if (weightNoise === 0) {
    if (weightSamples === undefined) return 1;
    throw new Error("weightSamples are draws of noisy weights: they need a weightNoise above 0");
  }
  checkValue("weightSamples", whole(1, samples), weightSamples ?? samples);
  const inputs = samples / (weightSamples ?? samples);
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

function baselinesOf({ method, baseline }: Filled): readonly Baseline[] {
  const { usual, most, drawn } = methodOf(method).procedure.baselines;
  const baselines = [baseline ?? usual].flat() as Baseline[];
  if (baselines.length !== 1 && most === 1) {
    throw new Error(`${method} starts from one baseline, got ${baselines.length}`);
  }
  if (!drawn && baselines.includes("noise")) {
    throw new Error(`${method} compares with one picture: the baseline "noise" is none`);
  }
  if (baselines.length > 1 && baselines.includes("noise")) {
    throw new Error('the baseline "noise" is another one for each sample: it stands alone');
  }
  for (const each of baselines) if (typeof each !== "string") checkFinite("the baseline", each);
  return baselines;
}

/** Fills in the defaults. Throws where an option cannot be, with its value; `verb` is whose options they are. */
export function settle(options: Asked, verb = "sensitivity"): Settings {
  checkGiven(verb, sampling, options);
  const filled = withDefaults(sampling, options) as unknown as Filled & Asked;
  const { method, noiseScale, samples, antithetic } = filled;
  checkRead(method, { ...options });
  const isAdaptive = noiseScale === "adaptive";
  const noise = options.noise ?? (isAdaptive ? 0.95 : filled.noise);
  if (isAdaptive) checkValue("noise", number(0, 0.999999), noise);
  if (antithetic && samples % 2 === 1) {
    throw new Error(`antithetic samples come in pairs: samples must be even, got ${samples}`);
  }
  const { procedure } = methodOf(method);
  procedure.check?.(filled);
  if (filled.quadrature === "random" && options.steps !== undefined) {
    throw new Error('the quadrature "random" takes one place of each sample: it has no "steps"');
  }
  const path = procedure.path(filled);
  return {
    ...filled,
    method: method as MethodName,
    targets: [filled.target].flat() as Target[],
    noise,
    begins: procedure.compares ? "logit" : filled.of,
    inputs: inputsOf(filled),
    tolerance: filled.stop?.standardError ?? 0,
    baselines: baselinesOf(filled),
    path: path.kind,
    nodes: path.nodes,
    relevance: relevanceOf(options, filled),
    stepsAt: filled.stepsAt ?? [],
    submitTime: filled.submitTime ?? DEFAULT_SUBMIT_TIME,
  };
}

/** Throws the sentence with which `sensitivity` would refuse these options whatever the model. */
export function checkOptions(options: SensitivityOptions): void {
  settle(options);
}
