// Computes nodes whose inputs are all constant, when the model is loaded: the shape arithmetic that exporters
// write around a Reshape, and whatever else does not depend on the image. The rules are in fold/.

import { elements } from "../../tensor/layout.js";
import type { Constant, Layout, Shape } from "../../tensor/types.js";
import { nodeError, numberOf } from "../attributes.js";
import { fillOf } from "../move/move.js";
import { ops } from "../table.js";
import type { Node } from "../types.js";
import { constant, type Fold } from "./tensor.js";

/** At first there are none: networks without constants to compute are ordinary. */
const rules: Record<string, Fold> = {};

/** Adds rules. */
export function addFolds(more: Readonly<Record<string, Fold>>): void {
  Object.assign(rules, more);
}

/** True if a node of this kind can be computed at load once its inputs are known. */
export function canFold(node: Node): boolean {
  return node.op in rules || asksForShape(node) || ops[node.op]?.moves !== undefined;
}

/** The outputs of a node all of whose inputs are constant. */
export function fold(node: Node, constants: ReadonlyMap<string, Constant>): readonly Constant[] {
  const inputs = node.inputs.map((name) => constants.get(name));
  const [first] = inputs;
  if (!first) throw nodeError(node, "its input is missing");
  if (asksForShape(node)) return [shapeOf(node, (first as Constant).shape)];
  const rule = rules[node.op];
  if (rule) return [rule(node, ...(inputs as Constant[]))].flat();
  if (!first || !ops[node.op]?.moves) throw nodeError(node, "a constant input is not supported");
  return moved(node, first, constants);
}

/** Moves a constant's elements as the operator of that name would move a tensor's. */
function moved(node: Node, x: Constant, constants: ReadonlyMap<string, Constant>): Constant[] {
  const op = ops[node.op];
  const input: Layout = { shape: x.shape, channel: 0 };
  const outputs = op?.infer(node, [input], constants) ?? [];
  const fill = fillOf(node, constants);
  return outputs.map((output, k) => {
    const from = op?.moves?.(node, k, input, output, constants);
    if (!from) return constant(x.type, output.shape, x.data);
    const values = Float64Array.from(from, (e) => (e < 0 ? fill : (x.data[e] as number)));
    return constant(x.type, output.shape, values);
  });
}

/** True for the nodes that depend on the shape of their input alone. */
export function asksForShape({ op }: Node): boolean {
  return op === "Shape" || op === "Size";
}

/** What such a node gives for a tensor of this shape. */
export function shapeOf(node: Node, shape: Shape): Constant {
  if (node.op === "Size") return constant("int64", [], [elements(shape)]);
  const start = numberOf(node, "start", 0);
  const end =
    node.attributes.end === undefined ? shape.length : numberOf(node, "end", shape.length);
  const part = shape.slice(start, end);
  return { type: "int64", shape: [part.length], data: Float64Array.from(part) };
}
