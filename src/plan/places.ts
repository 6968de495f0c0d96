// Where the values of tensors lie. Most tensors have a buffer of their own. A tensor whose node moves nothing (Flatten) is
// another name for its source, its root. The inputs of a Concat are written straight into their slots of the result if they fit.

import { inputOf, outputOf } from "../ops/attributes.js";
import { slots } from "../ops/concat.js";
import { rearrangementOf, staysInPlace } from "../ops/move/move.js";
import { opOf } from "../ops/table.js";
import type { Graph, Node } from "../ops/types.js";
import type { BufferId, View } from "../shaders/step.js";
import { positions } from "../tensor/layout.js";
import type { Layout } from "../tensor/types.js";
import type { Buffers } from "./buffers.js";
import { remembered } from "./remembered.js";

/** Where the tensors of a graph are, and who makes and reads them. */
export interface Places {
  readonly graph: Graph;
  /** The nodes that need steps, in order: all but those that move nothing. */
  readonly stepping: readonly Node[];
  layout(name: string): Layout;
  /** The tensor that owns the memory of this one: itself, or the source that it is another name for. */
  root(name: string): string;
  /** The node that makes a tensor. */
  producer(name: string): Node | undefined;
  /** The nodes that read a root under any of its names, once for each read. */
  readers(root: string): readonly Node[];
  /** The values of a tensor. */
  value(name: string): View;
  /** True if a Concat's k-th input is written straight into its slot of the result. */
  isInPlace(node: Node, k: number): boolean;
  /** The Concat that alone reads a tensor from its slot, so that their gradients can be one too. */
  inPlaceConcat(root: string): Node | undefined;
}

/** Assigns a place to every tensor of a graph. */
export function placeTensors(graph: Graph, buffers: Buffers): Places {
  const { constants, layouts } = graph;
  const layout = (name: string): Layout => {
    const found = layouts.get(name);
    if (!found) throw new Error(`there is no tensor "${name}"`);
    return found;
  };
  const roots = rootsOf(graph, layout);
  const root = (name: string) => roots.get(name) ?? name;
  const stepping = graph.nodes.filter((node) => !node.outputs.every((name) => roots.has(name)));
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((y) => [y, node])));
  const readers = new Map<string, Node[]>();
  for (const node of stepping) {
    for (const name of node.inputs) {
      if (name && !constants.has(name)) remembered(readers, root(name), () => []).push(node);
    }
  }
  const values = new Map<string, View>();
  const slotsOf = (node: Node) => {
    const parts = node.inputs.map((name) => layouts.get(name));
    return slots(node, parts, layout(outputOf(node)));
  };

  /** True if some launch would read and write the same buffer once this tensor lived in the Concat's. */
  function wouldMeet(name: string, concat: Node, buffer: BufferId): boolean {
    const isThere = (other: string) => values.get(root(other))?.buffer === buffer;
    const all = readers.get(name) as Node[];
    const others = all.filter((node) => node !== concat);
    const isTwice = all.length - others.length > 1;
    const written = others.flatMap(({ outputs }) => outputs);
    return isTwice || [...(producers.get(name)?.inputs ?? []), ...written].some(isThere);
  }

  /** Places the inputs of a Concat in its result. */
  function placeParts(node: Node): void {
    const whole = values.get(outputOf(node)) as View;
    slotsOf(node)?.forEach((slot, k) => {
      const part = root(inputOf(node, k));
      if (values.has(part) || part === graph.input || constants.has(part)) return;
      if (wouldMeet(part, node, whole.buffer)) return;
      const offset = whole.offset + slot * positions(whole.layout);
      values.set(part, { ...whole, layout: layout(part), offset });
    });
  }

  // From last to first, so that a Concat is placed before its inputs are.
  for (const node of [...stepping].reverse()) {
    for (const name of node.outputs) {
      remembered(values, name, () => buffers.view(name, layout(name)));
    }
    if (node.op === "Concat") placeParts(node);
  }
  values.set(graph.input, buffers.view(graph.input, layout(graph.input)));

  function value(name: string): View {
    const view = values.get(root(name));
    if (!view) throw new Error(`there is no tensor "${name}"`);
    return { ...view, layout: layout(name) };
  }

  function isInPlace(node: Node, k: number): boolean {
    const name = inputOf(node, k);
    if (constants.has(name)) return false;
    const { buffer, offset } = value(name);
    const whole = value(outputOf(node));
    const slot = slotsOf(node)?.[k];
    if (slot === undefined || buffer !== whole.buffer) return false;
    return offset === whole.offset + slot * positions(whole.layout);
  }

  function inPlaceConcat(name: string): Node | undefined {
    const [reader, another] = readers.get(name) ?? [];
    if (!reader || another || reader.op !== "Concat" || name === graph.output) return undefined;
    const k = reader.inputs.findIndex((input) => root(input) === name);
    return isInPlace(reader, k) ? reader : undefined;
  }

  return {
    ...{ graph, stepping, layout, root, value, isInPlace, inPlaceConcat },
    producer: (name) => producers.get(name),
    readers: (name) => readers.get(name) ?? [],
  };
}

/** Maps each tensor that is only another name to its root. */
function rootsOf(graph: Graph, layout: (name: string) => Layout): ReadonlyMap<string, string> {
  const roots = new Map<string, string>();
  const answers = new Map<string, boolean>();
  for (const node of graph.nodes) {
    const op = opOf(node);
    if (node.outputs.length > 1 || !op.moves) continue;
    const [from, to] = [inputOf(node), outputOf(node)];
    const [x, y] = [layout(from), layout(to)];
    const move = rearrangementOf(node, 0, x, y, graph.constants, op);
    const key = `${move?.key} in place from channel ${x.channel} to ${y.channel}`;
    if (move && remembered(answers, key, () => staysInPlace(move, x, y))) {
      roots.set(to, roots.get(from) ?? from);
    }
  }
  return roots;
}
