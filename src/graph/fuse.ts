// Rewrites that make one node of two: BatchNormalization goes into the layer before it, and a piecewise linear activation
// into whatever makes its input. What the network computes stays the same.

import { inputOf, numberOf, outputOf } from "../ops/attributes.js";
import { affineOf } from "../ops/batch-normalization.js";
import { activationOf } from "../ops/relu.js";
import { ops } from "../ops/table.js";
import type { Node } from "../ops/types.js";
import type { Constant } from "../tensor/types.js";

const PIECEWISE = ["Relu", "Clip", "LeakyRelu"];

/** The nodes that an output depends on, in order. */
export function needed(nodes: readonly Node[], output: string): Node[] {
  const wanted = new Set([output]);
  const kept: Node[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    for (const name of node.inputs) if (name) wanted.add(name);
    kept.push(node);
  }
  return kept.reverse();
}

/** The nodes that read each tensor. */
export function consumers(nodes: readonly Node[]): Map<string, Node[]> {
  const result = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of node.inputs) if (name) result.set(name, [...(result.get(name) ?? []), node]);
  }
  return result;
}

/**
 * Pairs each node with the only node that reads its output, and replaces both by one where `merge` says so.
 * The merged node takes the place of the first and the output name of the second.
 */
function mergePairs(
  nodes: readonly Node[],
  output: string,
  merge: (first: Node, second: Node) => Node | undefined,
): Node[] {
  const readers = consumers(nodes);
  const gone = new Set<Node>();
  return nodes.flatMap((node) => {
    if (gone.has(node)) return [];
    let first = node;
    for (;;) {
      const name = outputOf(first);
      const [second, another] = readers.get(name) ?? [];
      if (!second || another || name === output || first.outputs.length > 1) return [first];
      if (second.inputs[0] !== name) return [first];
      const merged = merge(first, second);
      if (!merged) return [first];
      gone.add(second);
      first = { ...merged, outputs: second.outputs };
    }
  });
}

/** W ← scale·W, b ← scale·b + shift: BatchNormalization after a convolution or dense layer costs nothing. */
export function foldNormalization(
  nodes: readonly Node[],
  output: string,
  constants: Map<string, Constant>,
): Node[] {
  return mergePairs(nodes, output, (first, second) => {
    if (second.op !== "BatchNormalization" || (first.op !== "Conv" && first.op !== "Gemm"))
      return undefined;
    const weights = constants.get(first.inputs[1] ?? "");
    if (!weights) return undefined;
    const { scale, shift } = affineOf(second, constants);
    const transB = first.op === "Conv" || numberOf(first, "transB", 0) !== 0;
    const outputs = weights.shape[transB ? 0 : 1] as number;
    const inner = weights.data.length / outputs;
    const row = (e: number) => (transB ? Math.floor(e / inner) : e % outputs);
    const bias = constants.get(first.inputs[2] ?? "");
    const beta = first.op === "Gemm" ? numberOf(first, "beta", 1) : 1;
    const at = (o: number) =>
      bias ? beta * (bias.data[bias.data.length === 1 ? 0 : o] as number) : 0;
    const names = [`${first.name} folded weights`, `${first.name} folded bias`] as const;
    constants.set(names[0], {
      ...weights,
      // Float32Array.from would take a second for ten million weights.
      data: weights.data.map((w, e) => w * (scale[row(e)] as number)),
    });
    constants.set(names[1], {
      type: "float32",
      shape: [outputs],
      data: Float32Array.from(scale, (s, o) => at(o) * s + (shift[o] as number)),
    });
    const attributes = first.op === "Gemm" ? { ...first.attributes, beta: 1 } : first.attributes;
    return { ...first, attributes, inputs: [inputOf(first), ...names] };
  });
}

/** Gives a piecewise linear activation to the node that makes its input, or to itself if that cannot take it. */
export function fuseActivations(
  nodes: readonly Node[],
  output: string,
  constants: ReadonlyMap<string, Constant>,
): Node[] {
  const fused = mergePairs(nodes, output, (first, second) => {
    if (first.activation || !ops[first.op]?.fusesActivation || !PIECEWISE.includes(second.op))
      return undefined;
    const activation = activationOf(second, constants);
    return activation && { ...first, activation };
  });
  return fused.map((node) => {
    if (node.op !== "Quantize" && !PIECEWISE.includes(node.op)) return node;
    const activation = activationOf(node, constants);
    return activation ? { ...node, inputs: node.inputs.slice(0, 1), activation } : node;
  });
}
