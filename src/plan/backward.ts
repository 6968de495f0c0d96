// One backward pass, from the classes that are explained to the input, or to a tensor on the way.

import { methodOf } from "../methods/methods.js";
import { gateInPlace } from "../ops/relu.js";
import type { Places } from "./places.js";
import type { Planner } from "./planner.js";
import { relevanceStep, seedStep } from "./steps/around.js";

/** Writes a backward pass down: the seed, then every node on the way in reverse, by the rules of a method. */
export function goBack(planner: Planner, method: string, end?: string): void {
  const { places, gradients, pass } = planner;
  const { graph, root, stepping } = places;
  pass.method = method;
  pass.end = end && root(end);
  gradients.forget();
  gradients.begin(dependents(places, pass.end ?? root(graph.input)));
  seed(planner);
  for (const node of [...stepping].reverse()) {
    if (!node.attributes.detached && gradients.isOnPath(node.inputs)) planner.back(node);
  }
  gradients.check();
}

/** Puts the gradient of the target, or for relevance its logits, where the backward pass begins. */
function seed({ planning, places, gradients, pass, target }: Planner): void {
  const { graph, root, layout } = places;
  const logits = planning.value(graph.output);
  const seeds = planning.gradient(graph.output);
  planning.step(seedStep(target(), logits, seeds, graph.head));
  if (methodOf(pass.method).relevance) planning.step(relevanceStep(logits, seeds));
  const gate = gradients.seeded();
  const sink = { ...seeds, layout: layout(root(graph.output)), add: false };
  if (gate) gateInPlace("seed gate", planning, { ...sink, gate });
}

/** The roots to which the gradient of one leads, and it itself. */
function dependents({ stepping, root }: Places, from: string): Set<string> {
  const found = new Set([from]);
  for (const { inputs, outputs, attributes } of stepping) {
    if (attributes.detached || !inputs.some((name) => found.has(root(name)))) continue;
    for (const name of outputs) found.add(root(name));
  }
  return found;
}
