// Tables of rules: how operators send gradients back. An operator that a table does not name follows the gradient. Activations
// that were fused into other nodes are looked up under their own name.

/** The kinds of methods, as a reader would look for them. */
export type Family = "gradients" | "gates" | "paths" | "layers" | "differences" | "relevance";

/** The backward rules of a method. */
export interface RuleTable {
  /** Operator → rule. */
  readonly of: Readonly<Record<string, string>>;
  /** The rule of the first linear layer, if it has one of its own. */
  readonly first?: string;
  /** The rule of all other operators; "gradient" if not given. */
  readonly others?: string;
  /** The family of methods with these rules, if their procedure has none of its own. */
  readonly family?: Family;
}

/** The rule for an operator, and for the first linear layer of a network. */
export function ruleOf(rules: RuleTable, op: string, isFirst = false): string {
  const { of, first, others = "gradient" } = rules;
  return (isFirst && first) || (of[op] ?? others);
}

/** Every operator follows the gradient. */
export const GRADIENT: RuleTable = { of: {} };

const GATES = ["Relu", "Clip", "LeakyRelu", "PRelu", "ThresholdedRelu"];

const CURVES = [
  ...["Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Swish", "Mish", "Gelu", "Erf"],
  ...["Elu", "Selu", "Celu", "Softplus", "Softsign"],
];

const everyOne = (ops: readonly string[], rule: string): Record<string, string> =>
  Object.fromEntries(ops.map((op) => [op, rule]));

/**
 * One rule for every activation. "guided" and "deconvnet" are about what a Relu does to negative gradients; for a curved
 * function nobody has said what they would be, so an operator that has only the gradient refuses them.
 */
export const onActivations = (rule: string): RuleTable => ({
  of: everyOne([...GATES, ...CURVES], rule),
  family: "gates",
});

/**
 * Relevance passes activations, goes to the winner of a maximum, and is shared out by everything else; what has no rule for
 * that is refused.
 */
export function relevanceRules({
  conv = "epsilon",
  dense = "epsilon",
  first,
}: Readonly<Partial<Record<"conv" | "dense" | "first", string>>>): RuleTable {
  const passed = everyOne(["Quantize", ...GATES, ...CURVES], "pass");
  const winning = everyOne(["Concat", "MaxPool"], "gradient");
  const layers = { Conv: conv, Gemm: dense, MatMul: dense };
  const of = { ...layers, ...passed, ...winning };
  return { of, ...(first && { first }), others: "epsilon", family: "relevance" };
}

/** Linear operators go by the gradient; the others need a rule of the method, and without it are refused. */
const LINEAR_OPERATORS = {
  ...everyOne(["Conv", "Gemm", "BatchNormalization", "Concat", "Resize", "Upsample"], "gradient"),
  ...everyOne(["AveragePool", "GlobalAveragePool", "ReduceMean", "ReduceSum"], "gradient"),
  MatMul: "linear",
};

/** DeepLIFT's Rescale: ratios of differences in place of slopes. */
export const RESCALE: RuleTable = { of: LINEAR_OPERATORS, others: "rescale" };

/** SmoothDiff: what has gates goes by their means. */
export const MEAN_GATES: RuleTable = {
  of: { ...LINEAR_OPERATORS, ...everyOne(["Add", "Sub", "Mul", "Div"], "linear") },
  others: "mean",
};

/**
 * LRP through attention. Relevance here is a gradient times the input at every tensor, so that a rule only changes what is a
 * factor in it.
 */
export const ATTENTION: RuleTable = {
  of: {
    ...everyOne(CURVES, "identity"),
    ...everyOne(["Div", "MatMul", "Mul"], "uniform"),
    Standardize: "fixed",
  },
  family: "relevance",
};
