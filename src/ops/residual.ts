// Residual connections: what a layer of weights adds to its result before the activation. The graph has them as nodes
// of their own, Add; a plan joins them to the layers, where a method treats both as the gradient does.

import { outputOf } from "./attributes.js";
import type { Arguments } from "./epilogue.js";
import { gateInPlace, passTo } from "./relu.js";
import type { Graph, Node, Planning, Sink } from "./types.js";

/** The input of a Conv, Gemm or MatMul that is added, behind its bias. */
const RESIDUAL = 3;

/** The operators that can add one. */
const LAYERS = ["Conv", "Gemm", "MatMul"];

/** True if a node's k-th input is what a layer adds. */
export function isResidual({ op }: Node, k: number): boolean {
  return k === RESIDUAL && LAYERS.includes(op);
}

/** True if a node is a layer by constant weights that has nothing behind it yet. */
function isBare({ op, inputs, activation }: Node, { constants }: Graph): boolean {
  const weights = constants.get(inputs[1] ?? "");
  if (!LAYERS.includes(op) || !weights || activation || inputs.length > RESIDUAL) return false;
  return op !== "MatMul" || weights.shape.length === 2;
}

/** The graph with every sum of a layer's result and a tensor like it as one node; `kept` stays a tensor. */
export function withResiduals(graph: Graph, kept?: string): Graph {
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

/** For forward kernels of layers: reads the node's residual; none where the result is left `bare`, elsewhere. */
export function residual(node: Node, plan: Planning, bare?: unknown): Arguments {
  const name = bare ? undefined : node.inputs[RESIDUAL];
  if (!name) {
    const none = plan.fixed("no residual", 16, () => new Float32Array(4));
    return { uniforms: { out: { RESIDUAL: 0 } }, bindings: { residual: none } };
  }
  const [from, to] = [plan.value(name), plan.value(outputOf(node))];
  const way = {
    RESIDUAL: 1,
    residual_offset: from.offset - to.offset,
    residual_stride: from.stride - to.stride,
  };
  return { uniforms: { out: way }, bindings: { residual: from.buffer } };
}

/** Passes the gradient of a layer's result on to its residual, once nobody reads it any more. */
export function residualBack(node: Node, plan: Planning): void {
  const sink: Sink | undefined = node.inputs[RESIDUAL] ? plan.sink(node, RESIDUAL) : undefined;
  if (!sink) return;
  if (!sink.inPlace) passTo(node, plan, sink);
  else if (sink.gate) gateInPlace(`${node.name} gate`, plan, sink);
}
