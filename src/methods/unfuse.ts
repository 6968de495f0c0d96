// Activations as nodes of their own again: for whoever must see what goes into them.

import { outputOf } from "../ops/attributes.js";
import type { Graph, Node } from "../ops/types.js";
import type { Layout } from "../tensor/types.js";

/** A graph in which a node no longer applies its activation itself, and the tensor before that. */
export function withoutActivation(graph: Graph, node: Node): { graph: Graph; tensor: string } {
  const { activation, ...linear } = node;
  if (!activation) return { graph, tensor: outputOf(node) };
  const output = outputOf(node);
  const tensor = `${output} before ${activation.node}`;
  const gate: Node = {
    name: activation.node,
    op: activation.op,
    inputs: [tensor],
    outputs: [output],
    attributes: {},
    activation,
  };
  const nodes = graph.nodes.flatMap((other) =>
    other === node ? [{ ...linear, outputs: [tensor] }, gate] : [other],
  );
  const layouts = new Map(graph.layouts).set(tensor, graph.layouts.get(output) as Layout);
  return { graph: { ...graph, nodes, layouts }, tensor };
}

/** The graph with every activation a node of its own, so that what goes into it is kept. */
export function unfused(graph: Graph): Graph {
  const isFused = ({ activation, name }: Node) => activation && activation.node !== name;
  return graph.nodes
    .filter(isFused)
    .reduce((result, node) => withoutActivation(result, node).graph, graph);
}
