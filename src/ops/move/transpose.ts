// Transpose: the same elements with the axes in another order.

import { multiples, rowMajor, sums } from "../../tensor/layout.js";
import type { Layout } from "../../tensor/types.js";
import { nodeError, numbersOf } from "../attributes.js";
import type { Node, Op } from "../types.js";
import { move } from "./move.js";

function permutation(node: Node, x: Layout): readonly number[] {
  return numbersOf(node, "perm", x.shape.map((_, axis) => axis).reverse());
}

export const Transpose: Op = move(
  (node, x) => {
    const perm = permutation(node, x);
    if (
      [...perm].sort((a, b) => a - b).some((axis, i) => axis !== i) ||
      perm.length !== x.shape.length
    ) {
      throw nodeError(node, `its perm [${perm}] is no permutation of the axes of [${x.shape}]`);
    }
    return [
      { shape: perm.map((axis) => x.shape[axis] as number), channel: perm.indexOf(x.channel) },
    ];
  },
  (node, x, y) => {
    const perm = permutation(node, x);
    const step = rowMajor(x.shape);
    return sums(y.shape, (axis) =>
      multiples(y.shape[axis] as number, step[perm[axis] as number] as number),
    );
  },
);
