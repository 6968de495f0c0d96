// Which method reads which option, in one table: what a method does not read is refused, and a page that offers the
// options of a method asks here.

import { type Method, methodOf, methods } from "./methods.js";

/** True if linear layers follow a rule of relevance. */
function hasRule({ rules, relevance }: Method, rule: string): boolean {
  return relevance === true && [rules.Conv, rules.Gemm].includes(rule);
}

/** The options that not every method reads, and which do. */
const READ_BY = {
  baseline: ({ path, baseline, occlusion }) =>
    baseline || occlusion || path === "nodes" || path === "random",
  steps: ({ path }) => path === "nodes" || path === "blur",
  quadrature: ({ path }) => path === "nodes" || path === "blur",
  maxSigma: ({ path }) => path === "blur",
  window: ({ occlusion }) => occlusion,
  stride: ({ occlusion }) => occlusion,
  layer: ({ cam }) => cam !== undefined,
  box: ({ first }) => first === "z-box",
  epsilon: (method) => hasRule(method, "epsilon"),
  gamma: (method) => hasRule(method, "gamma"),
  alpha: (method) => hasRule(method, "alpha-beta"),
  beta: (method) => hasRule(method, "alpha-beta"),
} as const satisfies Record<string, (method: Method) => unknown>;

/** What there is to choose only where each sample has a gradient of its own. */
const OF_EACH_SAMPLE = ["of", "estimator", "stop", "weightNoise", "weightSamples"] as const;

/** An option that some methods read and others do not. */
export type MethodOption = keyof typeof READ_BY | (typeof OF_EACH_SAMPLE)[number];

/** The options that a method reads, of those that not all of them do. Throws where there is no such method. */
export function optionsOf(method: string): MethodOption[] {
  const chosen = methodOf(method);
  const options = Object.keys(READ_BY) as (keyof typeof READ_BY)[];
  const own = options.filter((option) => READ_BY[option](chosen));
  return chosen.averages ? own : [...own, ...OF_EACH_SAMPLE];
}

/** Throws where an option is given that the method does not read: nothing is ignored in silence. */
export function checkRead(name: string, options: Readonly<Record<string, unknown>>): void {
  const method = methodOf(name);
  for (const [option, reads] of Object.entries(READ_BY)) {
    if (options[option] === undefined || reads(method)) continue;
    const readers = Object.keys(methods).filter((other) => reads(methods[other] as Method));
    throw new Error(`${name} has no option "${option}"; it is for ${readers.join(", ")}`);
  }
}
