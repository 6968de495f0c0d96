// What a random graph is drawn from: a sequence of small numbers, from a seed or written down. A graph is a function of
// its sequence alone, and every sequence is some graph, so a failing graph is made smaller by taking numbers away and
// making them smaller, whatever they stand for (MacIver & Donaldson 2020, as Hypothesis does). Wherever one is drawn, 0
// therefore stands for what is simplest.

import { philox } from "../reference/philox.js";

/** A number below n. */
export type Draw = (n: number) => number;

/** A sequence in the making, and where it came to each node of the graph. */
export interface Draws {
  readonly draw: Draw;
  /** The numbers so far. */
  readonly numbers: number[];
  /** Says that a node, or another part that can be left out, begins here. */
  mark(): void;
  /** Where such parts begin; a last one where the last ends. */
  readonly marks: number[];
}

function drawsFrom(next: (n: number, i: number) => number): Draws {
  const numbers: number[] = [];
  const marks: number[] = [];
  return {
    numbers,
    marks,
    draw(n) {
      const number = next(n, numbers.length);
      numbers.push(number);
      return number;
    },
    mark() {
      marks.push(numbers.length);
    },
  };
}

/** The sequence of a seed; another stream of it is another sequence. */
export function drawsOf(seed: number, stream = 0): Draws {
  return drawsFrom((n, i) => (philox([i, stream, 0, 0], [seed, 1])[0] as number) % n);
}

/** A sequence written down; behind its end there are zeros. */
export function replay(numbers: readonly number[]): Draws {
  return drawsFrom((n, i) => Math.min(numbers[i] ?? 0, n - 1));
}

/** The smallest sequence that it finds which still fails, by at most so many tries. */
export async function shrink(
  numbers: readonly number[],
  marksOf: (numbers: readonly number[]) => readonly number[],
  fails: (numbers: readonly number[]) => Promise<boolean>,
  tries: number,
): Promise<readonly number[]> {
  let best = numbers;
  let left = tries;
  const isBetter = async (candidate: readonly number[]) => {
    if (left-- <= 0 || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let isSmaller = true; isSmaller && left > 0; ) {
    isSmaller = false;
    // Without one of its nodes, the last one first; the first number counts them.
    for (let k = marksOf(best).length - 2; k >= 0 && left > 0; k--) {
      const [from, to] = marksOf(best).slice(k, k + 2) as [number, number];
      const count = Math.max(0, (best[0] as number) - 1);
      const candidate = [count, ...best.slice(1, from), ...best.slice(to)];
      if (await isBetter(candidate)) isSmaller = true;
    }
    for (let i = 0; i < best.length && left > 0; i++) {
      const value = best[i] as number;
      for (const less of new Set([0, value >> 1, value - 1])) {
        if (less < 0 || less >= value) continue;
        if (await isBetter(best.with(i, less))) {
          isSmaller = true;
          break;
        }
      }
    }
  }
  return best;
}
