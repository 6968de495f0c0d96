// A probability that is explained, as nodes behind the logits: for rules that share out what the network's last node says.

import type { Graph, Head } from "../ops/types.js";
import type { Layout } from "../tensor/types.js";

/** What may be explained of a class in place of its logit. */
export type TargetFunction = "probability" | "log-probability";

/** What makes probabilities and their logarithms of logits; "−" for a change of sign. */
const TARGETS: Readonly<Record<Head, Readonly<Record<TargetFunction, readonly string[]>>>> = {
  softmax: { probability: ["Softmax"], "log-probability": ["LogSoftmax"] },
  // ln σ(z) = −ln(1 + e^−z)
  sigmoid: { probability: ["Sigmoid"], "log-probability": ["−", "Softplus", "−"] },
  probability: { probability: [], "log-probability": ["Log"] },
  "log-probability": { probability: ["Exp"], "log-probability": [] },
  unknown: { probability: [], "log-probability": [] },
};

/** The graph with the function of the logits that is explained as its last nodes. */
export function withTarget(graph: Graph, of: TargetFunction): Graph {
  const layouts = new Map(graph.layouts);
  const constants = new Map(graph.constants);
  const nodes = [...graph.nodes];
  let { output } = graph;
  for (const [k, op] of TARGETS[graph.head][of].entries()) {
    const inputs = [output];
    output = `target ${k} through ${op}`;
    layouts.set(output, graph.layouts.get(graph.output) as Layout);
    if (op === "−") {
      constants.set("minus one", { type: "float32", shape: [], data: Float32Array.of(-1) });
      inputs.push("minus one");
    }
    const name = op === "−" || op === "Softplus" ? `target ${k}` : "target";
    nodes.push({ name, op: op === "−" ? "Mul" : op, inputs, outputs: [output], attributes: {} });
  }
  return { ...graph, nodes, output, layouts, constants };
}
