// How many samples go through the network at once: enough to be quick, few enough that the page stays smooth and the
// map settles before one's eyes.

import type { SensitivityMap } from "../index.js";

/** Milliseconds that a batch should take: what the eye calls at once. */
const STEP = 60;

/**
 * Samples of batches that take about as long as that; another number only where it is far off, because engines of
 * another size are made anew. The first sample says nothing: its standard error is known without waiting for the GPU.
 */
export function pace({ times, samples }: SensitivityMap, before: number): number {
  if (samples < 2) return before;
  const ideal = Math.min((STEP * samples) / times.samples, 64);
  if (ideal < 2 * before && ideal >= before / 2) return before;
  return 2 ** Math.max(0, Math.floor(Math.log2(ideal)));
}
