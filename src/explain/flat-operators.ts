// Where the gradient ends on its way from the class to the image: at operators whose derivative is 0 wherever there is one.

import type { Graph } from "../ops/types.js";

const FLAT = ["Sign", "Floor", "Ceil", "Round"];

/**
 * The nodes, each with its operator, that let no gradient through, if every way from the image to the logits leads
 * through one; none otherwise.
 */
export function flatNodes({ nodes, input, output }: Graph): string[] {
  const reached = new Set([input]);
  const ends: string[] = [];
  for (const { name, op, inputs, outputs, attributes } of nodes) {
    if (attributes.detached || !inputs.some((tensor) => reached.has(tensor))) continue;
    if (FLAT.includes(op)) ends.push(`${name} (${op})`);
    else for (const tensor of outputs) reached.add(tensor);
  }
  return reached.has(output) ? [] : ends;
}
