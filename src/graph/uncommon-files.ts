// The making of a graph where a file is not ordinary: control flow is unrolled, what is constant computed, what is made of
// other operators written down as these, and what nothing can do refused. See rewrites.ts for when it takes part.

import type { OnnxModel } from "../onnx/types.js";
import { nodeError, outputOf, sensible } from "../ops/attributes.js";
import { asksForShape, canFold, fold, shapeOf } from "../ops/fold/fold.js";
import { compositions, ops } from "../ops/table.js";
import type { Node } from "../ops/types.js";
import { unsupportedError } from "../ops/unsupported.js";
import type { Constant, Layout } from "../tensor/types.js";
import { compose } from "./compose.js";
import type { Flow, Unfinished } from "./rewrites.js";
import { forOneSample } from "./sample-axis.js";
import { count, isFlow, mayUnroll, unroll } from "./unroll.js";

/** Operators that the graph makes itself; a file has none of them. */
const INTERNAL = ["Quantize", "Rearrange", "Relayout", "Spread", "Standardize", "Unfold"];

/** The operators of a file that may depend on the image, in order, when the uncommon ones are there. */
export function supported(): string[] {
  return Object.keys({ ...ops, ...compositions })
    .filter((op) => !INTERNAL.includes(op))
    .sort();
}

/** Throws one sentence with every unsupported operator among the nodes. */
export function refuseUnsupported(
  nodes: readonly Node[],
  constants: ReadonlyMap<string, Constant>,
  otherOutputs: readonly string[],
): void {
  const known = new Set(constants.keys());
  const names = supported();
  const refused = new Map<string, string[]>();
  for (const node of nodes) {
    const constant = asksForShape(node) || node.inputs.every((name) => !name || known.has(name));
    const becomesConstant = constant && (canFold(node) || node.op in compositions);
    if (isFlow(node) && mayUnroll(node, known)) continue;
    if (becomesConstant) for (const name of node.outputs) known.add(name);
    else if (!names.includes(node.op))
      refused.set(node.op, [...(refused.get(node.op) ?? []), node.name]);
  }
  if (refused.size === 0) return;
  throw unsupportedError(refused, names, otherOutputs);
}

/** A node as it is to be added to the graph, or the nodes to be added in its place: none where it was computed. */
export function rewriteNode(asked: Node, graph: Unfinished): Node | Node[] {
  const { opset, layouts, constants, nodes, batch, composed, flow } = graph;
  const unrolled = unroll(asked, flow, graph);
  if (unrolled) return unrolled;
  if (isFlow(asked)) throw nodeError(asked, "what it does depends on the image");
  const next = batch && !composed.has(asked) ? forOneSample(asked, batch, graph) : asked;
  const isConstant = next.inputs.every((name) => !name || constants.has(name));
  const folds = isConstant && canFold(next);
  const source = (name: string) => nodes.findLast(({ outputs }) => outputs.includes(name));
  const simpler = folds ? undefined : compose(next, opset, layouts, constants, source);
  if (simpler) {
    for (const part of simpler) composed.add(part);
    return simpler;
  }
  const shaped = layouts.get(next.inputs[0] ?? "");
  if (asksForShape(next) && shaped) {
    constants.set(outputOf(next), shapeOf(next, shaped.shape));
    return [];
  }
  if (!isConstant) return next;
  setFolded(next, constants, flow);
  return [];
}

/** Computes a node whose inputs are all constant. */
function setFolded(node: Node, constants: Map<string, Constant>, flow: Flow): void {
  const values = fold(node, constants);
  count(flow, node, values);
  values.forEach((value, k) => {
    const name = node.outputs[k];
    if (name) constants.set(name, value);
  });
}

/** The nodes in the place of one that is control flow or constant; undefined where it stays. */
function unrollOrFold(
  node: Node,
  graph: Pick<Unfinished, "constants" | "layouts" | "flow">,
): Node[] | undefined {
  const { constants, flow } = graph;
  const unrolled = unroll(node, flow, graph);
  if (unrolled) return unrolled;
  const isConstant = node.inputs.every((name) => !name || constants.has(name));
  if (!isConstant || !canFold(node)) return undefined;
  setFolded(node, constants, flow);
  return [];
}

/**
 * The model with the control flow unrolled that depends on constants alone, so that rewrites see what is in it; only
 * among the nodes that are wanted.
 */
export function unrollModel(model: OnnxModel, wanted: readonly Node[], flow: Flow): OnnxModel {
  if (!model.nodes.some(isFlow)) return model;
  const constants = new Map(model.constants);
  const known = { constants, layouts: new Map<string, Layout>() };
  const nodes: Node[] = [];
  const pending = [...wanted].reverse();
  for (let next = pending.pop(); next; next = pending.pop()) {
    const instead = sensible(next, unrollOrFold, { ...known, flow });
    if (instead) {
      pending.push(...instead.reverse());
      continue;
    }
    // What stands in a sequence is still needed by its readers.
    const items = next.inputs.flatMap((name) => flow.sequences.get(name) ?? []);
    nodes.push(items.length > 0 ? { ...next, inputs: [...next.inputs, ...items] } : next);
  }
  // What other outputs need stays as it is.
  const isWanted = new Set(wanted);
  const others = model.nodes.filter((node) => !isWanted.has(node));
  return { ...model, nodes: [...nodes, ...others], constants };
}
