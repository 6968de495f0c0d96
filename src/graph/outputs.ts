// Which output of a file is explained. Exporters write labels, maps of probabilities and features beside the scores of
// the classes; which is which can be told from their types and shapes, and from the nodes that make them, before
// anything is computed.

import type { Declared, OnnxModel } from "../onnx/types.js";
import { inputOf, numberOf } from "../ops/attributes.js";
import type { Node } from "../ops/types.js";
import { endOf } from "./head.js";
import type { ChosenOutput } from "./rewrites.js";

/** What is known of an output. */
interface Candidate {
  readonly name: string;
  readonly type: Declared["type"];
  readonly shape: Declared["shape"];
  /** 0 looks most like the scores of classes. */
  readonly rank: number;
  /** How many classes there would be. */
  readonly classes: number;
}

/** Operators that give places or counts, or pick the best of what there is. */
const LABELING = ["ArgMax", "ArgMin", "NonMaxSuppression", "NonZero", "Shape", "Size", "TopK"];

const COMPARING = /^(And|Or|Not|Xor|Equal|Less|Greater|LessOrEqual|GreaterOrEqual|IsNaN|IsInf)$/;

/** Operators that make labels, lists and maps of what is there. */
const MAPPING =
  /^(ArrayFeatureExtractor|CategoryMapper|LabelEncoder|Sequence\w+|SplitToSequence|ZipMap)$/;

/** Element types by their numbers in TensorProto.DataType. */
const TYPES: Readonly<Record<number, Declared["type"]>> = {
  ...{ 1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64" },
  ...{ 9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16" },
};

/** Operators whose output is of the type of their first input, and has as many numbers. */
const PASSING =
  /^(Clip|Dropout|Exp|Flatten|Identity|Log|LogSoftmax|Relu|Reshape|Sigmoid|Softmax|Squeeze|Transpose|Unsqueeze)$/;

/** Operators that leave one number of each channel. */
const POOLING = ["GlobalAveragePool", "GlobalMaxPool", "ReduceMean"];

/**
 * The output to explain: that of the name, if there is one, else of those that hold floats [N,K] the one with the most
 * classes. One from which another is made is on the way to it: features, or the logits of a probability. Then an output
 * [N,1], first of all one behind a Sigmoid. Throws one sentence with all outputs where there is none of the name.
 */
export function chooseOutput(model: OnnxModel, asked?: string): ChosenOutput {
  const { outputs } = model;
  const [first] = outputs;
  if (first === undefined) throw new Error("the model has no output");
  if (asked !== undefined) {
    if (outputs.includes(asked)) return { name: asked, warnings: [] };
    throw new Error(`the model has no output "${asked}"; it has: ${describe(model)}`);
  }
  if (outputs.length === 1) return { name: first, warnings: [] };
  const candidates = outputs.map((name) => candidateOf(name, model));
  const [best] = withoutSteps(candidates, model).sort(
    (a, b) => a.rank - b.rank || b.classes - a.classes,
  );
  const name = best?.name ?? first;
  const warnings = [
    `Of the outputs ${describe(model)}, "${name}" is explained: to explain another, give its name as output.`,
  ];
  return { name, warnings: name === first ? [] : warnings };
}

/** The outputs with their types and shapes, as far as they are known. */
function describe(model: OnnxModel): string {
  return model.outputs
    .map((name) => {
      const { type, shape } = candidateOf(name, model);
      const lengths = shape && `[${shape.map((n) => n ?? "?")}]`;
      return [name, type === "other" ? "no tensor" : type, lengths].filter(Boolean).join(" ");
    })
    .join(", ");
}

function candidateOf(name: string, model: OnnxModel): Candidate {
  const declared = model.declared?.get(name);
  const made = kindOf(name, model);
  // A file may name the types of all outputs alike.
  const type = made.type ?? declared?.type;
  const shape = declared?.shape;
  const classes = countOf(shape) ?? madeOf(name, model);
  const isFloat = type === undefined || /float/.test(type);
  const common = { name, type, shape, classes: classes ?? 0 };
  if (!isFloat || made.isLabel) return { ...common, rank: 5 };
  if (classes === Number.POSITIVE_INFINITY) return { ...common, rank: 4 };
  const end = endOf(model.nodes, name, model.constants);
  if (classes === undefined) return { ...common, rank: end ? 0 : 2 };
  if (classes > 1) return { ...common, rank: 0 };
  return { ...common, rank: end?.activation.op.endsWith("Sigmoid") ? 1 : 3 };
}

/** The numbers of a sample: Infinity where they lie along several axes, as in a map; undefined if nobody knows. */
function countOf(shape: Declared["shape"]): number | undefined {
  if (!shape) return undefined;
  const long = shape.slice(shape.length > 1 ? 1 : 0).filter((n) => n !== 1);
  if (long.length > 1) return Number.POSITIVE_INFINITY;
  const [length = 1] = long;
  // One axis of open length is the batch.
  return length ?? (shape.length > 1 ? undefined : 1);
}

/** The numbers of a sample by the weights of the layer that makes them. */
function madeOf(name: string, model: OnnxModel): number | undefined {
  let isPooled = false;
  for (let node = makerOf(name, model); node; ) {
    const weights = model.constants.get(node.inputs[1] ?? "")?.shape;
    if (node.op === "Gemm") return weights?.[numberOf(node, "transB", 0) ? 0 : 1];
    if (node.op === "MatMul" && weights) return weights.at(-1);
    if (node.op === "Conv") return isPooled ? weights?.[0] : undefined;
    if (POOLING.includes(node.op)) isPooled = true;
    else if (!/^(Add|BatchNormalization|Cast|Mul|Sub)$/.test(node.op) && !PASSING.test(node.op))
      return undefined;
    name = node.inputs.find((input) => !model.constants.has(input)) ?? "";
    node = makerOf(name, model);
  }
  return undefined;
}

/** The type of a tensor by the nodes that make it, as far as they tell, and whether it is made of labels. */
function kindOf(name: string, model: OnnxModel): { type: Declared["type"]; isLabel: boolean } {
  let cast: Declared["type"];
  const found = (type: Declared["type"], isLabel: boolean) => ({ type: cast ?? type, isLabel });
  for (;;) {
    const node = makerOf(name, model);
    if (!node) {
      const constant = model.constants.get(name);
      return found(constant?.type, constant !== undefined);
    }
    if (LABELING.includes(node.op)) {
      const isValue = node.op === "TopK" && node.outputs[0] === name;
      return found(isValue ? undefined : "int64", true);
    }
    if (COMPARING.test(node.op)) return found("bool", true);
    if (MAPPING.test(node.op)) return found("other", true);
    if (node.op === "Cast") cast ??= TYPES[numberOf(node, "to", 1)] ?? "other";
    else if (!PASSING.test(node.op)) return found(undefined, false);
    name = inputOf(node);
  }
}

/** Without the ones of which another one is made. */
function withoutSteps(candidates: readonly Candidate[], { nodes }: OnnxModel): Candidate[] {
  const scores = candidates.filter(({ rank }) => rank === 0);
  const steps = new Set(scores.flatMap(({ name }) => [...neededFor(nodes, name)]));
  return candidates.filter(({ name, rank }) => rank > 0 || !steps.has(name));
}

/** The tensors that the explained output is made of, and itself. Throws as `chooseOutput` does. */
export function tensorsFor(model: OnnxModel, asked?: string): Set<string> {
  const { name } = chooseOutput(model, asked);
  return neededFor(model.nodes, name).add(name);
}

/** The tensors that one is made of. */
function neededFor(nodes: readonly Node[], output: string): Set<string> {
  const wanted = new Set([output]);
  for (const { inputs, outputs } of [...nodes].reverse()) {
    if (!outputs.some((name) => wanted.has(name))) continue;
    for (const name of inputs) wanted.add(name);
  }
  wanted.delete(output);
  return wanted;
}

const makerOf = (name: string, { nodes }: OnnxModel): Node | undefined =>
  nodes.find(({ outputs }) => outputs.includes(name));
