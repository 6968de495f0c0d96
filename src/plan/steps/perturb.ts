// The step that puts noise on a trained parameter, by perturb.wgsl. It goes before the forward pass of a batch, whose
// samples all see the same draw; operators bind its result and know nothing of it.

import type { Change } from "../../ops/types.js";
import type { BufferId, Step } from "../../shaders/step.js";

/** FNV-1a: by its name a parameter has noise of its own, whatever else the network has. */
export function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Writes down what a change, if there is one, makes of a parameter with noise. */
export function perturbStep(
  name: string,
  vec4s: number,
  { run, weights, perturbed }: Readonly<Record<"run" | "weights" | "perturbed", BufferId>>,
  change?: Change,
): Step {
  const { above, below, power } = change ?? { above: 1, below: 1, power: 1 };
  return {
    label: `noise on ${name}${change ? `, ${change.name}` : ""}`,
    shader: "perturb",
    entry: "perturb",
    uniforms: { layer: { vec4s, name: hashOf(name), above, below, square: power === 2 ? 1 : 0 } },
    bindings: { run, weights, perturbed },
    workgroups: [Math.min(Math.ceil(vec4s / 64), 65535), 1, 1],
    samples: 0,
  };
}
