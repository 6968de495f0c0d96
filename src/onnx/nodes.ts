// One node of the file → `Node`: its attributes as plain values, its domain as part of the
// operator's name.

import type { Attribute, Constant, Node } from "../types.js";
import { normalDomain } from "./functions.js";
import type { RawAttribute, RawNode, RawTensor } from "./proto.js";
import { joinFloats } from "./wire.js";

/** Decodes a tensor; errors begin with the label. */
export type ConstantOf = (tensor: RawTensor, label: string) => Constant;

/** The node in the words of types.ts; `constantOf` decodes the tensors among its attributes. */
export function toNode(raw: RawNode, constantOf: ConstantOf): Node {
  const entries: [string, Attribute][] = [];
  for (const attribute of raw.attributes) {
    const value = attributeValue(attribute, raw, constantOf);
    if (value !== undefined) entries.push([attribute.name, value]);
  }
  const domain = normalDomain(raw.domain);
  const op = domain === "" || domain === "ai.onnx.ml" ? raw.op : `${domain}::${raw.op}`;
  // fromEntries, since an attribute may be called __proto__.
  return {
    name: raw.name,
    op,
    inputs: raw.inputs,
    outputs: raw.outputs,
    attributes: Object.fromEntries(entries),
  };
}

// By AttributeProto.AttributeType. Graphs, types and sparse tensors have no value here: the only
// operators that take them (If, Loop, Scan, Optional …, Constant) are refused for lack of it.
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
export function constantValue({ name, attributes }: Node): Constant {
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
