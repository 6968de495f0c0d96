// One backward pass, from the classes that are explained back to the input, or to a tensor on the way there.

import type { Way } from "../methods/procedure.js";
import type { RuleTable } from "../methods/rules.js";
import { gateInPlace } from "../ops/relu.js";
import type { View } from "../shaders/step.js";
import type { Places } from "./places.js";
import type { Planner } from "./planner.js";
import { seedStep } from "./steps/around.js";

/** Writes down a backward pass: the seed, then the nodes in reverse, by a table of rules. Returns the gradient at its end. */
export function goBack(planner: Planner, rules: RuleTable, way: Omit<Way, "rules"> = {}): View {
  const { places, gradients, pass } = planner;
  const { graph, root, stepping } = places;
  const { end = graph.input } = way;
  pass.rules = rules;
  // At the input there is no activation to stop before.
  pass.end = way.end && root(way.end);
  gradients.forget();
  gradients.begin(dependents(places, root(end)));
  seed(planner, way);
  for (const node of [...stepping].reverse()) {
    if (!node.attributes.detached && gradients.isOnPath(node.inputs)) planner.back(node);
  }
  gradients.check();
  if (way.end && !gradients.isOnPath([graph.output])) {
    throw new Error(`the layer "${end}" does not lead to the logits`);
  }
  return gradients.gradient(end);
}

/** Writes the gradient of the target, or what a procedure makes of it, to where the backward pass begins. */
function seed({ planning, places, gradients, target }: Planner, way: Way): void {
  const { graph, root, layout } = places;
  const logits = planning.value(graph.output);
  const seeds = planning.gradient(graph.output);
  planning.step(seedStep(target(), logits, seeds, graph.head));
  if (way.seed) planning.step(way.seed(logits, seeds));
  const gate = gradients.seeded();
  const sink = { ...seeds, layout: layout(root(graph.output)), add: false };
  if (gate) gateInPlace("seed gate", planning, { ...sink, gate });
}

/** A root and all that depend on it. */
function dependents({ stepping, root }: Places, from: string): Set<string> {
  const found = new Set([from]);
  for (const { inputs, outputs, attributes } of stepping) {
    if (attributes.detached || !inputs.some((name) => found.has(root(name)))) continue;
    for (const name of outputs) found.add(root(name));
  }
  return found;
}
