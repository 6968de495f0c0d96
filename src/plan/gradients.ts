// Where gradients lie, and when they are complete.
//
// How to think of it: the gradient of a tensor is the sum of what the nodes that read it send back. The first one writes it,
// the others add to it, and the last one passes the sum through the activation that made the tensor. So whoever reads a
// gradient finds it complete.

import { outputOf } from "../ops/attributes.js";
import { isResidual } from "../ops/residual.js";
import { opOf } from "../ops/table.js";
import type { Gate, Node, Planning } from "../ops/types.js";
import type { View } from "../shaders/step.js";
import type { Buffers } from "./buffers.js";
import type { Places } from "./places.js";
import { remembered } from "./remembered.js";

/** The gradients of one backward pass. */
export interface Gradients extends Pick<Planning, "gradient" | "sink" | "hasGradient"> {
  /** Begins a pass through these roots: counts how many contributions each will get. The output gets one, the seed. */
  begin(path: ReadonlySet<string>): void;
  /** Forgets the gradients of the previous pass. */
  forget(): void;
  /** True if the pass goes through any of these tensors. */
  isOnPath(names: readonly string[]): boolean;
  /** Notes that the output has its gradient; returns the gate that it must pass. */
  seeded(): Gate | undefined;
  /** Throws if a gradient did not get all its contributions. */
  check(): void;
}

/** Contributions to one gradient. */
interface Count {
  expected: number;
  done: number;
}

/** Starts without gradients; `gateOf` returns the gate of a root. */
export function makeGradients(
  places: Places,
  buffers: Buffers,
  gateOf: (root: string) => Gate | undefined,
): Gradients {
  const { graph, root, layout, value, readers, stepping, inPlaceConcat } = places;
  const output = root(graph.output);
  const views = new Map<string, View>();
  const counts = new Map<string, Count>();
  let path: ReadonlySet<string> = new Set();

  function gradient(name: string): View {
    const own = root(name);
    const view = remembered(
      views,
      own,
      () => slotOf(own) ?? buffers.view(`gradient of ${own}`, layout(own)),
    );
    return { ...view, layout: layout(name) };
  }

  /** The slot in a Concat's gradient, for a tensor that lives in its result. */
  function slotOf(name: string): View | undefined {
    const concat = inPlaceConcat(name);
    if (!concat) return undefined;
    const whole = gradient(outputOf(concat));
    const offset = whole.offset + (value(name).offset - value(outputOf(concat)).offset);
    return { ...whole, layout: layout(name), offset };
  }

  /**
   * Lets the gradient of a residual take over the buffer of the sum's gradient, which the layer has read by now, and to
   * which others will add. True if nothing has contributed to it yet, and the sum's gradient has a buffer of its own.
   */
  function takesOver(name: string, sum: Node): boolean {
    const y = outputOf(sum);
    if (views.has(name) || inPlaceConcat(root(y))) return false;
    views.set(name, gradient(y));
    return true;
  }

  const isRead = (name: string) => readers(root(name)).length > 0 || root(name) === output;
  const isOnPath = (names: readonly string[]) => names.some((name) => path.has(root(name)));

  return {
    gradient,
    isOnPath,
    begin(roots) {
      path = roots;
      counts.clear();
      for (const node of stepping) {
        if (node.attributes.detached || !isOnPath(node.inputs)) continue;
        const times = opOf(node).moves ? node.outputs.filter(isRead).length : 1;
        for (const name of node.inputs) {
          if (!name || graph.constants.has(name) || !path.has(root(name))) continue;
          remembered<string, Count>(counts, root(name), () => ({
            expected: 0,
            done: 0,
          })).expected += times;
        }
      }
      counts.set(output, { expected: 1, done: 0 });
    },
    forget() {
      views.clear();
    },
    hasGradient: (name) => (counts.get(root(name))?.done ?? 0) > 0,
    seeded() {
      (counts.get(output) as Count).done = 1;
      return gateOf(output);
    },
    sink(node, k) {
      const name = node.inputs[k];
      if (!name || graph.constants.has(name)) return undefined;
      const own = root(name);
      if (!path.has(own)) return undefined;
      const count = counts.get(own);
      if (!count) {
        throw new Error(`${node.name} (${node.op}): no gradient is expected for "${name}"`);
      }
      count.done++;
      const gate = count.done === count.expected ? gateOf(own) : undefined;
      const inPlace = inPlaceConcat(own) === node || (isResidual(node, k) && takesOver(own, node));
      return { ...gradient(name), add: count.done > 1, inPlace, ...(gate && { gate }) };
    },
    check() {
      for (const [name, { expected, done }] of counts) {
        if (done !== expected) {
          throw new Error(`the gradient of "${name}" got ${done} of ${expected} contributions`);
        }
      }
    },
  };
}
