// Operators that repeat elements.

import { positionsOf, stridesOf } from "../twin.js";
import { broadcastPlaces, broadcastShape } from "./arithmetic.js";
import { given } from "./attributes.js";
import { moving } from "./move.js";

/** x broadcast together with a shape. */
export const Expand = moving(({ inputs: [x, lengths] }) => {
  const shape = broadcastShape(x.shape, Array.from(lengths!.data));
  return { shape, from: broadcastPlaces(x.shape, shape) };
});

/** x as a tile, laid so often along every axis. */
export const Tile = moving(({ node, inputs: [x, repeats] }) => {
  const times = given(node, "repeats", repeats)!;
  const shape = x.shape.map((length, axis) => length * times[axis]!);
  const strides = stridesOf(x.shape);
  const from = positionsOf(shape).map((position) =>
    position.reduce((sum, index, axis) => sum + (index % x.shape[axis]!) * strides[axis]!, 0),
  );
  return { shape, from };
});
