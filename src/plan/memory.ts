// How much memory steps need, and which buffers may share it. A buffer lives from the first step that names it to the
// last; two that do not live at the same time can be one. Whole buffers are shared, never ranges: WebGPU forbids a
// buffer to be read and written by one launch, even in disjoint places.

import type { BufferId, Step } from "../shaders/step.js";
import type { PlanBuffer } from "./types.js";

/**
 * For each buffer its place (−1 for fixed ones), and for each place its bytes for one sample. Those `kept` live at
 * least until the step of that index.
 */
export function share(
  buffers: readonly PlanBuffer[],
  steps: readonly Step[],
  kept: ReadonlyMap<BufferId, number>,
): { places: number[]; physical: number[] } {
  const lives = buffers.map(() => ({ from: Number.POSITIVE_INFINITY, to: -1 }));
  steps.forEach((step, time) => {
    for (const id of Object.values(step.bindings)) {
      const life = lives[id] as { from: number; to: number };
      life.from = Math.min(life.from, time);
      life.to = Math.max(life.to, time);
    }
  });
  const places = buffers.map(() => -1);
  const physical: number[] = [];
  const tenants: { from: number; to: number }[][] = [];
  for (const [id, until] of kept) {
    const life = lives[id] as { from: number; to: number };
    life.to = Math.max(life.to, until);
  }
  // The largest first: a later, smaller one then finds room in them, and never makes one grow.
  const order = buffers
    .map((_, id) => id)
    .filter((id) => !buffers[id]?.fixed && (lives[id]?.to ?? -1) >= 0);
  order.sort(
    (a, b) => (buffers[b] as PlanBuffer).bytes - (buffers[a] as PlanBuffer).bytes || a - b,
  );
  for (const id of order) {
    const life = lives[id] as { from: number; to: number };
    let place = tenants.findIndex((others) =>
      others.every((o) => o.to < life.from || o.from > life.to),
    );
    if (place < 0) {
      place = physical.length;
      physical.push((buffers[id] as PlanBuffer).bytes);
      tenants.push([]);
    }
    (tenants[place] as { from: number; to: number }[]).push(life);
    places[id] = place;
  }
  return { places, physical };
}
