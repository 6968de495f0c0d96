// Gemm where it is no dense layer: of factors that are turned, that both depend on the image, or with a bias of its own for
// each row.

import { elements } from "../../tensor/layout.js";
import { nodeError, numberOf } from "../attributes.js";
import type { Composition, Node } from "../types.js";

const input = (node: Node, k: number): string => node.inputs[k] ?? "";

/** Gemm of anything but rows by constant weights and a constant bias for each column. */
export const gemm: Composition = (node, write) => {
  const [a, b, c] = [write.shape(0), write.shape(1), node.inputs[2] ? write.shape(2) : []];
  const [transA, transB] = [numberOf(node, "transA", 0), numberOf(node, "transB", 0)];
  const columns = b[transB ? 0 : 1];
  const isRow = elements(c) === 1 || (c.at(-1) === columns && elements(c) === columns);
  const isPlain = !node.inputs[2] || (write.constant(2) !== undefined && isRow);
  if (!transA && write.constant(1) && !write.constant(0) && isPlain) return undefined;
  if (a.length !== 2 || b.length !== 2) throw nodeError(node, "its factors should have two axes");
  const turned = (k: number, turn: number) =>
    turn ? write.node("Transpose", [input(node, k)], { perm: [1, 0] }) : input(node, k);
  const scaled = (x: string, factor: number) =>
    factor === 1 ? x : write.node("Mul", [x, write.floats([], [factor])]);
  const product = write.node("MatMul", [turned(0, transA), turned(1, transB)]);
  const y = scaled(product, numberOf(node, "alpha", 1));
  if (!node.inputs[2]) return y;
  return write.node("Add", [y, scaled(input(node, 2), numberOf(node, "beta", 1))]);
};
