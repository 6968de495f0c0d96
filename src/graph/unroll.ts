// Control flow whose course is known before there is an image: the branch that an If takes takes its place, the body of
// a Loop is written down as often as the Loop goes round, and sequences of tensors become the names of these.
//
// How to think of it: nodes are visited in order, and what depends on constants alone is computed on the way, so that a
// condition or a count is known when its node comes up. A Loop gives the nodes of one round and itself for the rest: by
// then the next condition has been computed. Nothing else in the program knows of sequences or bodies.

import type { Subgraph } from "../onnx/types.js";
import { axisOf, nodeError, numberOf, outputOf } from "../ops/attributes.js";
import type { Node } from "../ops/types.js";
import type { Constant, Layout } from "../tensor/types.js";
import type { Flow } from "./rewrites.js";

// What a few bytes of a file may come to.
const MOST_NODES = 20_000;
const MOST_ELEMENTS = 2 ** 24;

interface Known {
  readonly constants: Map<string, Constant>;
  readonly layouts: ReadonlyMap<string, Layout>;
}

const OPS: readonly string[] = [
  ..."If Loop SequenceEmpty SequenceConstruct SequenceInsert SequenceErase SequenceAt SequenceLength".split(
    " ",
  ),
  ..."SplitToSequence ConcatFromSequence".split(" "),
];

/** True for the operators of this file. */
export const isFlow = ({ op }: Node): boolean => OPS.includes(op);

/** True if an operator of this file may be unrolled when the shapes are known. */
export function mayUnroll(node: Node, known: ReadonlySet<string>): boolean {
  const [first = "", second = ""] = node.inputs;
  if (node.op === "If") return known.has(first);
  return node.op !== "Loop" || [first, second].every((name) => !name || known.has(name));
}

/** Counts what a node of a body computes. Throws where a file asks for more than any network has. */
export function count(flow: Flow, node: Node, values: readonly Constant[]): void {
  if (!flow.unrolled.has(node)) return;
  for (const { data } of values) flow.elements += data.length;
  if (flow.elements <= MOST_ELEMENTS) return;
  throw nodeError(node, `the loops around it compute more than ${MOST_ELEMENTS} numbers`);
}

/**
 * The nodes that take a node's place, in order; undefined where it is not one of this file, or where what it depends on
 * is not known (yet).
 */
export function unroll(node: Node, flow: Flow, known: Known): Node[] | undefined {
  const nodes = steps(node, flow, known);
  if (!nodes) return undefined;
  flow.nodes += nodes.length;
  if (flow.nodes > MOST_NODES) {
    throw nodeError(node, `it is unrolled to more than ${MOST_NODES} nodes`);
  }
  for (const each of nodes) flow.unrolled.add(each);
  return nodes;
}

function steps(node: Node, flow: Flow, known: Known): Node[] | undefined {
  const { sequences } = flow;
  const { constants } = known;
  const { op, inputs, outputs } = node;
  const [first = "", second = ""] = inputs;
  const [output = ""] = outputs;
  const items = sequences.get(first);
  const become = (names: readonly string[]): Node[] => {
    sequences.set(output, names);
    return [];
  };
  const whole = (k: number): number | undefined => constants.get(inputs[k] ?? "")?.data[0];
  switch (op) {
    case "Identity":
      return items && become(items);
    case "If":
      return branch(node, known);
    case "Loop":
      return round(node, flow, known);
    case "SequenceEmpty":
      return become([]);
    case "SequenceConstruct":
      return become(inputs);
    case "SequenceInsert": {
      const at = inputs[2] ? whole(2) : items?.length;
      if (!items || at === undefined) return undefined;
      return become(items.toSpliced(place(node, at, items.length + 1), 0, second));
    }
    case "SequenceErase": {
      const at = second ? whole(1) : -1;
      if (!items || at === undefined) return undefined;
      return become(items.toSpliced(place(node, at, items.length), 1));
    }
    case "SequenceAt": {
      const at = whole(1);
      if (!items || at === undefined) return undefined;
      return [identity(node, items[place(node, at, items.length)] as string, output)];
    }
    case "SequenceLength":
      if (!items) return undefined;
      constants.set(output, integer(items.length));
      return [];
    case "ConcatFromSequence":
      return items && joined(node, items);
    case "SplitToSequence":
      return split(node, flow, known);
    default:
      return undefined;
  }
}

const integer = (value: number): Constant => ({
  type: "int64",
  shape: [],
  data: Float64Array.of(value),
});

function identity(node: Node, from: string, to: string): Node {
  return { name: node.name, op: "Identity", inputs: [from], outputs: [to], attributes: {} };
}

function place(node: Node, at: number, length: number): number {
  const result = at < 0 ? at + length : at;
  if (result >= 0 && result < length) return result;
  throw nodeError(node, `there is no place ${at} in a sequence of ${length}`);
}

function bodyOf(node: Node, attribute: string): Subgraph {
  const body = node.attributes[attribute];
  if (typeof body === "object" && "nodes" in body) return body;
  throw nodeError(node, `it has no ${attribute}`);
}

function branch(node: Node, { constants }: Known): Node[] | undefined {
  const condition = constants.get(node.inputs[0] ?? "");
  if (!condition) return undefined;
  const body = bodyOf(node, condition.data[0] ? "then_branch" : "else_branch");
  for (const [name, constant] of body.constants) constants.set(name, constant);
  return [...body.nodes, ...results(node, body.outputs)];
}

/** Tensors as the outputs of a node. */
function results(node: Node, names: readonly string[]): Node[] {
  return node.outputs.flatMap((output, k) => {
    if (!output) return [];
    const name = names[k];
    if (name) return [identity(node, name, output)];
    throw nodeError(node, `nothing gives its output ${k}, "${output}"`);
  });
}

/** One round of a Loop and the rest of it, or what it leaves in the end. */
function round(node: Node, flow: Flow, { constants }: Known): Node[] | undefined {
  const { name, inputs, outputs } = node;
  const body = bodyOf(node, "body");
  const carried = body.inputs.length - 2;
  const [trips = "", condition = ""] = inputs;
  const [most, goesOn] = [trips, condition].map((each) => constants.get(each)?.data[0]);
  if ((trips && most === undefined) || (condition && goesOn === undefined)) return undefined;
  const progress = flow.loops.get(name) ?? {
    round: 0,
    scans: outputs.slice(carried).map((): string[] => []),
  };
  flow.loops.set(name, progress);
  const values = inputs.slice(2, 2 + carried);
  if (progress.round >= (most ?? Infinity) || goesOn === 0) {
    flow.loops.delete(name);
    return [
      ...results({ ...node, outputs: outputs.slice(0, carried) }, values),
      ...progress.scans.flatMap((parts, k) => stacked(node, parts, outputs[carried + k] ?? "")),
    ];
  }
  const prefix = `${name}/${progress.round}/`;
  const names = new Map(own(body).map((each) => [each, prefix + each]));
  const [counter = "", again = "", ...entries] = body.inputs;
  entries.forEach((entry, k) => {
    names.set(entry, values[k] as string);
  });
  for (const [each, constant] of body.constants) {
    names.delete(each);
    constants.set(each, constant);
  }
  const rename = (each: string) => names.get(each) ?? each;
  constants.set(rename(counter), integer(progress.round));
  constants.set(rename(again), { ...integer(1), type: "bool" });
  const [next = "", ...left] = body.outputs.map(rename);
  left.slice(carried).forEach((part, k) => {
    progress.scans[k]?.push(part);
  });
  progress.round++;
  const rest = [trips, next, ...left.slice(0, carried), ...inputs.slice(2 + carried)];
  const nodes = body.nodes.map((each) => renamed(each, prefix, rename));
  return [...nodes, { ...node, inputs: rest }];
}

const owned = new WeakMap<Subgraph, string[]>();

/** The names of what a body makes, however deep within. */
function own(body: Subgraph): string[] {
  const known = owned.get(body);
  if (known) return known;
  const names = [...body.inputs];
  for (const node of body.nodes) {
    names.push(...node.outputs.filter((name) => name !== ""));
    for (const value of Object.values(node.attributes)) {
      if (typeof value === "object" && "nodes" in value) names.push(...own(value));
    }
  }
  owned.set(body, names);
  return names;
}

function renamed(node: Node, prefix: string, rename: (name: string) => string): Node {
  const attributes = Object.entries(node.attributes).map(([name, value]) => {
    if (typeof value !== "object" || !("nodes" in value)) return [name, value] as const;
    const body: Subgraph = {
      inputs: value.inputs.map(rename),
      nodes: value.nodes.map((each) => renamed(each, prefix, rename)),
      constants: value.constants,
      outputs: value.outputs.map(rename),
    };
    return [name, body] as const;
  });
  return {
    ...node,
    name: prefix + node.name,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes: Object.fromEntries(attributes),
  };
}

/** What all rounds left of one output, along a new first axis. */
function stacked(node: Node, parts: readonly string[], output: string): Node[] {
  if (!output) return [];
  if (parts.length === 0) throw nodeError(node, "it goes round no time, and so has no result");
  return along(node, parts, output, 0, true);
}

function joined(node: Node, items: readonly string[]): Node[] {
  if (items.length === 0) throw nodeError(node, "its sequence is empty");
  const isNew = numberOf(node, "new_axis", 0) !== 0;
  return along(node, items, outputOf(node), numberOf(node, "axis", 0), isNew);
}

function along(
  { name }: Node,
  parts: readonly string[],
  output: string,
  axis: number,
  isNew: boolean,
): Node[] {
  const long = parts.map((part, k) => (isNew ? `${output} part ${k} of ${part}` : part));
  const longer = parts.map(
    (part, k): Node => ({
      name: `${name}/part ${k}`,
      op: "Unsqueeze",
      inputs: [part],
      outputs: [long[k] as string],
      attributes: { axes: [axis] },
    }),
  );
  const concat = { name, op: "Concat", inputs: long, outputs: [output], attributes: { axis } };
  return [...(isNew ? longer : []), concat];
}

/** As the nodes of a Split, whose outputs the sequence holds. */
function split(node: Node, { sequences }: Flow, { constants, layouts }: Known): Node[] | undefined {
  const [x = "", lengths = ""] = node.inputs;
  const shape = (constants.get(x) ?? layouts.get(x))?.shape;
  const asked = constants.get(lengths);
  if (!shape || (lengths && !asked)) return undefined;
  const axis = axisOf(node, numberOf(node, "axis", 0), shape.length);
  const length = shape[axis] ?? 1;
  const output = outputOf(node);
  const each = asked?.data[0] ?? 1;
  if (!(each > 0 && length / each <= MOST_NODES)) {
    throw nodeError(node, `it splits an axis of ${length} in parts of ${each}`);
  }
  const parts =
    asked?.shape.length === 1
      ? Array.from(asked.data)
      : Array.from({ length: Math.ceil(length / each) }, (_, k) =>
          Math.min(each, length - k * each),
        );
  const removes = !lengths && numberOf(node, "keepdims", 1) === 0;
  const names = parts.map((_, k) => `${output}/${k}`);
  sequences.set(output, names);
  const made = removes ? names.map((name) => `${name} with its axis`) : names;
  const { name } = node;
  return [
    { name, op: "Split", inputs: [x], outputs: made, attributes: { axis, split: parts } },
    ...(removes ? made : []).map(
      (part, k): Node => ({
        name: `${name}/${k}`,
        op: "Squeeze",
        inputs: [part],
        outputs: [names[k] as string],
        attributes: { axes: [axis] },
      }),
    ),
  ];
}
