// DepthToSpace and SpaceToDepth: blocks of b × b pixels to b² channels and back.

import type { Layout } from "../../tensor/types.js";
import { nodeError, numberOf, stringOf } from "../attributes.js";
import { mapped } from "../broadcast.js";
import type { Node, Op } from "../types.js";
import { move } from "./move.js";

function blockOf(node: Node, { shape }: Layout): number {
  if (shape.length !== 4) throw nodeError(node, `its input [${shape}] should have four axes`);
  return numberOf(node, "blocksize", 1);
}

/**
 * y[n, c, h·b + i, w·b + j] = x[n, k, h, w], where the channel k is (i·b + j)·C + c, or c·b² + i·b + j in the
 * mode CRD.
 */
export const DepthToSpace: Op = move(
  (node, x) => {
    const b = blockOf(node, x);
    const [n = 1, c = 1, h = 1, w = 1] = x.shape;
    if (c % b ** 2 !== 0) throw nodeError(node, `${c} channels are no multiple of ${b}²`);
    return [{ shape: [n, c / b ** 2, h * b, w * b], channel: x.channel }];
  },
  (node, x, y) => {
    const b = blockOf(node, x);
    const byColumn = stringOf(node, "mode", "DCR") === "CRD";
    const channels = y.shape[1] as number;
    return mapped(y.shape, x.shape, ([n = 0, c = 0, h = 0, w = 0]) => {
      const place = (h % b) * b + (w % b);
      const k = byColumn ? c * b ** 2 + place : place * channels + c;
      return [n, k, Math.floor(h / b), Math.floor(w / b)];
    });
  },
);

/** y[n, (i·b + j)·C + c, h, w] = x[n, c, h·b + i, w·b + j]. */
export const SpaceToDepth: Op = move(
  (node, x) => {
    const b = blockOf(node, x);
    const [n = 1, c = 1, h = 1, w = 1] = x.shape;
    if (h % b !== 0 || w % b !== 0) {
      throw nodeError(node, `${h} × ${w} pixels cannot be cut into blocks of ${b} × ${b}`);
    }
    return [{ shape: [n, c * b ** 2, h / b, w / b], channel: x.channel }];
  },
  (node, x, y) => {
    const b = blockOf(node, x);
    const channels = x.shape[1] as number;
    return mapped(y.shape, x.shape, ([n = 0, k = 0, h = 0, w = 0]) => {
      const place = Math.floor(k / channels);
      return [n, k % channels, h * b + Math.floor(place / b), w * b + (place % b)];
    });
  },
);
