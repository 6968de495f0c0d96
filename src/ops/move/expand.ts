// Operators that repeat elements: Expand and Tile.

import { integers, nodeError } from "../attributes.js";
import { axisByAxis, broadcast, broadcastPlaces } from "../broadcast.js";
import type { Op } from "../types.js";
import { type Constants, move } from "./move.js";

/** x broadcast to a shape; the shape is broadcast too. */
export const Expand: Op = move(
  (node, { shape, channel }, constants: Constants) => {
    const asked = integers(node, "shape", 1, constants) ?? [];
    const result = broadcast(node, shape, asked);
    return [{ shape: result, channel: channel + result.length - shape.length }];
  },
  (_node, x, y) => broadcastPlaces(x.shape, y.shape),
);

/** x repeated as a whole along every axis. */
export const Tile: Op = move(
  (node, { shape, channel }, constants) => {
    const repeats = integers(node, "repeats", 1, constants) ?? [];
    if (repeats.length !== shape.length) {
      throw nodeError(node, `its repeats [${repeats}] should be ${shape.length} numbers`);
    }
    return [{ shape: shape.map((n, axis) => n * (repeats[axis] as number)), channel }];
  },
  (_node, x, y) => axisByAxis(y.shape, x.shape, (axis, i) => i % (x.shape[axis] as number)),
);
