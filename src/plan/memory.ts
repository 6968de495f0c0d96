// How much memory steps need, and which buffers may share it. A buffer lives from the first step that names it to the
// last; two that do not live at the same time can be one. Whole buffers are shared, never ranges: WebGPU forbids a
// buffer to be read and written by one launch, even in disjoint places.

import { type BufferId, type Step, uniformBytes } from "../shaders/step.js";
import type { Plan, PlanBuffer } from "./types.js";

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

/** The steps of a plan. */
export type Steps = Pick<Plan, "prologue" | "classify" | "forward" | "backward">;

/**
 * Which buffers of a plan share memory, and how much it takes. Those that are `kept` outlive the forward pass, since they
 * are read from outside.
 */
export function inMemory(
  buffers: readonly PlanBuffer[],
  { prologue, classify, forward, backward }: Steps,
  kept: ReadonlySet<BufferId>,
  several = false,
): Pick<Plan, "buffers" | "places" | "physical" | "memory"> {
  const named = (steps: readonly Step[]) =>
    new Set(steps.flatMap((step) => Object.values(step.bindings)));
  const lasting = new Map([...kept].map((id) => [id, forward.length]));
  // Where there are several backward passes, what one of them reads of the forward pass the next one reads again.
  const again = several ? named(backward) : new Set<BufferId>();
  for (const id of named(forward)) {
    if (again.has(id)) lasting.set(id, forward.length + backward.length);
  }
  const { places, physical } = share(buffers, [...forward, ...backward], lasting);
  const all = [...prologue, ...classify, ...forward, ...backward];
  const used = named(all);
  const bytesOf = (counts: (isFixed: boolean, id: BufferId) => boolean) =>
    buffers.reduce((sum, { bytes, fixed }, id) => sum + (counts(fixed, id) ? bytes : 0), 0);
  const memory = {
    fixed: bytesOf((isFixed, id) => isFixed && used.has(id)) + uniformBytes(all),
    perSample: physical.reduce((sum, bytes) => sum + bytes, 0),
    unshared: bytesOf((isFixed) => !isFixed),
  };
  return { buffers, places, physical, memory };
}
