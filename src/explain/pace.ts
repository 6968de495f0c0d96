// How many passes go through together, where it is not memory that decides: a series of maps is to be seen and to be
// stopped while it is made, so its steps are to take a certain time, or to end at certain samples.

/** What is wished of the steps of a series. */
export interface PaceOptions {
  /** Milliseconds that a step should take; undefined: as many passes as fit. */
  readonly stepTime: number | undefined;
  /** Numbers of passes at which a step ends. */
  readonly ends: readonly number[];
  /** Most passes of a step. */
  readonly capacity: number;
}

const GROWTH = 4; // at most from step to step: the first ones pay for what is done once

/** The steps of a run. */
export interface Pace {
  /** How many passes the next step may have, after so many. */
  next(first: number): number;
  /** What the last step took, in milliseconds. */
  took(passes: number, time: number): void;
}

/** Starts with one pass where a time is wished, and finds out what fits into it. */
export function startPace({ stepTime, ends, capacity }: PaceOptions): Pace {
  let size = stepTime === undefined ? capacity : 1;
  return {
    next(first) {
      const left = ends.filter((end) => end > first).map((end) => end - first);
      return Math.min(size, ...left);
    },
    took(passes, time) {
      if (stepTime === undefined || passes < size) return;
      const ideal = Math.floor((passes * stepTime) / Math.max(time, 0.01));
      // Another size only where it is far off: a steady rhythm is pleasant to look at.
      if (ideal < 2 * size && ideal > size / 2) return;
      size = Math.max(1, Math.min(ideal, GROWTH * size, capacity));
    },
  };
}
