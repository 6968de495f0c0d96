// How gradients pass activations. The forward pass leaves a mask, one bit per element: was the activation in its linear part?
// On the way back, the last node that writes a gradient passes it through a gate, by that mask and the method's rule. The inputs
// of a Concat share one mask and one gate if they all live in its result and have the same rule.

import { type RuleTable, ruleOf } from "../methods/rules.js";
import { outputOf, RuleError } from "../ops/attributes.js";
import type { Activation, Gate, Mask, Node } from "../ops/types.js";
import type { BufferId } from "../shaders/step.js";
import { maskWords } from "../tensor/layout.js";
import type { Layout } from "../tensor/types.js";
import type { Buffers } from "./buffers.js";
import type { Places } from "./places.js";
import { OF_ACTIVATIONS, refusalOf } from "./refusal.js";
import { remembered } from "./remembered.js";

/** The backward pass being written down, or during the forward pass, the one it prepares. */
export interface Pass {
  /** The method that was asked for; for messages. */
  readonly method: string;
  rules: RuleTable;
  /** The root where it ends, if that is not the input. */
  end: string | undefined;
}

/** The masks and gates of a plan. */
export interface Gates {
  /** The mask that a node's activation must leave; undefined if nothing reads one. */
  mask(node: Node, width: number): Mask | undefined;
  /** The gate between the gradient of a root and the activation that made it; undefined if there is none. */
  gateOf(root: string): Gate | undefined;
}

/** Starts without masks. `count` returns the counts of open gates that the rule "mean" reads. */
export function makeGates(
  places: Places,
  buffers: Buffers,
  pass: Pass,
  count: (activation: string, gate: Gate, layout: Layout) => BufferId,
): Gates {
  const { graph, root, layout, value, producer, inPlaceConcat } = places;
  const masks = new Map<string, Mask>();

  function ruleOfActivation({ op, node }: Activation): (typeof OF_ACTIVATIONS)[number] {
    const rule = ruleOf(pass.rules, op);
    const known = OF_ACTIVATIONS.find((name) => name === rule);
    if (known) return known;
    const named = { name: node, op, inputs: [], outputs: [], attributes: {} };
    throw refusalOf(pass.method, new RuleError(named, `has no rule for ${op}`), graph);
  }

  function newMask(label: string, name: string, width: number): Mask {
    const stride = maskWords(layout(name), width);
    return { buffer: buffers.perSample(label, stride * 4), width, offset: 0, stride };
  }

  /** A slot in the mask of the Concat that a tensor lives in, if all its inputs live there and have such masks. */
  function jointMask(name: string, width: number): Mask | undefined {
    const concat = inPlaceConcat(name);
    const isAlike = (input: string) => {
      const part = root(input);
      return producer(part)?.activation && inPlaceConcat(part) === concat;
    };
    if (!concat?.inputs.every(isAlike)) return undefined;
    const whole = root(outputOf(concat));
    const mask = remembered(masks, whole, () => newMask(`mask of ${concat.name}`, whole, width));
    if (mask.width !== width) return undefined;
    const before = (value(name).offset - value(whole).offset) / width;
    return { ...mask, offset: before * Math.ceil(width / 8) };
  }

  function ownGate(name: string): Gate | undefined {
    const activation = producer(name)?.activation;
    // The gradient at the end of a pass is left as it comes.
    if (!activation || name === pass.end) return undefined;
    const rule = ruleOfActivation(activation);
    if (rule === "pass" || rule === "rescale") return undefined;
    const mask = masks.get(name);
    const gate: Gate = { rule, slope: activation.slope, ...(mask && { mask }) };
    if (rule !== "mean") return gate;
    return { ...gate, counts: count(activation.node, gate, layout(name)) };
  }

  /** One gate for all inputs of a Concat, if nothing else reads them there and their gates are the same. */
  function jointGate(concat: Node): Gate | undefined {
    const whole = root(outputOf(concat));
    if (whole === pass.end) return undefined;
    const [first, ...others] = concat.inputs.map((name) => {
      const part = root(name);
      return inPlaceConcat(part) === concat ? ownGate(part) : undefined;
    });
    const mask = masks.get(whole);
    const isAlike = (gate: Gate | undefined) =>
      gate?.rule === first?.rule &&
      gate?.slope === first?.slope &&
      gate?.mask?.buffer === mask?.buffer;
    if (!first || first.counts || ![first, ...others].every(isAlike)) return undefined;
    return { rule: first.rule, slope: first.slope, ...(mask && { mask }) };
  }

  return {
    mask(node, width) {
      const { activation } = node;
      if (!activation) return undefined;
      const rule = ruleOfActivation(activation);
      if (rule !== "gradient" && rule !== "guided" && rule !== "mean") return undefined;
      const name = root(outputOf(node));
      return remembered(
        masks,
        name,
        () => jointMask(name, width) ?? newMask(`mask of ${node.name}`, name, width),
      );
    },
    gateOf(name) {
      const concat = inPlaceConcat(name);
      if (concat && jointGate(concat)) return undefined;
      const made = producer(name);
      return made?.op === "Concat" ? jointGate(made) : ownGate(name);
    },
  };
}
