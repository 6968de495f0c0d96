// The messages of onnx.proto as plain objects, and for each a table of its fields.
//
// Only the fields that a classifier can need are read. Graphs may stand in graphs, as the bodies of If
// and Loop, but not deeper than MAX_DEPTH. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

import {
  bytes,
  child,
  doubles,
  type Fields,
  type FloatChunks,
  float,
  floats,
  int,
  ints,
  text,
  unsignedInts,
} from "./wire.js";

/** TensorProto: a weight as the file stores it. */
export interface RawTensor {
  name: string;
  /** Code of TensorProto.DataType. */
  type: number;
  readonly dims: number[];
  raw?: Uint8Array;
  readonly floats: FloatChunks;
  readonly doubles: FloatChunks;
  readonly int32s: number[];
  readonly int64s: number[];
  readonly uint64s: number[];
  /** True if the values lie in another file, which `externalEntries` names. */
  external: boolean;
  readonly externalEntries: [string, string][];
}

/** AttributeProto; `type` says which of the values counts. */
export interface RawAttribute {
  name: string;
  /**
   * Code of AttributeProto.AttributeType; guessed from the value where the file is too old to say.
   */
  type: number;
  /** Inside a function: the attribute of the call whose value this one takes. */
  reference: string;
  float: number;
  int: number;
  text: string;
  tensor?: RawTensor;
  /** The body of an If or a Loop. */
  graph?: RawGraph;
  readonly floats: FloatChunks;
  readonly ints: number[];
  readonly texts: string[];
}

/** NodeProto. */
export interface RawNode {
  name: string;
  op: string;
  domain: string;
  overload: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: RawAttribute[];
}

/** ValueInfoProto: a graph input or output. */
export interface RawValue {
  name: string;
  /** Absent if the value is not a tensor. */
  tensor?: { type: number; dims?: (number | null)[] };
}

/** GraphProto. */
export interface RawGraph {
  readonly nodes: RawNode[];
  readonly initializers: RawTensor[];
  readonly inputs: RawValue[];
  readonly outputs: RawValue[];
  sparse: number;
}

/** FunctionProto: an operator that the file defines by other operators. */
export interface RawFunction {
  name: string;
  domain: string;
  overload: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly nodes: RawNode[];
  /** Attributes with a default value. */
  readonly defaults: RawAttribute[];
}

/** ModelProto. */
export interface RawModel {
  graph?: RawGraph;
  readonly opsets: { domain: string; version: number }[];
  readonly metadata: [string, string][];
  readonly functions: RawFunction[];
}

/** An empty TensorProto. */
export function blankTensor(): RawTensor {
  return {
    name: "",
    type: 0,
    dims: [],
    floats: [],
    doubles: [],
    int32s: [],
    int64s: [],
    uint64s: [],
    external: false,
    externalEntries: [],
  };
}

const blankAttribute = (): RawAttribute => ({
  name: "",
  type: 0,
  reference: "",
  float: 0,
  int: 0,
  text: "",
  floats: [],
  ints: [],
  texts: [],
});

const blankNode = (): RawNode => ({
  name: "",
  op: "",
  domain: "",
  overload: "",
  inputs: [],
  outputs: [],
  attributes: [],
});

const blankFunction = (): RawFunction => ({
  name: "",
  domain: "",
  overload: "",
  inputs: [],
  outputs: [],
  nodes: [],
  defaults: [],
});

const blankGraph = (): RawGraph => ({
  nodes: [],
  initializers: [],
  inputs: [],
  outputs: [],
  sparse: 0,
});

const entryFields: Fields<[string, string]> = {
  1: (entry, r) => void (entry[0] = text(r)),
  2: (entry, r) => void (entry[1] = text(r)),
};

/** Fields of TensorProto. */
export const tensorFields: Fields<RawTensor> = {
  1: (tensor, r) => ints(r, tensor.dims),
  2: (tensor, r) => void (tensor.type = int(r)),
  4: (tensor, r) => floats(r, tensor.floats),
  5: (tensor, r) => ints(r, tensor.int32s),
  7: (tensor, r) => ints(r, tensor.int64s),
  8: (tensor, r) => void (tensor.name = text(r)),
  9: (tensor, r) => void (tensor.raw = bytes(r)),
  10: (tensor, r) => doubles(r, tensor.doubles),
  11: (tensor, r) => unsignedInts(r, tensor.uint64s),
  13: (tensor, r) => void tensor.externalEntries.push(child(r, entryFields, ["", ""])),
  14: (tensor, r) => void (tensor.external = int(r) === 1),
};

// Files of IR version 1 have no type field; the value that is there tells it.
function valued(type: number, read: Fields<RawAttribute>[number]): Fields<RawAttribute>[number] {
  return (attribute, r) => {
    read(attribute, r);
    attribute.type ||= type;
  };
}

const MAX_DEPTH = 16;
let depth = 0;

function subgraph(r: Parameters<Fields<RawAttribute>[number]>[1], into: RawGraph): RawGraph {
  if (depth === MAX_DEPTH) throw new Error(`graphs are nested more than ${MAX_DEPTH} deep`);
  depth++;
  try {
    return child(r, graphFields, into);
  } finally {
    depth--;
  }
}

const attributeFields: Fields<RawAttribute> = {
  1: (attribute, r) => void (attribute.name = text(r)),
  2: valued(1, (attribute, r) => void (attribute.float = float(r))),
  3: valued(2, (attribute, r) => void (attribute.int = int(r))),
  4: valued(3, (attribute, r) => void (attribute.text = text(r))),
  5: valued(4, (attribute, r) => {
    attribute.tensor = child(r, tensorFields, attribute.tensor ?? blankTensor());
  }),
  6: valued(5, (attribute, r) => {
    attribute.graph = subgraph(r, attribute.graph ?? blankGraph());
  }),
  7: valued(6, (attribute, r) => floats(r, attribute.floats)),
  8: valued(7, (attribute, r) => ints(r, attribute.ints)),
  9: valued(8, (attribute, r) => void attribute.texts.push(text(r))),
  20: (attribute, r) => void (attribute.type = int(r)),
  21: (attribute, r) => void (attribute.reference = text(r)),
};

const nodeFields: Fields<RawNode> = {
  1: (node, r) => void node.inputs.push(text(r)),
  2: (node, r) => void node.outputs.push(text(r)),
  3: (node, r) => void (node.name = text(r)),
  4: (node, r) => void (node.op = text(r)),
  5: (node, r) => void node.attributes.push(child(r, attributeFields, blankAttribute())),
  7: (node, r) => void (node.domain = text(r)),
  8: (node, r) => void (node.overload = text(r)),
};

const dimensionFields: Fields<{ length: number | null }> = {
  1: (dimension, r) => void (dimension.length = int(r)),
};

const shapeFields: Fields<(number | null)[]> = {
  1: (dims, r) => {
    const { length } = child(r, dimensionFields, { length: null as number | null });
    dims.push(length === null || length < 0 ? null : length);
  },
};

const tensorTypeFields: Fields<NonNullable<RawValue["tensor"]>> = {
  1: (tensor, r) => void (tensor.type = int(r)),
  2: (tensor, r) => void (tensor.dims = child(r, shapeFields, tensor.dims ?? [])),
};

const typeFields: Fields<RawValue> = {
  1: (value, r) => void (value.tensor = child(r, tensorTypeFields, value.tensor ?? { type: 0 })),
};

const valueFields: Fields<RawValue> = {
  1: (value, r) => void (value.name = text(r)),
  2: (value, r) => void child(r, typeFields, value),
};

const graphFields: Fields<RawGraph> = {
  1: (graph, r) => void graph.nodes.push(child(r, nodeFields, blankNode())),
  5: (graph, r) => void graph.initializers.push(child(r, tensorFields, blankTensor())),
  11: (graph, r) => void graph.inputs.push(child(r, valueFields, { name: "" })),
  12: (graph, r) => void graph.outputs.push(child(r, valueFields, { name: "" })),
  15: (graph, r) => {
    bytes(r);
    graph.sparse++;
  },
};

const functionFields: Fields<RawFunction> = {
  1: (body, r) => void (body.name = text(r)),
  4: (body, r) => void body.inputs.push(text(r)),
  5: (body, r) => void body.outputs.push(text(r)),
  7: (body, r) => void body.nodes.push(child(r, nodeFields, blankNode())),
  10: (body, r) => void (body.domain = text(r)),
  11: (body, r) => void body.defaults.push(child(r, attributeFields, blankAttribute())),
  13: (body, r) => void (body.overload = text(r)),
};

const opsetFields: Fields<{ domain: string; version: number }> = {
  1: (opset, r) => void (opset.domain = text(r)),
  2: (opset, r) => void (opset.version = int(r)),
};

/** Fields of ModelProto. */
export const modelFields: Fields<RawModel> = {
  7: (model, r) => void (model.graph = child(r, graphFields, model.graph ?? blankGraph())),
  8: (model, r) => void model.opsets.push(child(r, opsetFields, { domain: "", version: 0 })),
  14: (model, r) => void model.metadata.push(child(r, entryFields, ["", ""])),
  25: (model, r) => void model.functions.push(child(r, functionFields, blankFunction())),
};
