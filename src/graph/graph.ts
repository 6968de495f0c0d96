// From what a file says to what can be planned: one input and one output, no node that is not needed, constants
// folded, BatchNormalization taken into the convolution before it, activations fused, and every layout known.
//
// Each rewrite is a small function from nodes to nodes. Rewrites never change what the network computes, with
// exceptions that are noted in the result: a final Softmax or Sigmoid is taken off, and one logit becomes two (head.ts).

import type { OnnxModel } from "../onnx/types.js";
import { nodeError } from "../ops/attributes.js";
import { hasUncommon, isOrdinary } from "../ops/table.js";
import type { Graph, Head, Node } from "../ops/types.js";
import { elements } from "../tensor/layout.js";
import type { Constant, Layout } from "../tensor/types.js";
import type { FixedBatch } from "./fixed-batch.js";
import { consumers, foldNormalization, fuseActivations, needed } from "./fuse.js";
import { type End, endOf, isOverAll, isSurelyOverAll, takeOff, withBothClasses } from "./head.js";
import { type Entry, type InputOptions, readInput } from "./input.js";
import { checkSize, inferLayouts } from "./layouts.js";
import { mergeMoves } from "./merge-moves.js";
import { newFlow, rewrites } from "./rewrites.js";

/** What the graph cannot know from the file. */
export interface GraphOptions extends InputOptions {
  /** Name of the output to explain; by default the one that looks most like the scores of classes. */
  readonly output?: string;
  /** Keeps a final Softmax, LogSoftmax or Sigmoid; by default it is removed, so that the logit is explained. */
  readonly keepSoftmax?: boolean;
}

/** Loads the uncommon operators, and the rewrites that only uncommon files need. */
export async function loadUncommonOperators(): Promise<void> {
  const { addUncommon } = await import("./uncommon.js");
  addUncommon();
}

/** Loads what a model needs to become a graph, if it is not there; to be done before its graph is made. */
export async function loadOperators(model: OnnxModel, options: GraphOptions = {}): Promise<void> {
  if (!isPlain(model, options)) await loadUncommonOperators();
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
  const batch: FixedBatch | undefined = isFixed
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

// Before opset 7 evaluation mode was an attribute.
function refuseTraining(node: Node, opset: number): void {
  if (opset < 7 && node.op === "BatchNormalization" && !node.attributes.is_test) {
    throw nodeError(node, "training mode mixes the samples: export the model in evaluation mode");
  }
}
