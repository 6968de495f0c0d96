// Bytes of an ONNX file → `OnnxModel`: what the file says, checked.
//
// In order: protobuf messages (onnx/proto.ts), functions expanded (onnx/functions.ts), initializers
// and Constant nodes as constants (onnx/tensor.ts), nodes sorted (onnx/order.ts). Every fault of a
// file is an Error of one sentence; for bytes that are no ONNX file it begins with "not an ONNX
// model: ".

import type { Constant } from "../tensor/types.js";
import { inlineFunctions, normalDomain } from "./functions.js";
import { attributeLabel, type Body, type ConstantOf, constantValue, toNode } from "./nodes.js";
import { sortNodes } from "./order.js";
import {
  modelFields,
  type RawGraph,
  type RawModel,
  type RawNode,
  type RawTensor,
  type RawValue,
} from "./proto.js";
import { foreignKind } from "./signature.js";
import {
  type ExternalFiles,
  elementType,
  externalPlace,
  plainBytes,
  toConstant,
} from "./tensor.js";
import type { Declared, OnnxModel, OnnxNode } from "./types.js";
import { decodeMessage } from "./wire.js";

const OLDEST_OPSET = 1;
const NEWEST_OPSET = 24;

/** How to decode a model. */
export interface DecodeOptions {
  /**
   * Gives the data files of a model that keeps its weights outside; their names are
   * `externalFiles(bytes)`.
   */
  readonly external?: ExternalFiles;
  /**
   * Notes weights that cannot be read, and why, in place of an error: another output than the one that is explained may
   * need them. So it is with several outputs if not given.
   */
  readonly isLenient?: boolean;
}

/**
 * Decodes an ONNX file of opset 1 to 24. Weights may share the memory of `bytes`, which must then
 * not change.
 */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions = {}): OnnxModel {
  const { model, graph } = parse(bytes);
  const opset = supportedOpset(model);
  if (graph.sparse > 0) throw new Error("the file has sparse weights, which are not supported");
  const rawNodes = inlineFunctions(graph.nodes, model.functions);
  // What cannot be read is nobody's loss where an output that nobody asks for needs it.
  const unreadable = new Map<string, string>();
  const { isLenient = graph.outputs.length > 1 } = options;
  const attempt = (names: readonly string[], read: () => void): void => {
    try {
      read();
    } catch (error) {
      if (!isLenient) throw error;
      for (const name of names) unreadable.set(name, (error as Error).message);
    }
  };
  const files = givenFiles(graph, rawNodes, options.external, isLenient);

  // A function that is called often holds the same tensor in every copy of its nodes.
  const decoded = new Map<RawTensor, Constant>();
  function constantOf(tensor: RawTensor, label: string): Constant {
    const constant = decoded.get(tensor) ?? toConstant(tensor, label, (name) => files.get(name));
    decoded.set(tensor, constant);
    return constant;
  }

  const constants = new Map<string, Constant>();
  const sources = new Map<string, string>();
  function addConstant(name: string, constant: Constant, label: string): void {
    if (name === "") throw new Error(`${label}: it has no name`);
    const other = sources.get(name);
    if (other) throw new Error(`${label}: the tensor "${name}" is already ${other}`);
    constants.set(name, constant);
    sources.set(name, "a constant");
  }

  for (const tensor of graph.initializers) {
    const { name } = tensor;
    const label = `weight "${name}"`;
    attempt([name], () => addConstant(name, constantOf(tensor, label), label));
    if (unreadable.has(name)) sources.set(name, "a constant");
  }
  const inputs = modelInputs(graph, constants);
  for (const { name } of inputs) sources.set(name, "a graph input");

  const bodyOf = (raw: RawGraph): Body => readBody(raw, constantOf);
  const nodes: OnnxNode[] = [];
  for (const raw of rawNodes) {
    attempt(raw.outputs, () => {
      const node = toNode(raw, constantOf, bodyOf);
      const [output] = node.outputs;
      if (node.op !== "Constant") nodes.push(node);
      else if (output) addConstant(output, constantValue(node), `${node.name} (Constant)`);
    });
    for (const name of raw.outputs) if (unreadable.has(name)) sources.set(name, "unreadable");
  }
  const sorted = sortNodes(nodes, sources);
  const outputs = modelOutputs(graph, sorted, sources);
  return {
    opset,
    nodes: sorted,
    constants,
    inputs,
    outputs,
    declared: new Map(graph.outputs.map((output) => [output.name, declaredOf(output)])),
    ...(unreadable.size > 0 && { unreadable }),
    metadata: Object.fromEntries(model.metadata),
  };
}

/** The body of an If or a Loop, with constants apart and the nodes in order. */
function readBody(raw: RawGraph, constantOf: ConstantOf): Body {
  if (raw.sparse > 0) throw new Error("the file has sparse weights, which are not supported");
  const constants = new Map<string, Constant>();
  for (const tensor of raw.initializers) {
    constants.set(tensor.name, constantOf(tensor, `weight "${tensor.name}"`));
  }
  const nodes: OnnxNode[] = [];
  for (const each of raw.nodes) {
    const node = toNode(each, constantOf, (graph) => readBody(graph, constantOf));
    const [output] = node.outputs;
    if (node.op !== "Constant") nodes.push(node);
    else if (output) constants.set(output, constantValue(node));
  }
  const inputs = raw.inputs.map(({ name }) => name);
  const outputs = raw.outputs.map(({ name }) => name);
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const isInside = (name: string) => made.has(name) || constants.has(name) || inputs.includes(name);
  const read = new Set([...nodes.flatMap((node) => node.inputs), ...outputs]);
  const reads = [...read].filter((name) => name && !isInside(name));
  const sources = new Map(
    [...inputs, ...constants.keys(), ...reads].map((name) => [name, "a tensor from outside"]),
  );
  return { graph: { inputs, outputs, constants, nodes: sortNodes(nodes, sources) }, reads };
}

/**
 * The data files beside the model that hold its weights, as paths relative to it; none for most
 * models. Where `needed` is given, only those of the tensors that it names.
 */
export function externalFiles(bytes: Uint8Array, needed?: ReadonlySet<string>): string[] {
  const { model, graph } = parse(bytes);
  const isNeeded = ({ name }: RawTensor) => needed === undefined || needed.has(name);
  const initializers = graph.initializers.filter(isNeeded);
  const nodes = inlineFunctions(graph.nodes, model.functions).filter(
    ({ outputs }) => needed === undefined || outputs.some((name) => needed.has(name)),
  );
  return [...externalLocations({ ...graph, initializers }, nodes)];
}

function parse(bytes: Uint8Array): { model: RawModel; graph: RawGraph } {
  const kind = foreignKind(bytes);
  if (kind) throw new Error(`not an ONNX model: ${kind}`);
  const model: RawModel = { opsets: [], metadata: [], functions: [] };
  try {
    decodeMessage(plainBytes(bytes), modelFields, model);
  } catch (error) {
    throw new Error(`not an ONNX model: ${(error as Error).message}`, { cause: error });
  }
  if (model.graph === undefined) throw new Error("not an ONNX model: it holds no graph");
  return { model, graph: model.graph };
}

function supportedOpset(model: RawModel): number {
  const version = model.opsets.find(({ domain }) => normalDomain(domain) === "")?.version;
  if (version !== undefined && version >= OLDEST_OPSET && version <= NEWEST_OPSET) return version;
  const found =
    version === undefined
      ? "a file that names no opset is not supported"
      : `opset ${version} is not supported`;
  const range = `(${OLDEST_OPSET} to ${NEWEST_OPSET} are)`;
  throw new Error(`${found} ${range}; export the model again with opset_version=17`);
}

function* tensorsOf(graph: RawGraph, nodes: readonly RawNode[]): Generator<[RawTensor, string]> {
  for (const tensor of graph.initializers) yield [tensor, `weight "${tensor.name}"`];
  for (const node of nodes) {
    for (const { tensor, name, graph: body } of node.attributes) {
      if (tensor) yield [tensor, attributeLabel(node, name)];
      if (body) yield* tensorsOf(body, body.nodes);
    }
  }
}

function externalLocations(graph: RawGraph, nodes: readonly RawNode[]): Set<string> {
  const locations = new Set<string>();
  for (const [tensor, label] of tensorsOf(graph, nodes)) {
    if (tensor.external) locations.add(externalPlace(tensor, label).location);
  }
  return locations;
}

/** What the file says of an output. */
function declaredOf({ tensor }: RawValue): Declared {
  if (!tensor) return { type: "other" };
  const { type, dims } = tensor;
  return { ...(type > 0 && { type: typeOf(type) }), ...(dims && { shape: dims }) };
}

function typeOf(code: number): Declared["type"] {
  try {
    return elementType(code, "");
  } catch {
    return "other";
  }
}

// Asks for each external file once; all that are missing are named at once.
function givenFiles(
  graph: RawGraph,
  nodes: readonly RawNode[],
  external: ExternalFiles | undefined,
  mayMiss: boolean,
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const missing: string[] = [];
  for (const location of externalLocations(graph, nodes)) {
    const file = external?.(location);
    if (file) files.set(location, file);
    else missing.push(`"${location}"`);
  }
  if (missing.length === 0 || mayMiss) return files;
  const names = missing.join(", ");
  throw new Error(`the model keeps its weights in ${names}; give that too (option "external")`);
}

function modelInputs(
  graph: RawGraph,
  constants: ReadonlyMap<string, Constant>,
): OnnxModel["inputs"] {
  const inputs = new Map<string, OnnxModel["inputs"][number]>();
  for (const { name, tensor } of graph.inputs) {
    // Up to IR version 3 the initializers are listed among the inputs too.
    if (constants.has(name)) continue;
    const label = `input "${name}"`;
    if (name === "") throw new Error(`${label}: it has no name`);
    if (inputs.has(name)) throw new Error(`${label}: there are two of that name`);
    if (tensor === undefined) throw new Error(`${label}: it is not a tensor`);
    const type = elementType(tensor.type, label);
    if (tensor.dims === undefined) throw new Error(`${label}: its number of axes is not given`);
    inputs.set(name, { name, type, shape: tensor.dims });
  }
  return [...inputs.values()];
}

function modelOutputs(
  graph: RawGraph,
  nodes: readonly OnnxNode[],
  sources: ReadonlyMap<string, string>,
): string[] {
  if (graph.outputs.length === 0) throw new Error("the graph has no output");
  const produced = new Set(nodes.flatMap((node) => node.outputs));
  for (const { name } of graph.outputs) {
    if (name === "" || !(produced.has(name) || sources.has(name))) {
      throw new Error(`output "${name}": nothing in the file produces it`);
    }
  }
  return graph.outputs.map(({ name }) => name);
}
