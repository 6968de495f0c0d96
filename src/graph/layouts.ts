// The layout of every tensor, found node by node. On the way constants are folded, and an operator that asks for its channels
// elsewhere, or for another shape, gets a node before it that sees to that.

import { nodeError, sensible } from "../ops/attributes.js";
import { ops } from "../ops/table.js";
import type { Node, Op } from "../ops/types.js";
import { elements } from "../tensor/layout.js";
import type { Constant, Layout } from "../tensor/types.js";
import type { FixedBatch } from "./fixed-batch.js";
import { type Flow, rewrites, type Unfinished } from "./rewrites.js";

/** Finds the layout of every tensor, folds what turns out constant, and turns layouts where an operator asks. */
export function inferLayouts(
  nodes: readonly Node[],
  opset: number,
  layouts: Map<string, Layout>,
  constants: Map<string, Constant>,
  batch: FixedBatch | undefined,
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

/** Throws where a tensor is empty, or larger than anything but a broken file asks for. */
export function checkSize({ shape }: Layout, what: string): void {
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
