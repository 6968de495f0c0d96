// How much one invocation or workgroup of a kernel makes: what suits each kind of adapter, and what a plan may use of it.

import { methodOf } from "../methods/methods.js";
import type { Tiling } from "../ops/types.js";
import type { PlanOptions } from "./types.js";

/** Register blocks small enough for the registers of a real GPU. */
export const HARDWARE_TILING: Tiling = { pixels: 8, quads: 2, workgroup: 64 };

/** For GPUs with many registers and fast workgroup memory. Costs were measured on an H200. */
export const SHARING_TILING: Tiling = {
  pixels: 8,
  quads: 4,
  workgroup: 64,
  shared: [
    { across: 8, down: 16, quads: 2, cost: 1 },
    { across: 8, down: 16, quads: 1, cost: 1.1 },
    { across: 16, down: 8, quads: 1, cost: 1.2 },
  ],
};

/** For software adapters, where a load costs more than sixteen products: much work per load. */
export const SOFTWARE_TILING: Tiling = { pixels: 16, quads: 4, workgroup: 16, winograd: true };

/** The tiling of a plan. Exact plans and half precision do without Winograd, which rounds each place of a tile its own way. */
export function tilingFor({
  tiling = HARDWARE_TILING,
  exact,
  method,
  precision,
}: PlanOptions): Tiling {
  const isExact =
    exact || precision === "half" || method === undefined || methodOf(method).procedure.compares;
  if (!isExact) return tiling;
  const layers = Object.entries(tiling.layers ?? {}).map(
    ([kind, each]) => [kind, { ...each, winograd: false }] as const,
  );
  return { ...tiling, winograd: false, layers: Object.fromEntries(layers) };
}
