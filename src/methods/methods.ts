// A method is a table from operator to rule, and what it goes along: what the table does not name goes by the
// gradient. Activations that were fused into other nodes are looked up by their own name.

import type { RelevanceNumbers } from "../ops/types.js";
import { choice } from "../options/choice.js";

/** The numbers in the rules of relevance where nothing is said: zennit's. */
export const RELEVANCE: RelevanceNumbers = { epsilon: 1e-6, gamma: 0.25, alpha: 2 };

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
  /** Where it is from, what it is in one line, and its cost for n samples. */
  readonly paper: string;
  readonly summary: string;
  readonly cost: string;
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
function relevance(
  { conv = "epsilon", dense = "epsilon", first }: Record<string, string>,
  paper: string,
  summary: string,
): Method {
  const rules: Record<string, string> = { Conv: conv, Gemm: dense, MatMul: dense };
  for (const op of ["Quantize", ...Object.keys(everyActivation("pass"))]) rules[op] = "pass";
  for (const op of ["Concat", "MaxPool"]) rules[op] = "gradient";
  return {
    rules,
    ...(first && { first }),
    others: "epsilon",
    relevance: true,
    paper,
    summary,
    cost: "n forward, n backward, each linear layer up to four times",
  };
}

// Linear operators go by the gradient; the others need a rule of the method, and without it are refused.
function linearOperators(): Record<string, string> {
  const linear = ["Conv", "Gemm", "BatchNormalization", "Concat", "Resize", "Upsample"];
  const means = ["AveragePool", "GlobalAveragePool", "ReduceMean", "ReduceSum"];
  const rules = Object.fromEntries([...linear, ...means].map((op) => [op, "gradient"]));
  return { ...rules, MatMul: "linear" };
}

/** The methods by name. */
export const methods: Readonly<Record<string, Method>> = {
  gradient: {
    rules: {},
    paper: "Simonyan et al. 2013",
    summary: "the gradient of the target with respect to the input",
    cost: "n forward, n backward",
  },
  smoothdiff: {
    rules: {
      ...linearOperators(),
      ...Object.fromEntries(["Add", "Sub", "Mul", "Div"].map((op) => [op, "linear"])),
    },
    others: "mean",
    averages: true,
    paper: "Hill et al. 2025",
    summary: "one gradient through the mean gates of all samples, in place of a mean of gradients",
    cost: "n forward, 1 backward",
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
  "blur-ig": {
    rules: {},
    path: "blur",
    paper: "Xu, Venugopalan & Sundararajan 2020",
    summary: "the gradient times the change, summed from the blurred image to the sharp one",
    cost: "50 n forward, 50 n backward",
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
  "grad-cam": {
    rules: {},
    cam: { weights: "mean", role: "map" },
    paper: "Selvaraju et al. 2017",
    summary: "the channels of a layer, each weighted by the mean of its gradient",
    cost: "n forward, n backward down to the layer",
  },
  "guided-grad-cam": {
    rules: everyActivation("guided"),
    cam: { weights: "mean", role: "factor" },
    paper: "Selvaraju et al. 2017",
    summary: "guided backpropagation times Grad-CAM",
    cost: "n forward, n backward, n backward down to the layer",
  },
  hirescam: {
    rules: {},
    cam: { weights: "local", role: "map" },
    paper: "Draelos & Carin 2020",
    summary: "the channels of a layer, weighted place by place by their gradient",
    cost: "n forward, n backward down to the layer",
  },
  deeplift: {
    rules: linearOperators(),
    others: "rescale",
    path: "end",
    baseline: true,
    paper: "Shrikumar et al. 2017",
    summary:
      "what each input adds to the target over a baseline, by ratios of differences (Rescale)",
    cost: "1 + n forward, n backward",
  },
  occlusion: {
    rules: {},
    occlusion: true,
    paper: "Zeiler & Fergus 2014",
    summary: "how much the target falls when a window of the image is hidden",
    cost: "n forward for each window and one more",
  },
  lrp: relevance(
    {},
    "Bach et al. 2015",
    "the logit shared out backward, layer by layer, as each input took part (LRP-ε)",
  ),
  "lrp-gamma": relevance(
    { conv: "gamma", dense: "gamma" },
    "Montavon et al. 2019",
    "LRP that favors what speaks for the output (γ = 0.25)",
  ),
  "lrp-alpha-beta": relevance(
    { conv: "alpha-beta", dense: "alpha-beta" },
    "Bach et al. 2015",
    "LRP with twice the positive shares less the negative ones (α = 2, β = 1)",
  ),
  "lrp-z-plus": relevance(
    { conv: "z-plus", dense: "z-plus" },
    "Montavon et al. 2017",
    "LRP with the positive shares alone (deep Taylor decomposition)",
  ),
  "lrp-w-square": relevance(
    { first: "w-square" },
    "Montavon et al. 2017",
    "LRP-ε, shared out in the first layer by its squared weights",
  ),
  "lrp-flat": relevance(
    { first: "flat" },
    "Lapuschkin et al. 2019",
    "LRP-ε, shared out in the first layer evenly",
  ),
  "lrp-z-box": relevance(
    { first: "z-box" },
    "Montavon et al. 2017",
    "LRP-ε, in the first layer against the darkest and brightest possible image",
  ),
  "lrp-epsilon-plus": relevance(
    { conv: "z-plus" },
    "Kohlbrenner et al. 2020",
    "LRP: convolutions by the positive shares, dense layers by ε",
  ),
  "lrp-epsilon-plus-flat": relevance(
    { conv: "z-plus", first: "flat" },
    "Kohlbrenner et al. 2020",
    "the same, the first layer evenly",
  ),
  "lrp-epsilon-gamma-box": relevance(
    { conv: "gamma", first: "z-box" },
    "Montavon et al. 2019",
    "LRP: convolutions by γ, dense layers by ε, the first layer against black and white",
  ),
  "lrp-epsilon-alpha2-beta1": relevance(
    { conv: "alpha-beta" },
    "Lapuschkin et al. 2017",
    "LRP: convolutions by α = 2, β = 1, dense layers by ε",
  ),
  // Relevance here is a gradient times the input at every tensor, so that a rule only changes what is a factor in it.
  "attn-lrp": {
    rules: {
      ...everyCurve("identity"),
      ...Object.fromEntries(["Div", "MatMul", "Mul"].map((op) => [op, "uniform"])),
      Standardize: "fixed",
    },
    path: "end",
    paper: "Achtibat et al. 2024",
    summary: "LRP through attention: products shared in halves, deviations as constants",
    cost: "n forward, n backward",
  },
};

/** A method by its name. Throws, with the list, where there is none. */
export function methodOf(name: string): Method {
  choice("method", Object.keys(methods), name);
  return methods[name] as Method;
}

/** The rule that a method prescribes for an operator, and for the first linear layer of a network. */
export function ruleOf(method: string, op: string, isFirst = false): string {
  const { rules, first, others = "gradient" } = methodOf(method);
  return (isFirst && first) || (rules[op] ?? others);
}
