// DepthToSpace and SpaceToDepth, as the standard has them: a Reshape to six axes, a Transpose, a Reshape.

import { positionsOf, stridesOf } from "../twin.js";
import { number, text } from "./attributes.js";
import { moving } from "./move.js";

// The elements of x, taken as a tensor of six axes, in the order of its axes permuted.
function permuted(six: readonly number[], perm: readonly number[]): number[] {
  const strides = stridesOf(six);
  return positionsOf(perm.map((axis) => six[axis]!)).map((position) =>
    position.reduce((sum, index, k) => sum + index * strides[perm[k]!]!, 0),
  );
}

/** Channels become blocks of pixels. */
export const DepthToSpace = moving(({ node, inputs: [x] }) => {
  const b = number(node, "blocksize", 1);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const shape = [n, c / b ** 2, h * b, w * b];
  const from =
    text(node, "mode", "DCR") === "DCR"
      ? permuted([n, b, b, c / b ** 2, h, w], [0, 3, 4, 1, 5, 2])
      : permuted([n, c / b ** 2, b, b, h, w], [0, 1, 4, 2, 5, 3]);
  return { shape, from };
});

/** Blocks of pixels become channels. */
export const SpaceToDepth = moving(({ node, inputs: [x] }) => {
  const b = number(node, "blocksize", 1);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return {
    shape: [n, c * b ** 2, h / b, w / b],
    from: permuted([n, c, h / b, b, w / b, b], [0, 3, 5, 1, 2, 4]),
  };
});
