// What is said where a method has no rule for a node: in plain words, with the methods that go through the network.

import { methodOf, methods } from "../methods/methods.js";
import { ruleOf } from "../methods/rules.js";
import { nodeError, type RuleError } from "../ops/attributes.js";
import { ops } from "../ops/table.js";
import type { Graph } from "../ops/types.js";

/** Rules of an activation that another node applies to its own output. */
export const OF_ACTIVATIONS = [
  "gradient",
  "guided",
  "deconvnet",
  "mean",
  "pass",
  "rescale",
] as const;

/** The sentence for a method that does not go through a node. */
export function refusalOf(method: string, { node, why }: RuleError, graph: Graph): Error {
  const names = goingThrough(graph).filter((name) => name !== method);
  const isTransformer = graph.nodes.some(({ op }) => op === "Softmax" || op === "Standardize");
  const hint =
    isTransformer && methodOf(method).procedure.divides
      ? "; attn-lrp is the one of its kind that is made for transformers"
      : "";
  // It stands for what is explained, and is in no file.
  const isTarget = node.op === "LogSoftmax" && node.name === "target";
  const other = isTarget ? ': explain of: "logit" or of: "probability" with it' : "";
  return nodeError(
    node,
    `${method} ${why}${other}; methods that go through this network: ${names.join(", ")}${hint}`,
  );
}

/**
 * The methods that go through a graph in any case: those of the gradient, and those whose rules every node has. Others
 * may go too, but only their plans know.
 */
function goingThrough(graph: Graph): string[] {
  return Object.entries(methods)
    .filter(([, { rules, procedure }]) => {
      if (rules.others || procedure.fits?.(graph) === false) return false;
      return graph.nodes.every(({ op, activation }) => {
        const known = ops[op];
        const isKnown = !known || known.moves || ruleOf(rules, op) in known.rules;
        const rule = activation && ruleOf(rules, activation.op);
        return isKnown && (!rule || (OF_ACTIVATIONS as readonly string[]).includes(rule));
      });
    })
    .map(([name]) => name);
}
