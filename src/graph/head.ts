// The end of a classifier. A Softmax, LogSoftmax or Sigmoid there is taken off, so that the logit is explained and not a
// probability, which is flat where the network is sure. It need not be the very last node: exporters put casts and
// reshapes behind it, clip it, or take its logarithm.
//
// Of one logit z, whose σ(z) is the probability of "yes", the graph makes the two logits −z and z of "no" and "yes", so
// that nothing else has to know of such networks.

import { inputOf, numberOf } from "../ops/attributes.js";
import { ops } from "../ops/table.js";
import type { Node } from "../ops/types.js";
import { elements } from "../tensor/layout.js";
import type { Constant, Layout, Shape } from "../tensor/types.js";

type Constants = ReadonlyMap<string, Constant>;

/** What the last activation of a classifier gives: probabilities or their logarithms. */
type Space = "probability" | "log-probability";

/** The last activation of a classifier. */
export interface End {
  readonly activation: Node;
  /** What lies behind it, in order. */
  readonly tail: readonly Node[];
  /** What the output holds. */
  readonly space: Space;
}

/** Final activations, and what they give. Those of quantized networks are one node with their rounding. */
const ACTIVATIONS: Readonly<Record<string, Space>> = {
  LogSoftmax: "log-probability",
  Sigmoid: "probability",
  Softmax: "probability",
  "com.microsoft::QLinearSigmoid": "probability",
  "com.microsoft::QLinearSoftmax": "probability",
};

/** Operators that change a shape or the order of elements at most. */
const MOVES = ["Flatten", "Reshape", "Squeeze", "Transpose", "Unsqueeze"];

/** Operators that leave every value what it is, but for rounding. */
const KEEPS = [
  "Dropout",
  "Identity",
  ...["", "com.microsoft::"].flatMap((domain) =>
    ["DequantizeLinear", "QuantizeLinear"].map((op) => domain + op),
  ),
];

/** What may lie behind a last activation. */
const TAIL = [...MOVES, ...KEEPS, "Cast", "Clip", "Exp", "Log", "Max", "Min"];

/** Floats, in the numbers of TensorProto.DataType. */
export const FLOATS: readonly number[] = [1, 10, 11, 16];

/** A clip to these probabilities or more of them takes nothing that a reader could miss. */
const NARROWEST = [1e-3, 1 - 1e-3] as const;

/** The last activation that leads to an output; undefined if there is none, or something else lies behind it. */
export function endOf(
  nodes: readonly Node[],
  output: string,
  constants: Constants,
): End | undefined {
  const tail: Node[] = [];
  for (let name = output; ; ) {
    const node = nodes.find(({ outputs }) => outputs[0] === name);
    if (!node) return undefined;
    const given = ACTIVATIONS[node.op];
    if (given) {
      const space = tail.reduce<Space | undefined>(
        (before, each) => before && spaceAfter(each, before, constants),
        given,
      );
      return space && { activation: node, tail, space };
    }
    if (!TAIL.includes(node.op)) return undefined;
    tail.unshift(node);
    name = sourceOf(node, constants);
  }
}

/** The tensor that a node of a tail is about: a bound may be the first operand of a Max or Min. */
function sourceOf({ inputs }: Node, constants: Constants): string {
  const [first = "", second = ""] = inputs;
  return constants.has(first) ? second : first;
}

/** What a node behind the activation makes of what it gave; undefined if that is neither. */
function spaceAfter(node: Node, space: Space, constants: Constants): Space | undefined {
  const { op } = node;
  if (MOVES.includes(op) || KEEPS.includes(op)) return space;
  if (op === "Cast") return FLOATS.includes(numberOf(node, "to", 1)) ? space : undefined;
  if (op === "Log") return space === "probability" ? "log-probability" : undefined;
  if (op === "Exp") return space === "log-probability" ? "probability" : undefined;
  const bounds = boundsOf(node, constants);
  if (!bounds) return undefined;
  const [low, high] = space === "probability" ? NARROWEST : NARROWEST.map(Math.log);
  return bounds[0] <= low! && bounds[1] >= high! ? space : undefined;
}

/** The least and the greatest value that a node lets pass, if all it does is to clip. */
function boundsOf(node: Node, constants: Constants): readonly [number, number] | undefined {
  const number = (k: number) => {
    const data = constants.get(node.inputs[k] ?? "")?.data;
    return data?.length === 1 ? data[0] : undefined;
  };
  const isKnown = node.inputs.slice(1).every((name) => !name || constants.has(name));
  const bound = number(0) ?? number(1);
  if (node.op === "Clip" && isKnown) {
    const low = number(1) ?? numberOf(node, "min", Number.NEGATIVE_INFINITY);
    return [low, number(2) ?? numberOf(node, "max", Number.POSITIVE_INFINITY)];
  }
  if (node.inputs.length !== 2 || bound === undefined) return undefined;
  if (node.op === "Max") return [bound, Number.POSITIVE_INFINITY];
  return node.op === "Min" ? [Number.NEGATIVE_INFINITY, bound] : undefined;
}

/**
 * The nodes with nothing in place of the last activation and of what changes values behind it, and the output then.
 * Moves stay, so that the classes keep the order that the file's output has them in.
 */
export function takeOff(
  nodes: readonly Node[],
  output: string,
  { activation, tail }: End,
  constants: Constants,
): { nodes: Node[]; output: string } {
  const gone = new Set([activation, ...tail.filter(({ op }) => !MOVES.includes(op))]);
  const without = (node: Node): Node => {
    const { name, inputs, outputs } = node;
    const plain = { name, outputs: outputs.slice(0, 1), attributes: {} };
    const isQuantized = node === activation && node.op.includes("QLinear");
    return isQuantized
      ? { ...plain, op: "DequantizeLinear", inputs: inputs.slice(0, 3) }
      : { ...plain, op: "Identity", inputs: [sourceOf(node, constants)] };
  };
  const rest = nodes.map((node) => (gone.has(node) ? without(node) : node));
  for (;;) {
    const last = rest.find(({ outputs }) => outputs[0] === output);
    if (last?.op !== "Identity") return { nodes: rest, output };
    output = inputOf(last);
  }
}

/**
 * True if a final Softmax runs over all that there is of a sample, given the shape that goes into it, and not over a part
 * of the classes or over an axis of length 1.
 */
export function isOverAll({ activation }: End, shape: Shape): boolean {
  if (activation.op.endsWith("Sigmoid")) return true;
  // Before opset 13 it ran over all axes from `axis` on together; graph.ts notes the opset as an attribute.
  const isTogether = numberOf(activation, "opset", 13) < 13;
  const axis = numberOf(activation, "axis", isTogether ? 1 : -1);
  const first = axis < 0 ? axis + shape.length : axis;
  return shape.every((n, i) => n === 1 || i === first || (isTogether && i > first));
}

/**
 * True if `isOverAll` can be told before any shape is known: of [N,K] as dense layers leave it, and of whatever shape
 * where all axes but the batch count together.
 */
export function isSurelyOverAll(end: End, nodes: readonly Node[]): boolean {
  const { activation } = end;
  if (activation.op.endsWith("Sigmoid")) return true;
  const maker = nodes.find(({ outputs }) => outputs.includes(inputOf(activation)));
  const isTogether = numberOf(activation, "opset", 13) < 13;
  const axis = numberOf(activation, "axis", isTogether ? 1 : -1);
  if (isTogether && (axis === 0 || axis === 1)) return true;
  return ["Flatten", "Gemm"].includes(maker?.op ?? "") && isOverAll(end, [1, 2]);
}

/** A graph while it is being made. */
interface Unfinished {
  readonly nodes: readonly Node[];
  readonly output: string;
  readonly layouts: Map<string, Layout>;
  readonly constants: Map<string, Constant>;
}

/**
 * The same for two classes where the output is one number: −z and z, or 1 − p and p of a probability. The last dense layer
 * makes both of a logit where it can, because rules that ask for the sign of weights (LRP's) then see a layer of two
 * outputs as of any other network; an operation of its own behind it would have a sign, and a share, of its own.
 */
export function withBothClasses(
  graph: Unfinished,
  what: "logit" | "probability",
): { nodes: Node[]; output: string } {
  const doubled = what === "logit" ? doubledLayer(graph) : undefined;
  if (doubled) return doubled;
  const { output, layouts, constants } = graph;
  const nodes = [...graph.nodes];
  const add = (op: string, inputs: string[], length: number, attributes = {}): string => {
    const name = `${output} of no and yes, ${op}`;
    nodes.push({ name, op, inputs, outputs: [name], attributes });
    layouts.set(name, { shape: [1, length], channel: 1 });
    return name;
  };
  const number = (value: number): string => {
    const name = `${output} of no and yes, ${value}`;
    constants.set(name, { type: "float32", shape: [], data: Float32Array.of(value) });
    return name;
  };
  const shape = `${output} of no and yes, shape`;
  constants.set(shape, { type: "int64", shape: [2], data: Float64Array.of(1, 1) });
  const yes = add("Reshape", [output, shape], 1);
  const negative = add("Mul", [yes, number(-1)], 1);
  const no = what === "logit" ? negative : add("Add", [negative, number(1)], 1);
  return { output: add("Concat", [no, yes], 2, { axis: 1 }), nodes };
}

/** The dense layer that makes the logit, and the sum with its bias behind it, each with a second output. */
function doubledLayer({ nodes, output, layouts, constants }: Unfinished) {
  const maker = (name: string) => nodes.find(({ outputs }) => outputs[0] === name);
  const isAlone = (name: string) =>
    name === output || nodes.filter(({ inputs }) => inputs.includes(name)).length === 1;
  let node = maker(output);
  // A single number stays where it is.
  while (node && ops[node.op]?.moves && isSingle(layouts.get(inputOf(node))))
    node = maker(inputOf(node));
  const changed = new Map<Node, Node>();
  const double = (each: Node, k: number, constant: Constant): void => {
    const inputs = [...(changed.get(each) ?? each).inputs];
    inputs[k] = `${each.inputs[k]} of no and yes`;
    constants.set(inputs[k], constant);
    changed.set(each, { ...each, inputs });
  };
  if (node?.op === "Add" && !node.activation) {
    const k = node.inputs.findIndex((name) => constants.get(name)?.data.length === 1);
    const bias = constants.get(node.inputs[k] ?? "");
    if (!bias) return undefined;
    double(node, k, pair(bias, [2]));
    node = maker(inputOf(node, 1 - k));
  }
  const weights = constants.get(node?.inputs[1] ?? "");
  if (!node || node.activation || !weights || weights.shape.length !== 2) return undefined;
  if (node.op !== "Gemm" && node.op !== "MatMul") return undefined;
  const isRow = node.op === "Gemm" && numberOf(node, "transB", 0) !== 0;
  const [rows = 0, columns = 0] = weights.shape;
  if ((isRow ? rows : columns) !== 1 || constants.has(inputOf(node))) return undefined;
  double(node, 1, isRow ? pair(weights, [2, columns]) : columnPair(weights));
  const bias = constants.get(node.inputs[2] ?? "");
  if (bias) double(node, 2, pair(bias, [2]));
  const made = [...changed.keys()].map(({ outputs }) => outputs[0] as string);
  if (!made.every(isAlone)) return undefined;
  for (const name of made) {
    const { shape } = layouts.get(name) as Layout;
    layouts.set(name, { shape: [...shape.slice(0, -1), 2], channel: shape.length - 1 });
  }
  return { nodes: nodes.map((each) => changed.get(each) ?? each), output: made[0] as string };
}

const isSingle = (layout: Layout | undefined): boolean =>
  layout !== undefined && elements(layout.shape) === 1;

/** −w, then w. */
function pair({ type, data }: Constant, shape: Shape): Constant {
  return { type, shape, data: Float32Array.from([...data.map((v) => -v), ...data]) };
}

/** The same as columns. */
function columnPair({ type, shape: [rows = 0], data }: Constant): Constant {
  const values = Float32Array.from({ length: 2 * rows }, (_, i) => {
    const v = data[i >> 1] as number;
    return i % 2 === 0 ? -v : v;
  });
  return { type, shape: [rows, 2], data: values };
}
