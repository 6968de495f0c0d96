// The table of operators: ONNX's name to its `Op`, by which its file is found. It begins with the operators of ordinary
// convolutional networks, which load with the first model. graph/uncommon.ts adds those of table-uncommon.ts, and those that
// are made of others (composed/table.ts), when a network needs them. Their cases are in test/reference/cases/.

import type { Constant } from "../tensor/types.js";
import { Arithmetic } from "./arithmetic.js";
import { nodeError } from "./attributes.js";
import { BatchNormalization } from "./batch-normalization.js";
import { Concat } from "./concat.js";
import { Conv } from "./conv/conv.js";
import { Gemm } from "./gemm.js";
import { Expand } from "./move/expand.js";
import { Rearrange } from "./move/move.js";
import { Flatten, Identity, Relayout, Reshape, Squeeze, Unsqueeze } from "./move/reshape.js";
import { AveragePool, GlobalAveragePool, MaxPool } from "./pool.js";
import { Piecewise } from "./relu.js";
import type { Composition, Node, Op } from "./types.js";

const table: Record<string, Op> = {
  Add: Arithmetic,
  AveragePool,
  BatchNormalization,
  Clip: Piecewise,
  Concat,
  Conv,
  Div: Arithmetic,
  Dropout: Identity,
  Expand,
  Flatten,
  Gemm,
  GlobalAveragePool,
  Identity,
  LeakyRelu: Piecewise,
  MaxPool,
  Mul: Arithmetic,
  Rearrange,
  Relayout,
  Relu: Piecewise,
  Reshape,
  Squeeze,
  Sub: Arithmetic,
  Unsqueeze,
};

const composed: Record<string, Composition> = {};

/** The operators that have kernels. */
export const ops: Readonly<Record<string, Op>> = table;

/** The operator of a node. Throws where it has none. */
export function opOf(node: Node): Op {
  const op = ops[node.op];
  if (!op) throw nodeError(node, "not supported");
  return op;
}

/** The operators that are made of others, always or in some cases. */
export const compositions: Readonly<Record<string, Composition>> = composed;

/** Adds operators to both tables. */
export function addOperators(
  more: Readonly<Record<string, Op>>,
  made: Readonly<Record<string, Composition>>,
): void {
  Object.assign(table, more);
  Object.assign(composed, made);
}

/** True once the uncommon ones are there. */
export const hasUncommon = (): boolean => "MatMul" in table;

type Constants = ReadonlyMap<string, Constant>;

const always = () => true;
const isConstant = (node: Node, k: number, constants: Constants): boolean =>
  !node.inputs[k] || constants.has(node.inputs[k]);
const isPlane = ({ attributes }: Node): boolean =>
  (attributes.kernel_shape as readonly number[] | undefined)?.length === 2;

// Before opset 7 an attribute said that the second operand stands elsewhere than at the last axes.
const isUsual = ({ attributes }: Node): boolean => !attributes.broadcast;

/** Of the operators above that a file may have: whether a node needs none of the compositions. */
const plain: Readonly<Record<string, (node: Node, constants: Constants) => boolean>> = {
  Add: isUsual,
  AveragePool: isPlane,
  BatchNormalization: always,
  Clip: (node, constants) => isConstant(node, 1, constants) && isConstant(node, 2, constants),
  Concat: always,
  Conv: ({ inputs }, constants) => constants.get(inputs[1] ?? "")?.shape.length === 4,
  Div: isUsual,
  Dropout: ({ inputs }) => !inputs[2],
  Flatten: always,
  Gemm({ inputs: [, weights = "", bias = ""], attributes }, constants) {
    const [b, c] = [constants.get(weights), constants.get(bias)];
    const columns = b?.shape[attributes.transB ? 0 : 1];
    const isRow = c?.shape.length === 1 && c.shape[0] === columns;
    return !attributes.transA && b !== undefined && (!bias || isRow);
  },
  GlobalAveragePool: always,
  Identity: always,
  LeakyRelu: always,
  MaxPool: isPlane,
  Mul: isUsual,
  Relu: always,
  Reshape: always,
  Squeeze: always,
  Sub: isUsual,
  Unsqueeze: always,
};

/** True if the operators that are there from the beginning are enough for a network. */
export function isOrdinary(nodes: readonly Node[], constants: Constants): boolean {
  return nodes.every((node) => {
    // What is constant has to be computed, which is rare, too.
    const depends = node.inputs.some((name) => name && !constants.has(name));
    return depends && plain[node.op]?.(node, constants);
  });
}
