// A method is a table from operator to rule, and what it goes along: what the table does not name goes by the
// gradient. Activations that were fused into other nodes are looked up by their own name.

import { choice } from "./choice.js";

/** How a map is made of backward passes. */
export interface Method {
  /** The backward rule of every operator that does not follow the gradient. */
  readonly rules: Readonly<Record<string, string>>;
  /**
   * The passes of each sample lie between a baseline x₀ and the sample x, at x₀ + α (x − x₀), and their
   * weighted sum is multiplied by x − x₀: at the `end` (α = 1), at the `nodes` of an integral over α, or at one
   * `random` place, α ~ U(0, 1), with a random baseline.
   */
  readonly path?: "end" | "nodes" | "random";
  /** Where it is from, what it is in one line, and its cost for n samples. */
  readonly paper: string;
  readonly summary: string;
  readonly cost: string;
}

// These two rules are about what a Relu does to negative gradients; for a curved function nobody has said what
// they would be, so an operator that has only the gradient refuses them.
function everyActivation(rule: string): Record<string, string> {
  const gates = ["Relu", "Clip", "LeakyRelu", "PRelu", "ThresholdedRelu"];
  const curves = [
    ...["Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Swish", "Mish", "Gelu", "Erf"],
    ...["Elu", "Selu", "Celu", "Softplus", "Softsign"],
  ];
  return Object.fromEntries([...gates, ...curves].map((op) => [op, rule]));
}

/** The methods by name. */
export const methods: Readonly<Record<string, Method>> = {
  gradient: {
    rules: {},
    paper: "Simonyan et al. 2013",
    summary: "the gradient of the target with respect to the input",
    cost: "n forward, n backward",
  },
  "input-x-gradient": {
    rules: {},
    path: "end",
    paper: "Shrikumar et al. 2016",
    summary: "the gradient times the input",
    cost: "n forward, n backward",
  },
  "integrated-gradients": {
    rules: {},
    path: "nodes",
    paper: "Sundararajan et al. 2017",
    summary: "the mean gradient on the way from a baseline, times the way",
    cost: "50 n forward, 50 n backward",
  },
  "expected-gradients": {
    rules: {},
    path: "random",
    paper: "Erion et al. 2019; GradientSHAP, Lundberg & Lee 2017",
    summary: "the same at one random place of the way from a random baseline",
    cost: "n forward, n backward",
  },
  "guided-backprop": {
    rules: everyActivation("guided"),
    paper: "Springenberg et al. 2015",
    summary: "the gradient, of which every Relu lets only the positive part back",
    cost: "n forward, n backward",
  },
  deconvnet: {
    rules: everyActivation("deconvnet"),
    paper: "Zeiler & Fergus 2014",
    summary: "the same, whether the Relu was open or not",
    cost: "n forward, n backward",
  },
};

/** A method by its name. Throws, with the list, where there is none. */
export function methodOf(name: string): Method {
  choice("method", Object.keys(methods), name);
  return methods[name] as Method;
}

/** The rule that a method prescribes for an operator. */
export function ruleOf(method: string, op: string): string {
  return methodOf(method).rules[op] ?? "gradient";
}
