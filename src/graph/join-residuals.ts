// Residual connections as part of the layers before them: a sum of a layer's result and a tensor like it needs no kernel and
// no buffer of its own. It is for methods alone whose rules for layers and sums are both the gradient's.

import { LINEAR, RESIDUAL } from "../ops/residual.js";
import type { Graph, Node } from "../ops/types.js";

/** True if a node is a layer by constant weights that has nothing behind it yet. */
function isBare({ op, inputs, activation }: Node, { constants }: Graph): boolean {
  const weights = constants.get(inputs[1] ?? "");
  if (!LINEAR.includes(op) || !weights || activation || inputs.length > RESIDUAL) return false;
  return op !== "MatMul" || weights.shape.length === 2;
}

/** The graph with every sum of a layer's result and a tensor like it as one node; `kept` stays a tensor. */
export function joinResiduals(graph: Graph, kept?: string): Graph {
  const read = graph.nodes.flatMap(({ inputs }) => inputs);
  const isTaken = (name: string) =>
    name === kept || name === graph.output || read.indexOf(name) !== read.lastIndexOf(name);
  const places = (name: string) => {
    const { shape, channel } = graph.layouts.get(name) ?? {};
    return `${shape} by ${channel}`;
  };
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const { op, inputs, outputs, activation } = node;
    const isPlain =
      op === "Add" && inputs.every((name) => places(name) === places(outputs[0] as string));
    // Of two layers the first operand, which mostly is the branch: so all blocks of a network end alike.
    const layer = inputs
      .map((name) => isPlain && !isTaken(name) && nodes.find(({ outputs: [y] }) => y === name))
      .find((made) => made && isBare(made, graph));
    if (layer) {
      const [x = "", w = "", b = ""] = layer.inputs;
      const other = inputs.find((name) => name !== layer.outputs[0]) as string;
      nodes.splice(nodes.indexOf(layer), 1);
      nodes.push({
        ...layer,
        inputs: [x, w, b, other],
        outputs,
        ...(activation && { activation }),
      });
    } else nodes.push(node);
  }
  return { ...graph, nodes };
}
