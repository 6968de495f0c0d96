// From what a file says to what can be planned: one input and one output, no node that is not needed, constants
// folded, BatchNormalization taken into the convolution before it, activations fused, and every layout known.
//
// Each rewrite is a small function from nodes to nodes. Rewrites never change what the network computes, with
// exceptions that are noted in the result: a final Softmax or Sigmoid is taken off, and one logit becomes two (head.ts).

import type { OnnxModel } from "../onnx/types.js";
import { inputOf, nodeError, numberOf, outputOf, sensible } from "../ops/attributes.js";
import { affineOf } from "../ops/batch-normalization.js";
import { activationOf } from "../ops/relu.js";
import { hasUncommon, isOrdinary, ops } from "../ops/table.js";
import type { Graph, Head, Node, Op } from "../ops/types.js";
import { elements } from "../tensor/layout.js";
import type { Constant, Layout } from "../tensor/types.js";
import type { Batch } from "./fixed-batch.js";
import { type End, endOf, isOverAll, isSurelyOverAll, takeOff, withBothClasses } from "./head.js";
import { type Entry, type InputOptions, readInput } from "./input.js";
import { mergeMoves } from "./merge-moves.js";
import { type Flow, newFlow, rewrites, type Unfinished } from "./rewrites.js";

/** What the graph cannot know from the file. */
export interface GraphOptions extends InputOptions {
  /** Name of the output to explain; if not given, the one that looks most like the scores of classes. */
  readonly output?: string;
  /** Keeps a final Softmax, LogSoftmax or Sigmoid, which is taken off otherwise so that the logit is explained. */
  readonly keepSoftmax?: boolean;
}

const PIECEWISE = ["Relu", "Clip", "LeakyRelu"];

/** Loads the rarer operators, and the rewrites that only unusual files need. */
export async function loadRareOperators(): Promise<void> {
  const { addRare } = await import("./uncommon.js");
  addRare();
}

/** Loads what a model needs to become a graph, if it is not there; to be done before its graph is made. */
export async function loadOperators(model: OnnxModel, options: GraphOptions = {}): Promise<void> {
  if (!isPlain(model, options)) await loadRareOperators();
}

/** True if what is there from the beginning is enough for a model. */
export function isPlain(model: OnnxModel, options: GraphOptions): boolean {
  const [only] = model.outputs;
  if (model.outputs.length !== 1 || (options.output ?? only) !== only) return false;
  const { input, nodes, isSure } = networkOf(model, options);
  const mayBeBatch = (input.shape[0] ?? 1) > 1;
  return isSure && !mayBeBatch && isOrdinary(nodes, model.constants);
}

/**
 * Makes the graph of a model. Throws one sentence, with every unsupported operator in it. Its operators must have been
 * loaded.
 */
export function makeGraph(file: OnnxModel, options: GraphOptions = {}): Graph {
  if (!hasUncommon() && !isPlain(file, options)) {
    throw new Error("the operators of this model must be loaded before its graph is made");
  }
  const flow = newFlow();
  const asked = rewrites.chooseOutput(file, options.output).name;
  const model = rewrites.unrollModel(file, needed(file.nodes, asked), flow);
  const { input, output: logits, end, isTakenOff, ...network } = networkOf(model, options);
  const constants = new Map(model.constants);
  let nodes = needed(rewrites.recognize(network.nodes, constants), logits);
  const others = model.outputs.filter((name) => name !== network.explained);
  rewrites.refuse(nodes, constants, others);
  for (const node of nodes) refuseTraining(node, model.opset);

  const entry = readInput(input, nodes, options);
  checkSize(entry.picture, `the input "${input.name}"`);
  const { image, layouts, shaping } = enter(input.name, entry, constants);
  const isFixed = entry.batch > 1;
  const batch: Batch | undefined = isFixed
    ? { size: entry.batch, axes: new Map([[input.name, 0]]), lengths: new Set() }
    : undefined;
  const infer = () =>
    inferLayouts([...shaping, ...nodes], model.opset, layouts, constants, batch, flow);
  nodes = batch ? rewrites.withBatch(input, logits, batch, layouts, infer) : infer();
  const before = layouts.get(end?.activation.inputs[0] ?? "")?.shape;
  if (isTakenOff && before && !isOverAll(end as End, before)) {
    return makeGraph(file, { ...options, keepSoftmax: true });
  }
  let output = classesAsChannels(logits, nodes, layouts);
  nodes = needed(nodes, output);
  nodes = foldNormalization(nodes, output, constants);
  nodes = fuseActivations(nodes, output, constants);
  nodes = mergeMoves(nodes, { output, readers: consumers(nodes), layouts, constants });
  nodes = needed(nodes, output);
  const { shape } = layouts.get(output) ?? {};
  if (!shape) throw new Error("the output does not depend on the input");
  const isSingle = elements(shape) === 1;
  const head = headOf(end, isTakenOff, isSingle);
  const isBinary = isSingle && end !== undefined && isSigmoid(end);
  if (isBinary && head !== "log-probability") {
    const what = isTakenOff ? "logit" : "probability";
    ({ nodes, output } = withBothClasses({ nodes, output, layouts, constants }, what));
    nodes = needed(nodes, output);
  }
  const names = new Set(nodes.flatMap((node) => node.inputs));
  for (const name of constants.keys()) if (!names.has(name)) constants.delete(name);
  const { explained } = network;
  return {
    opset: model.opset,
    nodes,
    constants,
    input: image,
    output,
    layouts,
    isOpen: entry.isOpen,
    ...(isTakenOff && { stripped: strippedOf(end as End) }),
    ...(end && !isTakenOff && { kept: end.activation.op }),
    head,
    ...(isBinary && head !== "log-probability" && { isBinary }),
    explained,
    warnings: [
      ...entry.warnings,
      ...network.warnings,
      ...(head === "unknown" ? [scoreWarning(explained, end)] : []),
    ],
  };
}

const isSigmoid = ({ activation }: End): boolean => activation.op.endsWith("Sigmoid");

function strippedOf(end: End): NonNullable<Graph["stripped"]> {
  if (isSigmoid(end)) return "Sigmoid";
  return end.space === "probability" ? "Softmax" : "LogSoftmax";
}

function headOf(end: End | undefined, isTakenOff: boolean, isSingle: boolean): Head {
  // A Softmax of one output is 1 whatever the image.
  if (isSingle && !(end && isSigmoid(end))) return "unknown";
  if (!end) return "softmax";
  if (!isTakenOff) return end.space;
  return isSigmoid(end) ? "sigmoid" : "softmax";
}

function scoreWarning(output: string, end: End | undefined): string {
  const found = end
    ? `its ${end.activation.op} gives the same number for every image`
    : "no Sigmoid makes it";
  return (
    `The output "${output}" is one number, and ${found}: it is explained as a score of which no probability is known. ` +
    "If it is the logit of a yes, export the model with its Sigmoid."
  );
}

/**
 * The output with its classes on the channel axis, where the plan looks for them: the same one, or that of a Relayout
 * that is added. A map of one channel that was flattened has them elsewhere.
 */
function classesAsChannels(output: string, nodes: Node[], layouts: Map<string, Layout>): string {
  const { shape, channel } = layouts.get(output) ?? { shape: [], channel: 0 };
  const classes = shape.findIndex((n) => n > 1);
  const isList = elements(shape) === shape[classes];
  if (!isList || classes === channel) return output;
  const turned = `${output} by channel ${classes}`;
  layouts.set(turned, { shape, channel: classes });
  const attributes = { channel: classes };
  nodes.push({ name: turned, op: "Relayout", inputs: [output], outputs: [turned], attributes });
  return turned;
}

/** The name of the picture, the first layouts, and the node that gives it the file's shape if that is another. */
function enter(name: string, { picture, shape }: Entry, constants: Map<string, Constant>) {
  if (shape.join() === picture.shape.join()) {
    return { image: name, layouts: new Map([[name, picture]]), shaping: [] };
  }
  const image = `${name} as a picture`;
  const lengths = `shape of ${name}`;
  constants.set(lengths, { type: "int64", shape: [shape.length], data: Float64Array.from(shape) });
  const inputs = [image, lengths];
  const node = { name: image, op: "Reshape", inputs, outputs: [name], attributes: {} };
  return { image, layouts: new Map([[image, picture]]), shaping: [node] };
}

/** The part of a model that leads from its image to the logits. */
function networkOf(model: OnnxModel, options: GraphOptions) {
  const { name: explained, warnings } = rewrites.chooseOutput(model, options.output);
  const all = needed(model.nodes, explained);
  const used = new Set(all.flatMap((node) => node.inputs));
  const missing = [explained, ...used].flatMap((name) => model.unreadable?.get(name) ?? []);
  if (missing.length > 0) throw new Error([...new Set(missing)].join("; "));
  const inputs = model.inputs.filter((input) => used.has(input.name));
  const [input] = inputs;
  if (!input || inputs.length > 1) {
    const names = inputs.map((i) => i.name).join(", ");
    throw new Error(
      `a classifier has one input, the image; this model's output needs ${names || "none"}`,
    );
  }
  if (!input.type.startsWith("float")) {
    throw new Error(`the input "${input.name}" is ${input.type}; it must be float32`);
  }
  const nodes = all.map((node) =>
    node.op.endsWith("Softmax") && node.attributes.opset === undefined
      ? { ...node, attributes: { ...node.attributes, opset: model.opset } }
      : node,
  );
  const { constants } = model;
  const end = endOf(nodes, explained, constants);
  const isTakenOff = end !== undefined && !options.keepSoftmax;
  const rest = isTakenOff
    ? takeOff(nodes, explained, end, constants)
    : { nodes, output: explained };
  return {
    ...{ input, explained, warnings, end, isTakenOff },
    ...{ nodes: needed(rest.nodes, rest.output), output: rest.output },
    /** False where a shape may tell that the activation must stay. */
    isSure: !isTakenOff || isSurelyOverAll(end, nodes),
  };
}

/** The nodes that an output depends on, in order. */
function needed(nodes: readonly Node[], output: string): Node[] {
  const wanted = new Set([output]);
  const kept: Node[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    for (const name of node.inputs) if (name) wanted.add(name);
    kept.push(node);
  }
  return kept.reverse();
}

// Before opset 7 evaluation mode was an attribute.
function refuseTraining(node: Node, opset: number): void {
  if (opset < 7 && node.op === "BatchNormalization" && !node.attributes.is_test) {
    throw nodeError(node, "training mode mixes the samples: export the model in evaluation mode");
  }
}

/** Finds the layout of every tensor, folds what turns out constant, and turns layouts where an operator asks. */
function inferLayouts(
  nodes: readonly Node[],
  opset: number,
  layouts: Map<string, Layout>,
  constants: Map<string, Constant>,
  batch: Batch | undefined,
  flow: Flow,
): Node[] {
  const graph: Unfinished = {
    opset,
    layouts,
    constants,
    nodes: [],
    batch,
    composed: new WeakSet(),
    flow,
  };
  const pending = [...nodes].reverse();
  let left = 64 * nodes.length + MOST_NODES;
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (left-- === 0) throw nodeError(next, "it is made of too many others");
    const instead = sensible(next, addNode, graph);
    if (flow.unrolled.has(instead[0] as Node)) left += 64 * instead.length;
    pending.push(...instead.reverse());
  }
  return graph.nodes;
}

/** Adds a node to the graph, or what it computes to the constants; gives the nodes that are to be added instead. */
function addNode(asked: Node, graph: Unfinished): Node[] {
  const { layouts, constants, nodes } = graph;
  const next = rewrites.rewriteNode(asked, graph);
  if (Array.isArray(next)) return next;
  const op = ops[next.op];
  if (!op) throw nodeError(next, "not supported");
  const node = broadcasting(turning(next, op, graph), op, layouts, constants, nodes);
  const given = node.inputs.map((name) => layouts.get(name));
  const outputs = op.infer(node, given, constants);
  const last = given.findLastIndex((layout) => layout);
  if (last >= (op.activations ?? 1)) {
    throw nodeError(node, `it has no use for input ${last}, "${node.inputs[last]}"`);
  }
  outputs.forEach((layout, k) => {
    const name = node.outputs[k];
    if (!name) return;
    checkSize(layout, `${node.name} (${node.op}): its output "${name}"`);
    layouts.set(name, layout);
  });
  nodes.push({ ...node, outputs: node.outputs.slice(0, outputs.length) });
  return [];
}

// What no operator is made of, and nothing but an endless composition comes to.
const MOST_NODES = 10_000;

// Half a gigabyte for one sample; nothing but a broken file asks for more.
const MOST_ELEMENTS = 2 ** 27;

function checkSize({ shape }: Layout, what: string): void {
  if (shape.includes(0)) throw new Error(`${what} of shape [${shape}] is empty`);
  if (elements(shape) <= MOST_ELEMENTS) return;
  throw new Error(
    `${what} of shape [${shape}] is too large: the most is ${MOST_ELEMENTS} elements`,
  );
}

/** Puts a Relayout before every input that the operator wants with other channels. */
function turning(node: Node, op: Op, { layouts, nodes }: Unfinished): Node {
  const given = node.inputs.map((name) => layouts.get(name));
  const inputs = node.inputs.map((name, k) => {
    const layout = given[k];
    const channel = op.channel?.(node, k, given);
    if (!layout || channel === undefined || channel === layout.channel) return name;
    const turned = `${name} by channel ${channel}`;
    if (layouts.has(turned)) return turned;
    layouts.set(turned, { shape: layout.shape, channel });
    nodes.push({
      name: turned,
      op: "Relayout",
      inputs: [name],
      outputs: [turned],
      attributes: { channel },
    });
    return turned;
  });
  return { ...node, inputs };
}

/** Puts an Expand before every input that the operator wants in another shape. */
function broadcasting(
  node: Node,
  op: Op,
  layouts: Map<string, Layout>,
  constants: Map<string, Constant>,
  result: Node[],
): Node {
  const given = node.inputs.map((name) => layouts.get(name));
  const inputs = node.inputs.map((name, k) => {
    const layout = given[k];
    const shape = layout && op.shape?.(node, k, given, constants);
    if (!layout || !shape || shape.join() === layout.shape.join()) return name;
    const long = `${name} as ${shape.join(" × ")}`;
    if (layouts.has(long)) return long;
    const lengths = `${long} shape`;
    const data = Float64Array.from(shape);
    constants.set(lengths, { type: "int64", shape: [data.length], data });
    layouts.set(long, { shape, channel: layout.channel + shape.length - layout.shape.length });
    result.push({
      name: long,
      op: "Expand",
      inputs: [name, lengths],
      outputs: [long],
      attributes: {},
    });
    return long;
  });
  return { ...node, inputs };
}

function consumers(nodes: readonly Node[]): Map<string, Node[]> {
  const result = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of node.inputs) if (name) result.set(name, [...(result.get(name) ?? []), node]);
  }
  return result;
}

/**
 * Pairs each node with the only node that reads its output, and replaces both by one where `merge` says so.
 * The merged node takes the place of the first and the output name of the second.
 */
function mergePairs(
  nodes: readonly Node[],
  output: string,
  merge: (first: Node, second: Node) => Node | undefined,
): Node[] {
  const readers = consumers(nodes);
  const gone = new Set<Node>();
  return nodes.flatMap((node) => {
    if (gone.has(node)) return [];
    let first = node;
    for (;;) {
      const name = outputOf(first);
      const [second, another] = readers.get(name) ?? [];
      if (!second || another || name === output || first.outputs.length > 1) return [first];
      if (second.inputs[0] !== name) return [first];
      const merged = merge(first, second);
      if (!merged) return [first];
      gone.add(second);
      first = { ...merged, outputs: second.outputs };
    }
  });
}

/** W ← scale·W, b ← scale·b + shift: BatchNormalization after a convolution or dense layer costs nothing. */
function foldNormalization(
  nodes: readonly Node[],
  output: string,
  constants: Map<string, Constant>,
): Node[] {
  return mergePairs(nodes, output, (first, second) => {
    if (second.op !== "BatchNormalization" || (first.op !== "Conv" && first.op !== "Gemm"))
      return undefined;
    const weights = constants.get(first.inputs[1] ?? "");
    if (!weights) return undefined;
    const { scale, shift } = affineOf(second, constants);
    const transB = first.op === "Conv" || numberOf(first, "transB", 0) !== 0;
    const outputs = weights.shape[transB ? 0 : 1] as number;
    const inner = weights.data.length / outputs;
    const row = (e: number) => (transB ? Math.floor(e / inner) : e % outputs);
    const bias = constants.get(first.inputs[2] ?? "");
    const beta = first.op === "Gemm" ? numberOf(first, "beta", 1) : 1;
    const at = (o: number) =>
      bias ? beta * (bias.data[bias.data.length === 1 ? 0 : o] as number) : 0;
    const names = [`${first.name} folded weights`, `${first.name} folded bias`] as const;
    constants.set(names[0], {
      ...weights,
      // Float32Array.from would take a second for ten million weights.
      data: weights.data.map((w, e) => w * (scale[row(e)] as number)),
    });
    constants.set(names[1], {
      type: "float32",
      shape: [outputs],
      data: Float32Array.from(scale, (s, o) => at(o) * s + (shift[o] as number)),
    });
    const attributes = first.op === "Gemm" ? { ...first.attributes, beta: 1 } : first.attributes;
    return { ...first, attributes, inputs: [inputOf(first), ...names] };
  });
}

/** Gives a piecewise linear activation to the node that makes its input, or to itself if that cannot take it. */
function fuseActivations(
  nodes: readonly Node[],
  output: string,
  constants: ReadonlyMap<string, Constant>,
): Node[] {
  const fused = mergePairs(nodes, output, (first, second) => {
    if (first.activation || !ops[first.op]?.fusesActivation || !PIECEWISE.includes(second.op))
      return undefined;
    const activation = activationOf(second, constants);
    return activation && { ...first, activation };
  });
  return fused.map((node) => {
    if (node.op !== "Quantize" && !PIECEWISE.includes(node.op)) return node;
    const activation = activationOf(node, constants);
    return activation ? { ...node, inputs: node.inputs.slice(0, 1), activation } : node;
  });
}
