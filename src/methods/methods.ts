// A method is a table from operator to rule, what it goes along, and the options that it reads: what the table of rules
// does not name goes by the gradient. Activations that were fused into other nodes are looked up by their own name.
// What a method is in words stands in words.ts, which only those load who print it.

import type { RelevanceNumbers } from "../ops/types.js";
import { choice } from "../options/choice.js";

/** The numbers in the rules of relevance where nothing is said: zennit's. */
export const RELEVANCE: RelevanceNumbers = { epsilon: 1e-6, gamma: 0.25, alpha: 2 };

/** What there is to choose only where each sample has a gradient of its own. */
const OF_EACH_SAMPLE = ["of", "estimator", "stop", "weightNoise", "weightSamples"] as const;

/** An option that some methods read and others do not. */
export type MethodOption =
  | (typeof OF_EACH_SAMPLE)[number]
  | ("baseline" | "steps" | "quadrature" | "maxSigma" | "window" | "stride" | "layer")
  | ("box" | "epsilon" | "gamma" | "alpha" | "beta");

/** What a class activation map is made of. */
export interface Cam {
  /** Each channel of the layer is weighted by the mean of its gradient, or place by place. */
  readonly weights: "mean" | "local";
  /** It is the map itself, or the method's backward pass times it. */
  readonly role: "map" | "factor";
}

/** How a map is made of backward passes. */
export interface Method {
  /** The backward rule of every operator that does not follow the gradient. */
  readonly rules: Readonly<Record<string, string>>;
  /** The rule of the first linear layer, where it is not that of the others. */
  readonly first?: string;
  /** The rule of the operators that the table does not name; "gradient" if not given. */
  readonly others?: string;
  /** The backward pass begins with the logits, each times the gradient of the target, in place of the gradient. */
  readonly relevance?: boolean;
  /**
   * The passes of each sample lie between a baseline x₀ and the sample x, at x₀ + α (x − x₀), and their
   * weighted sum is multiplied by x − x₀: at the `end` (α = 1), at the `nodes` of an integral over α, or at one
   * `random` place, α ~ U(0, 1), with a random baseline. Or they are the sample under less and less `blur`, at the
   * nodes of an integral over its σ, each gradient times ∂x/∂σ.
   */
  readonly path?: "end" | "nodes" | "random" | "blur";
  /** The forward pass of the baseline takes part: its rules compare both. */
  readonly baseline?: boolean;
  /** There is no backward pass: windows of the input are hidden, one a pass. */
  readonly occlusion?: boolean;
  /** The gates of all samples are averaged, and one backward pass goes through the means. */
  readonly averages?: boolean;
  /** A class activation map, of the gradient at a layer, takes part. */
  readonly cam?: Cam;
  /** The options that it reads, of those that not every method does. */
  readonly options: readonly MethodOption[];
}

// These two rules are about what a Relu does to negative gradients; for a curved function nobody has said what
// they would be, so an operator that has only the gradient refuses them.
function everyActivation(rule: string): Record<string, string> {
  const gates = ["Relu", "Clip", "LeakyRelu", "PRelu", "ThresholdedRelu"];
  return { ...Object.fromEntries(gates.map((op) => [op, rule])), ...everyCurve(rule) };
}

function everyCurve(rule: string): Record<string, string> {
  const curves = [
    ...["Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Swish", "Mish", "Gelu", "Erf"],
    ...["Elu", "Selu", "Celu", "Softplus", "Softsign"],
  ];
  return Object.fromEntries(curves.map((op) => [op, rule]));
}

// Relevance passes activations, goes to the winner of a maximum, and is shared out by everything else; what has
// no rule for that is refused.
function relevance<Own extends MethodOption = never>(
  { conv = "epsilon", dense = "epsilon", first }: Record<string, string>,
  ...own: Own[]
) {
  const rules: Record<string, string> = { Conv: conv, Gemm: dense, MatMul: dense };
  for (const op of ["Quantize", ...Object.keys(everyActivation("pass"))]) rules[op] = "pass";
  for (const op of ["Concat", "MaxPool"]) rules[op] = "gradient";
  return {
    rules,
    options: [...OF_EACH_SAMPLE, ...own],
    ...(first && { first }),
    others: "epsilon",
    relevance: true,
  };
}

// Linear operators go by the gradient; the others need a rule of the method, and without it are refused.
function linearOperators(): Record<string, string> {
  const linear = ["Conv", "Gemm", "BatchNormalization", "Concat", "Resize", "Upsample"];
  const means = ["AveragePool", "GlobalAveragePool", "ReduceMean", "ReduceSum"];
  const rules = Object.fromEntries([...linear, ...means].map((op) => [op, "gradient"]));
  return { ...rules, MatMul: "linear" };
}

const table = {
  gradient: {
    rules: {},
    options: OF_EACH_SAMPLE,
  },
  smoothdiff: {
    rules: {
      ...linearOperators(),
      ...Object.fromEntries(["Add", "Sub", "Mul", "Div"].map((op) => [op, "linear"])),
    },
    others: "mean",
    averages: true,
    options: [],
  },
  "input-x-gradient": {
    rules: {},
    path: "end",
    options: OF_EACH_SAMPLE,
  },
  "integrated-gradients": {
    rules: {},
    path: "nodes",
    options: [...OF_EACH_SAMPLE, "baseline", "steps", "quadrature"],
  },
  "expected-gradients": {
    rules: {},
    path: "random",
    options: [...OF_EACH_SAMPLE, "baseline"],
  },
  "blur-ig": {
    rules: {},
    path: "blur",
    options: [...OF_EACH_SAMPLE, "steps", "quadrature", "maxSigma"],
  },
  "guided-backprop": {
    rules: everyActivation("guided"),
    options: OF_EACH_SAMPLE,
  },
  deconvnet: {
    rules: everyActivation("deconvnet"),
    options: OF_EACH_SAMPLE,
  },
  "grad-cam": {
    rules: {},
    cam: { weights: "mean", role: "map" },
    options: [...OF_EACH_SAMPLE, "layer"],
  },
  "guided-grad-cam": {
    rules: everyActivation("guided"),
    cam: { weights: "mean", role: "factor" },
    options: [...OF_EACH_SAMPLE, "layer"],
  },
  hirescam: {
    rules: {},
    cam: { weights: "local", role: "map" },
    options: [...OF_EACH_SAMPLE, "layer"],
  },
  deeplift: {
    rules: linearOperators(),
    others: "rescale",
    path: "end",
    baseline: true,
    options: [...OF_EACH_SAMPLE, "baseline"],
  },
  occlusion: {
    rules: {},
    occlusion: true,
    options: [...OF_EACH_SAMPLE, "baseline", "window", "stride"],
  },
  lrp: relevance({}, "epsilon"),
  "lrp-gamma": relevance({ conv: "gamma", dense: "gamma" }, "gamma"),
  "lrp-alpha-beta": relevance({ conv: "alpha-beta", dense: "alpha-beta" }, "alpha", "beta"),
  "lrp-z-plus": relevance({ conv: "z-plus", dense: "z-plus" }),
  "lrp-w-square": relevance({ first: "w-square" }, "epsilon"),
  "lrp-flat": relevance({ first: "flat" }, "epsilon"),
  "lrp-z-box": relevance({ first: "z-box" }, "box", "epsilon"),
  "lrp-epsilon-plus": relevance({ conv: "z-plus" }, "epsilon"),
  "lrp-epsilon-plus-flat": relevance({ conv: "z-plus", first: "flat" }, "epsilon"),
  "lrp-epsilon-gamma-box": relevance({ conv: "gamma", first: "z-box" }, "box", "epsilon", "gamma"),
  "lrp-epsilon-alpha2-beta1": relevance({ conv: "alpha-beta" }, "epsilon", "alpha", "beta"),
  // Relevance here is a gradient times the input at every tensor, so that a rule only changes what is a factor in it.
  "attn-lrp": {
    rules: {
      ...everyCurve("identity"),
      ...Object.fromEntries(["Div", "MatMul", "Mul"].map((op) => [op, "uniform"])),
      Standardize: "fixed",
    },
    path: "end",
    options: OF_EACH_SAMPLE,
  },
} satisfies Record<string, Method>;

/** Name of a method. */
export type MethodName = keyof typeof table;

/** The options that a method reads, of those that not every method does. */
export type OptionsOf<Name extends MethodName> = (typeof table)[Name]["options"][number];

/** The methods by name. */
export const methods: Readonly<Record<MethodName, Method>> = table;

/** A method by its name. Throws, with the list, where there is none. */
export function methodOf(name: string): Method {
  choice("method", Object.keys(methods), name);
  return methods[name as MethodName];
}

/** The rule that a method prescribes for an operator, and for the first linear layer of a network. */
export function ruleOf(method: string, op: string, isFirst = false): string {
  const { rules, first, others = "gradient" } = methodOf(method);
  return (isFirst && first) || (rules[op] ?? others);
}
