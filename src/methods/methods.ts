// A method is a table of rules, which say how operators send gradients back, and a procedure, which says which passes there are
// and what becomes of them. Adding one takes a row here and its words in words.ts, which is loaded only to print them; if it
// does something new, also a table in rules.ts or a file in procedures/.

import type { RelevanceNumbers } from "../ops/types.js";
import { choice } from "../options/choice.js";
import { type SamplingOptions, sampling } from "../options/sampling.js";
import type { Procedure } from "./procedure.js";
import { average } from "./procedures/average.js";
import { averagedGates } from "./procedures/averaged-gates.js";
import { blur } from "./procedures/blur.js";
import { camBy, timesCamBy } from "./procedures/cam.js";
import { differences } from "./procedures/differences.js";
import { alongNodes, toEnd, toRandom } from "./procedures/path.js";
import { relevance } from "./procedures/relevance.js";
import { windows } from "./procedures/windows.js";
import {
  ATTENTION,
  type Family,
  GRADIENT,
  MEAN_GATES,
  onActivations,
  RESCALE,
  type RuleTable,
  relevanceRules,
} from "./rules.js";

const { epsilon, gamma, alpha } = sampling;

/** The numbers in the rules of relevance where nothing is said: zennit's. */
export const RELEVANCE = {
  epsilon: epsilon.default,
  gamma: gamma.default,
  alpha: alpha.default,
} as RelevanceNumbers;

type OptionName = keyof SamplingOptions;

/** A method, as the table `methods` has it. */
export interface Method {
  /** @internal How operators send gradients back. */
  readonly rules: RuleTable;
  /** @internal The passes of a sample, and what becomes of them. */
  readonly procedure: Procedure;
  /** The kind of method, as a reader would look for it. */
  readonly family: Family;
  /** The options that it reads, of those that not every method reads. */
  readonly options: readonly OptionName[];
}

/** A method; `own` are the options that its rules read, besides those of its procedure. */
function method<Read extends OptionName, const Own extends readonly OptionName[]>(
  rules: RuleTable,
  procedure: Procedure<Read>,
  ...own: Own
) {
  const family = procedure.family ?? rules.family ?? ("gradients" as const);
  const options: readonly (Read | Own[number])[] = [...procedure.options, ...own];
  return { rules, procedure, family, options };
}

/** A method of relevance propagation, by the rules of convolutions, dense layers and the first layer; ε if not given. */
function lrp<const Own extends readonly OptionName[]>(
  rules: Parameters<typeof relevanceRules>[0],
  ...own: Own
) {
  return method(relevanceRules(rules), relevance, ...own);
}

const table = {
  gradient: method(GRADIENT, average),
  smoothdiff: method(MEAN_GATES, averagedGates),
  "input-x-gradient": method(GRADIENT, toEnd),
  "integrated-gradients": method(GRADIENT, alongNodes),
  "expected-gradients": method(GRADIENT, toRandom),
  "blur-ig": method(GRADIENT, blur),
  "guided-backprop": method(onActivations("guided"), average),
  deconvnet: method(onActivations("deconvnet"), average),
  "grad-cam": method(GRADIENT, camBy("means")),
  "guided-grad-cam": method(onActivations("guided"), timesCamBy("means")),
  hirescam: method(GRADIENT, camBy("gradients")),
  layercam: method(GRADIENT, camBy("positive gradients")),
  deeplift: method(RESCALE, differences),
  occlusion: method(GRADIENT, windows),
  lrp: lrp({}, "epsilon"),
  "lrp-gamma": lrp({ conv: "gamma", dense: "gamma" }, "gamma"),
  "lrp-alpha-beta": lrp({ conv: "alpha-beta", dense: "alpha-beta" }, "alpha", "beta"),
  "lrp-z-plus": lrp({ conv: "z-plus", dense: "z-plus" }),
  "lrp-w-square": lrp({ first: "w-square" }, "epsilon"),
  "lrp-flat": lrp({ first: "flat" }, "epsilon"),
  "lrp-z-box": lrp({ first: "z-box" }, "box", "epsilon"),
  "lrp-epsilon-plus": lrp({ conv: "z-plus" }, "epsilon"),
  "lrp-epsilon-plus-flat": lrp({ conv: "z-plus", first: "flat" }, "epsilon"),
  "lrp-epsilon-gamma-box": lrp({ conv: "gamma", first: "z-box" }, "box", "epsilon", "gamma"),
  "lrp-epsilon-alpha2-beta1": lrp({ conv: "alpha-beta" }, "epsilon", "alpha", "beta"),
  "attn-lrp": method(ATTENTION, toEnd),
} satisfies Record<string, Method>;

/** Name of a method. */
export type MethodName = keyof typeof table;

/** The options that a method reads, of those that not every method does. */
export type OptionsOf<Name extends MethodName> = (typeof table)[Name]["options"][number];

/** An option that some methods read and others do not. */
export type MethodOption = { [Name in MethodName]: OptionsOf<Name> }[MethodName];

/** All methods by name. */
export const methods: Readonly<Record<MethodName, Method>> = table;

/** A method by its name. Throws, with the list, where there is none. */
export function methodOf(name: string): Method {
  choice("method", Object.keys(methods), name);
  return methods[name as MethodName];
}
