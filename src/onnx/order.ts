// Puts nodes in an order in which every tensor is produced before it is used. Files that are sorted
// already, as they should be, keep their order.

import type { OnnxNode } from "./types.js";

/**
 * The nodes in topological order. `sources` names the tensors that no node produces and what they
 * are ("a constant"). A cycle, a tensor with two producers and one without are errors.
 */
export function sortNodes(
  nodes: readonly OnnxNode[],
  sources: ReadonlyMap<string, string>,
): OnnxNode[] {
  const producers = producersOf(nodes, sources);
  const sorted: OnnxNode[] = [];
  // "open": its inputs are being visited, so meeting it again is a cycle.
  const states = new Map<OnnxNode, "open" | "done">();
  for (const start of nodes) {
    const stack = [start];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      if (states.has(node)) {
        stack.pop();
        if (states.get(node) === "open") sorted.push(node);
        states.set(node, "done");
        continue;
      }
      states.set(node, "open");
      for (const input of node.inputs.toReversed()) {
        if (input === "" || sources.has(input)) continue;
        const producer = producers.get(input);
        if (producer === undefined) {
          const fact = `nothing in the file produces its input "${input}"`;
          throw new Error(`${node.name} (${node.op}): ${fact}`);
        }
        if (states.get(producer) === "open") {
          throw new Error(
            `${node.name} (${node.op}): its input "${input}" depends on its own output`,
          );
        }
        if (!states.has(producer)) stack.push(producer);
      }
    }
  }
  return sorted;
}

function producersOf(
  nodes: readonly OnnxNode[],
  sources: ReadonlyMap<string, string>,
): Map<string, OnnxNode> {
  const producers = new Map<string, OnnxNode>();
  for (const node of nodes) {
    for (const output of node.outputs) {
      if (output === "") continue;
      const other = producers.get(output)?.name ?? sources.get(output);
      if (other !== undefined) {
        throw new Error(
          `${node.name} (${node.op}): its output "${output}" is already that of ${other}`,
        );
      }
      producers.set(output, node);
    }
  }
  return producers;
}
