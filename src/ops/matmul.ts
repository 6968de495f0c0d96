// MatMul: by constant weights a dense layer (gemm.ts), otherwise a product of matrices (batched-matmul.ts).

import { nodeError, RuleError } from "./attributes.js";
import { Product } from "./batched-matmul.js";
import { Linear } from "./gemm.js";
import type { Composition, Node, Op, Planning } from "./types.js";

/** Weights of two axes make a dense layer; the graph sees constants as inputs without a layout. */
const opOf = (node: Node, plan: Planning): Op =>
  plan.constant(node.inputs[1] ?? "")?.shape.length === 2 ? Linear : Product;

/** Rules that a dense layer follows by its gradient, since they are about products of activations. */
const OF_PRODUCTS = ["linear", "uniform"];

/** A rule of the dense layer, or of a product of two activations. */
function ruleOf(name: string): (node: Node, plan: Planning) => void {
  return (node, plan) => {
    const op = opOf(node, plan);
    const isLinear = op === Linear && OF_PRODUCTS.includes(name);
    const rule = isLinear ? op.rules.gradient : op.rules[name];
    if (!rule) {
      throw new RuleError(node, "has no rule for a product of two activations, as attention has");
    }
    rule(node, plan);
  };
}

export const MatMul: Op = {
  activations: 2,
  fusesActivation: false,
  channel: (node, k, inputs) => Product.channel?.(node, k, inputs),
  shape: (node, k, inputs, constants) =>
    constants.get(node.inputs[1] ?? "")?.shape.length === 2
      ? undefined
      : Product.shape?.(node, k, inputs, constants),
  infer: (node, inputs, constants) =>
    (constants.get(node.inputs[1] ?? "")?.shape.length === 2 ? Linear : Product).infer(
      node,
      inputs,
      constants,
    ),
  forward: (node, plan) => opOf(node, plan).forward(node, plan),
  // "linear" is the gradient where it is one, for methods that must not take a product of activations for it.
  rules: Object.fromEntries(
    [...Object.keys(Linear.rules), ...OF_PRODUCTS].map((name) => [name, ruleOf(name)]),
  ),
};

/** Vectors as matrices of one row or column; a constant first operand by transposes: A x = (xᵀ Aᵀ)ᵀ. */
export const matMul: Composition = (node, write) => {
  const [a, b] = [write.shape(0), write.shape(1)];
  const [left = "", right = ""] = node.inputs;
  const last = (rank: number, ...axes: number[]) => axes.map((axis) => rank + axis);
  if (a.length === 0 || b.length === 0) {
    throw nodeError(node, `shapes [${a}] and [${b}] have no product of matrices`);
  }
  if (a.length === 1 || b.length === 1) {
    const x = a.length === 1 ? write.node("Unsqueeze", [left, write.integers([0])]) : left;
    const w = b.length === 1 ? write.node("Unsqueeze", [right, write.integers([1])]) : right;
    const y = write.node("MatMul", [x, w]);
    const rank = Math.max(a.length, b.length, 2);
    const gone = [
      ...(a.length === 1 ? last(rank, -2) : []),
      ...(b.length === 1 ? last(rank, -1) : []),
    ];
    return write.node("Squeeze", [y, write.integers(gone)]);
  }
  const constant = write.constant(0) ?? write.constant(1);
  if (!constant || constant.shape.slice(0, -2).some((n) => n !== 1)) return undefined;
  if (constant.shape.length > Math.min(a.length, b.length) && constant.shape.length > 2)
    return undefined;
  const plain = constant.shape.slice(-2);
  if (write.constant(1)) {
    if (b.length === 2) return undefined;
    return write.node("MatMul", [left, write.floats(plain, constant.data)]);
  }
  const [rows = 1, columns = 1] = plain;
  const turned = Float32Array.from(
    constant.data,
    (_, e) => constant.data[(e % rows) * columns + Math.floor(e / rows)] as number,
  );
  const perm = b.map((_, axis) => axis);
  perm.push(...(perm.splice(-2).reverse() as [number, number]));
  const x = write.node("Transpose", [right], { perm });
  const y = write.node("MatMul", [x, write.floats([columns, rows], turned)]);
  return write.node("Transpose", [y], { perm });
};
