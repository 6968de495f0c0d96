// The layers of which class activation maps are made.

import { outputOf } from "../ops/attributes.js";
import type { Graph, Node } from "../ops/types.js";
import { positions } from "../tensor/layout.js";
import type { Layout } from "../tensor/types.js";
import { withoutActivation } from "./unfuse.js";

function isPlane(layout: Layout | undefined): boolean {
  return layout !== undefined && layout.channel === 1 && positions(layout) > 1;
}

/** The layers of which a class activation map is usually made: the convolutions over more than one pixel. */
export function layersOf(graph: Graph): string[] {
  return graph.nodes
    .filter(({ op, outputs: [y] }) => op === "Conv" && isPlane(graph.layouts.get(y as string)))
    .flatMap(({ name, activation }) =>
      activation && activation.node !== name ? [name, activation.node] : [name],
    );
}

/**
 * The graph and the name of the tensor that a layer leaves. A layer is the name of a node, or of its activation,
 * or of the tensor; by default the last convolution over more than one pixel, with its activation. A graph whose
 * convolution has its activation fused is taken apart if the convolution itself is asked for.
 */
export function layerOf(graph: Graph, name: string | undefined): { graph: Graph; tensor: string } {
  const layers = graph.nodes.filter(({ outputs: [y] }) => isPlane(graph.layouts.get(y as string)));
  const convolutions = layers.filter(({ op }) => op === "Conv");
  if (name === undefined) {
    const last = convolutions.at(-1);
    if (!last) {
      throw new Error(
        "there is no convolution over more than one pixel, which a class activation map needs; " +
          "attn-lrp, gradient and occlusion go without",
      );
    }
    return { graph, tensor: outputOf(last) };
  }
  const node = layers.find(
    (node) => node.name === name || node.activation?.node === name || node.outputs[0] === name,
  );
  if (!node) {
    const names = layersOf(graph).join(", ");
    throw new Error(`"${name}" is not a layer with a plane; there are: ${names}`);
  }
  const tensor = outputOf(node);
  const { activation } = node;
  if (!activation || activation.node === node.name || name !== node.name) return { graph, tensor };
  return withoutActivation(graph, node);
}

/**
 * What is to be said of a class activation map at a layer before all attention: in a transformer the default is that of
 * the patches, since what comes later has tokens in place of a plane. Undefined for other networks.
 */
export function camWarning(graph: Graph, name: string | undefined): string | undefined {
  const { tensor } = layerOf(graph, name);
  const at = graph.nodes.findIndex(({ outputs }) => outputs.includes(tensor));
  const later = graph.nodes.slice(at + 1);
  const isProduct = ({ op, inputs }: Node) =>
    op === "MatMul" && inputs.every((input) => !graph.constants.has(input));
  const attends = (nodes: readonly Node[]) =>
    nodes.some(({ op }) => op === "Softmax") && nodes.some(isProduct);
  if (!attends(later) || attends(graph.nodes.slice(0, at))) return undefined;
  const layer = graph.nodes[at]?.name;
  const others = layersOf(graph).filter((other) => other !== layer);
  const choice = others.length > 0 ? `the others are ${others.join(", ")}` : "there is no other";
  return (
    `The map is made at "${layer}", the patches of a transformer before any attention (${choice}). ` +
    "Later layers have tokens in place of a plane: attn-lrp goes through them."
  );
}
