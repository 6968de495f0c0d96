// Layers of a kind do the same work: the same operator over the same shapes. What was measured of one holds for all.

import { LINEAR } from "../ops/residual.js";
import type { Graph, Node } from "../ops/types.js";

/** The kind of a layer's forward or backward steps, in words; undefined for what has no weights. */
export function kindOf({ constants, layouts }: Graph, node: Node, way: string): string | undefined {
  if (!LINEAR.includes(node.op)) return undefined;
  const shapes = node.inputs.slice(0, 2).map((name) => {
    const { shape } = layouts.get(name) ?? constants.get(name) ?? {};
    return `[${shape}]`;
  });
  const attributes = Object.entries(node.attributes).map(([name, value]) => `${name} ${value}`);
  return [node.op, way, ...shapes, ...attributes].join(" ");
}
