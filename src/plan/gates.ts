// How gradients pass activations. The forward pass leaves a mask, one bit an element, where the activation was in its linear
// part; on the way back the last who writes a gradient lets it through a gate, by that mask and the rule of the method. What a
// Concat joins has one mask and one gate, where all of it lives there alike.

import { type RuleTable, ruleOf } from "../methods/rules.js";
import { outputOf, RuleError } from "../ops/attributes.js";
import type { Activation, Gate, Mask, Node } from "../ops/types.js";
import type { BufferId } from "../shaders/step.js";
import { maskWords } from "../tensor/layout.js";
import type { Layout } from "../tensor/types.js";
import { type Buffers, remembered } from "./buffers.js";
import type { Places } from "./places.js";
import { OF_ACTIVATIONS, refusalOf } from "./refusal.js";

/** The backward pass that is being written down, or, while the forward pass is, the one that it is for. */
export interface Pass {
  /** The method, for messages, and the rules that are followed. */
  readonly method: string;
  rules: RuleTable;
  /** The root at which it ends, if it does not go through to the input. */
  end: string | undefined;
}

/** Masks and gates of a plan. */
export interface Gates {
  /** The mask that a node's activation must leave; undefined if none is read. */
  mask(node: Node, width: number): Mask | undefined;
  /** How the gradient of a root passes the activation that made it; undefined if it need not. */
  gateOf(root: string): Gate | undefined;
}

/** No masks yet. `count` gives what the rule "mean" counts of an activation's gates. */
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

  /** A slot in the mask of the Concat that a tensor lives in, if all that live there have masks alike. */
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
    // At the end of a pass the gradient is wanted as it comes.
    if (!activation || name === pass.end) return undefined;
    const rule = ruleOfActivation(activation);
    if (rule === "pass" || rule === "rescale") return undefined;
    const mask = masks.get(name);
    const gate: Gate = { rule, slope: activation.slope, ...(mask && { mask }) };
    if (rule !== "mean") return gate;
    return { ...gate, counts: count(activation.node, gate, layout(name)) };
  }

  /** The gates of all parts of a Concat as one, if they live in it and alone, and let pass alike. */
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
