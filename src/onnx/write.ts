// Writes ONNX files: the opposite of decode.ts, and on purpose independent of it. It writes what it is told, right or
// wrong, so that tests can make broken files too; `encodeModel` (train/encode.ts) writes a network that was trained, and
// the tests' OnnxBuilder is the pleasant way to make one. Field numbers are those of onnx.proto.

import { PbfWriter } from "pbf";
import type { ElementType } from "../tensor/types.js";
import { elementCode, type TensorSpec, writeTensor } from "./write-tensor.js";

/**
 * Writes the fields of an AttributeProto after its name: what the other kinds of value cannot
 * express.
 */
export type AttributeWriter = (attribute: PbfWriter) => void;

/**
 * An attribute; whether a whole number is an INT or a FLOAT is told by its name (see `floatNames`).
 */
export type AttributeSpec =
  | number
  | string
  | number[]
  | string[]
  | TensorSpec
  | GraphSpec
  | AttributeWriter;

/** A graph, of a model or as the body of an If or a Loop. */
export interface GraphSpec {
  nodes: NodeSpec[];
  initializers?: TensorSpec[];
  inputs: ValueSpec[];
  outputs: ValueSpec[];
}

export interface NodeSpec {
  op: string;
  inputs: string[];
  outputs: string[];
  name?: string;
  domain?: string;
  attributes?: Record<string, AttributeSpec>;
}

export interface ValueSpec {
  name: string;
  type?: ElementType;
  /**
   * A string is a symbolic length; without a shape the file does not even tell the number of axes.
   */
  shape?: (number | string)[];
}

export interface FunctionSpec {
  name: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  nodes: NodeSpec[];
  /** Attributes that a call must give. */
  attributes?: string[];
  /** Attributes with their values for calls that do not give them. */
  defaults?: Record<string, AttributeSpec>;
}

export interface ModelSpec extends GraphSpec {
  /** Version of the default operator set; 17 if not given. */
  opset?: number;
  /** Versions of further operator sets by domain. */
  domains?: Record<string, number>;
  metadata?: Record<string, string>;
  functions?: FunctionSpec[];
}

// Attributes that are FLOAT or FLOATS in the operators of ONNX whatever their value.
const floatNames = new Set(
  [
    "activation_params alpha beta bias clip cubic_coeff_a epsilon extrapolation_value gamma high lambd low max mean",
    "min momentum norm_coefficient ratio scale scales spatial_scale threshold value_float",
    "value_floats",
  ].flatMap((line) => line.split(" ")),
);

/** The bytes of an ONNX file. */
export function writeModel(model: ModelSpec): Uint8Array {
  const { opset = 17, domains = {}, metadata = {}, functions = [] } = model;
  const opsets = Object.entries({ "": opset, ...domains });
  const w = new PbfWriter();
  w.writeVarintField(1, opset > 18 ? 10 : 8);
  w.writeStringField(2, "smoothgrad");
  w.writeMessage(7, writeGraph, model);
  for (const entry of opsets) w.writeMessage(8, writeOpset, entry);
  for (const entry of Object.entries(metadata)) w.writeMessage(14, writeEntry, entry);
  for (const body of functions) w.writeMessage(25, (f, g) => writeFunction(f, opsets, g), body);
  return w.finish().slice();
}

/** The bytes of a file that holds one TensorProto. */
export function writeTensorFile(tensor: TensorSpec): Uint8Array {
  const w = new PbfWriter();
  writeTensor(tensor, w);
  return w.finish().slice();
}

function writeGraph(model: GraphSpec, w: PbfWriter): void {
  for (const node of model.nodes) w.writeMessage(1, writeNode, node);
  w.writeStringField(2, "graph");
  for (const tensor of model.initializers ?? []) w.writeMessage(5, writeTensor, tensor);
  for (const value of model.inputs) w.writeMessage(11, writeValue, value);
  for (const value of model.outputs) w.writeMessage(12, writeValue, value);
}

function writeNode(node: NodeSpec, w: PbfWriter): void {
  for (const input of node.inputs) w.writeStringField(1, input);
  for (const output of node.outputs) w.writeStringField(2, output);
  if (node.name) w.writeStringField(3, node.name);
  w.writeStringField(4, node.op);
  for (const entry of Object.entries(node.attributes ?? {}))
    w.writeMessage(5, writeAttribute, entry);
  if (node.domain) w.writeStringField(7, node.domain);
}

function writeAttribute([name, value]: [string, AttributeSpec], w: PbfWriter): void {
  w.writeStringField(1, name);
  if (typeof value === "function") value(w);
  else if (typeof value === "string") {
    w.writeStringField(4, value);
    w.writeVarintField(20, 3);
  } else if (typeof value === "number") writeNumber(name, value, w);
  else if (Array.isArray(value)) writeList(name, value, w);
  else if ("nodes" in value) {
    w.writeMessage(6, writeGraph, value);
    w.writeVarintField(20, 5);
  } else {
    w.writeMessage(5, writeTensor, value);
    w.writeVarintField(20, 4);
  }
}

function writeNumber(name: string, value: number, w: PbfWriter): void {
  const isFloat = floatNames.has(name) || !Number.isInteger(value);
  if (isFloat) w.writeFloatField(2, value);
  else w.writeVarintField(3, value);
  w.writeVarintField(20, isFloat ? 1 : 2);
}

function writeList(name: string, values: number[] | string[], w: PbfWriter): void {
  const isFloat = floatNames.has(name) || values.some((v) => typeof v === "number" && v % 1 !== 0);
  for (const value of values) {
    if (typeof value === "string") w.writeStringField(9, value);
    else if (isFloat) w.writeFloatField(7, value);
    else w.writeVarintField(8, value);
  }
  const isText = typeof values[0] === "string";
  w.writeVarintField(20, isText ? 8 : isFloat ? 6 : 7);
}

function writeValue({ name, type, shape }: ValueSpec, w: PbfWriter): void {
  w.writeStringField(1, name);
  w.writeMessage(
    2,
    (_, typeProto) => {
      typeProto.writeMessage(1, writeTensorType, { type, shape });
    },
    null,
  );
}

function writeTensorType({ type = "float32", shape }: Omit<ValueSpec, "name">, w: PbfWriter): void {
  w.writeVarintField(1, elementCode(type));
  if (shape === undefined) return;
  w.writeMessage(
    2,
    (lengths, shapeProto) => {
      for (const length of lengths) shapeProto.writeMessage(1, writeDimension, length);
    },
    shape,
  );
}

function writeDimension(length: number | string, w: PbfWriter): void {
  if (typeof length === "number") w.writeVarintField(1, length);
  else if (length !== "") w.writeStringField(2, length);
}

function writeOpset([domain, version]: [string, number], w: PbfWriter): void {
  if (domain !== "") w.writeStringField(1, domain);
  w.writeVarintField(2, version);
}

function writeEntry([key, value]: [string, string], w: PbfWriter): void {
  w.writeStringField(1, key);
  w.writeStringField(2, value);
}

function writeFunction(body: FunctionSpec, opsets: [string, number][], w: PbfWriter): void {
  w.writeStringField(1, body.name);
  for (const input of body.inputs) w.writeStringField(4, input);
  for (const output of body.outputs) w.writeStringField(5, output);
  for (const attribute of body.attributes ?? []) w.writeStringField(6, attribute);
  for (const node of body.nodes) w.writeMessage(7, writeNode, node);
  for (const opset of opsets) w.writeMessage(9, writeOpset, opset);
  w.writeStringField(10, body.domain);
  for (const entry of Object.entries(body.defaults ?? {}))
    w.writeMessage(11, writeAttribute, entry);
}
