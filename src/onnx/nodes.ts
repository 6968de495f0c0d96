// One node of the file → `OnnxNode`: its attributes as plain values, its domain as part of the
// operator's name.

import type { Constant } from "../tensor/types.js";
import { normalDomain } from "./functions.js";
import type { RawAttribute, RawGraph, RawNode, RawTensor } from "./proto.js";
import type { Attribute, OnnxNode, Subgraph } from "./types.js";
import { joinFloats } from "./wire.js";

/** Decodes a tensor; errors begin with the label. */
export type ConstantOf = (tensor: RawTensor, label: string) => Constant;

/** A body, and the tensors outside that it reads. */
export interface Body {
  readonly graph: Subgraph;
  readonly reads: readonly string[];
}

/** The node in the words of types.ts; `constantOf` and `bodyOf` decode what stands among its attributes. */
export function toNode(
  raw: RawNode,
  constantOf: ConstantOf,
  bodyOf: (graph: RawGraph) => Body,
): OnnxNode {
  const inputs = [...raw.inputs];
  const entries: [string, Attribute][] = [];
  for (const attribute of raw.attributes) {
    const body = attribute.type === 5 && attribute.graph ? bodyOf(attribute.graph) : undefined;
    if (body) {
      // What a Loop leaves out at the end is absent, not what its body reads.
      while (raw.op === "Loop" && inputs.length < body.graph.inputs.length) inputs.push("");
      inputs.push(...body.reads.filter((name) => !inputs.includes(name)));
    }
    const value = body?.graph ?? attributeValue(attribute, raw, constantOf);
    if (value !== undefined) entries.push([attribute.name, value]);
  }
  const domain = normalDomain(raw.domain);
  const op = domain === "" || domain === "ai.onnx.ml" ? raw.op : `${domain}::${raw.op}`;
  // fromEntries, since an attribute may be called __proto__.
  return {
    name: raw.name,
    op,
    inputs,
    outputs: raw.outputs,
    attributes: Object.fromEntries(entries),
  };
}

// By AttributeProto.AttributeType. Types and sparse tensors have no value here: the only operators that
// take them (Optional …, Constant) are refused for lack of it.
function attributeValue(
  attribute: RawAttribute,
  node: RawNode,
  constantOf: ConstantOf,
): Attribute | undefined {
  switch (attribute.type) {
    case 1:
      return attribute.float;
    case 2:
      return attribute.int;
    case 3:
      return attribute.text;
    case 4:
      return attribute.tensor && constantOf(attribute.tensor, attributeLabel(node, attribute.name));
    case 6:
      return Array.from(joinFloats(attribute.floats));
    case 7:
      return attribute.ints;
    case 8:
      return attribute.texts;
    default:
      return undefined;
  }
}

/** How errors call an attribute of a node. */
export function attributeLabel(node: RawNode, attribute: string): string {
  return `${node.name} (${node.op}), attribute "${attribute}"`;
}

/** The value of a node of type Constant. */
export function constantValue({ name, attributes }: OnnxNode): Constant {
  const { value, value_float, value_floats, value_int, value_ints } = attributes;
  if (value !== undefined && typeof value === "object" && "data" in value) return value;
  const floats = [value_float, value_floats].find((given) => given !== undefined);
  if (isNumeric(floats)) {
    return { type: "float32", shape: shapeOf(floats), data: Float32Array.from([floats].flat()) };
  }
  const ints = [value_int, value_ints].find((given) => given !== undefined);
  if (isNumeric(ints)) {
    return { type: "int64", shape: shapeOf(ints), data: Float64Array.from([ints].flat()) };
  }
  throw new Error(
    `${name} (Constant): it holds no numbers (sparse and text constants are not supported)`,
  );
}

function isNumeric(value: Attribute | undefined): value is number | number[] {
  return (
    typeof value === "number" ||
    (Array.isArray(value) && value.every((item) => typeof item === "number"))
  );
}

function shapeOf(value: number | number[]): number[] {
  return typeof value === "number" ? [] : [value.length];
}
