// When two arrays of numbers count as equal. The message of a failure is for the person who has to find the
// wrong index in a kernel: it shows the worst place, what stands beside it, and how much else is wrong.

export interface Tolerance {
  /** Relative tolerance, a factor of |expected|. */
  rtol?: number;
  /** Absolute tolerance. */
  atol?: number;
}

/** Throws unless |actual − expected| ≤ atol + rtol·|expected| everywhere; NaN never passes. */
export function close(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol = 1e-5, atol = 1e-6 }: Tolerance = {},
): void {
  if (actual.length !== expected.length) {
    throw new Error(`Expected ${expected.length} numbers, got ${actual.length}`);
  }
  let wrong = 0;
  let worst = -1;
  let worstExcess = 0;
  for (let i = 0; i < expected.length; i++) {
    const excess = excessOf(actual[i] as number, expected[i] as number, rtol, atol);
    if (excess > 0) wrong++;
    if (excess > worstExcess) {
      worstExcess = excess;
      worst = i;
    }
  }
  if (wrong === 0) return;
  throw new Error(
    [
      `${wrong} of ${expected.length} numbers differ by more than ${atol} + ${rtol}·|expected|`,
      `relative L2 error ${relativeL2(actual, expected).toExponential(2)}; the worst and its neighbours:`,
      ...neighbours(actual, expected, worst),
    ].join("\n    "),
  );
}

/** ‖actual − expected‖₂ / ‖expected‖₂; the plain norm of the difference where expected is all zero. */
export function relativeL2(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    throw new Error(`Expected ${expected.length} numbers, got ${actual.length}`);
  }
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i] as number;
    difference += ((actual[i] as number) - e) ** 2;
    norm += e ** 2;
  }
  return Math.sqrt(norm === 0 ? difference : difference / norm);
}

// By how much a number misses its tolerance; infinite for a NaN or an infinity in the wrong place.
function excessOf(actual: number, expected: number, rtol: number, atol: number): number {
  if (actual === expected) return 0;
  const difference = Math.abs(actual - expected);
  if (!Number.isFinite(difference)) return Infinity;
  return Math.max(0, difference - (atol + rtol * Math.abs(expected)));
}

function neighbours(actual: ArrayLike<number>, expected: ArrayLike<number>, worst: number) {
  const lines: string[] = [];
  for (let i = Math.max(0, worst - 3); i < Math.min(expected.length, worst + 4); i++) {
    lines.push(`${i === worst ? ">" : " "} [${i}] actual ${actual[i]}, expected ${expected[i]}`);
  }
  return lines;
}
