// A classifier small enough to see through: a ReLU network with one input and one hidden layer,
//
//   S(x) = Σ wₖ · max(0, x − bₖ),   S′(x) = Σ { wₖ : bₖ < x }
//
// The score is made of straight pieces, so its gradient is a staircase. The weights are chosen so that a broad
// trend (more, then less) is all that the eye sees in S, while S′ jumps around that trend from piece to piece.
// That is the picture behind SmoothGrad; here it is computed, not drawn.

/** The network, with what can be summed up beforehand. */
export interface Toy {
  /** b: where the pieces begin, ascending. */
  readonly knots: Float64Array;
  /** S′ on the piece after each knot, and S at the knot. */
  readonly slopes: Float64Array;
  readonly scores: Float64Array;
}

/** Noise may lead beyond the picture, which is 0 … 1, so the network goes on there. */
const LOW = -2;
const HIGH = 3;
const UNITS = 2000;
const JUMP = 2; // how far S′ leaves its trend, whose peak is 1

/** Always the same network. */
export function makeToy(): Toy {
  const random = uniform(42);
  const knots = Float64Array.from(
    { length: UNITS },
    (_, k) => LOW + ((HIGH - LOW) * (k + 0.8 * random())) / UNITS,
  );
  const slopes = knots.map((b) => trend(b) + JUMP * (2 * random() - 1));
  const scores = new Float64Array(UNITS);
  for (let k = 1; k < UNITS; k++) {
    scores[k] = scores[k - 1]! + slopes[k - 1]! * (knots[k]! - knots[k - 1]!);
  }
  return { knots, slopes, scores };
}

/** What speaks for the class, and a little that speaks against it. */
function trend(x: number): number {
  return Math.exp(-(((x - 0.33) / 0.19) ** 2)) - 0.8 * Math.exp(-(((x - 0.8) / 0.15) ** 2));
}

/** S(x). */
export function score(toy: Toy, x: number): number {
  const k = piece(toy, x);
  return toy.scores[k]! + toy.slopes[k]! * (x - toy.knots[k]!);
}

/** S′(x). */
export function gradient(toy: Toy, x: number): number {
  return toy.slopes[piece(toy, x)]!;
}

/** The piece on which x lies, by bisection. */
function piece({ knots }: Toy, x: number): number {
  let low = 0;
  let high = knots.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (knots[middle]! <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The mean of the gradient over noisy copies of a place, and the mean's standard error. */
export interface Smoothed {
  readonly mean: number;
  readonly error: number;
}

/** SmoothGrad at x: the mean of S′(x + εᵢ). One sample has no standard error that is known: Infinity. */
export function smoothed(toy: Toy, x: number, shifts: readonly number[]): Smoothed {
  const n = shifts.length;
  let mean = 0;
  let squares = 0;
  for (const [i, shift] of shifts.entries()) {
    const difference = gradient(toy, x + shift) - mean;
    mean += difference / (i + 1);
    squares += difference ** 2 * (i / (i + 1));
  }
  return { mean, error: n > 1 ? Math.sqrt(squares / (n - 1) / n) : Number.POSITIVE_INFINITY };
}

/** Standard normal numbers, by Box and Muller; the same seed gives the same ones. */
export function normals(seed: number): () => number {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Numbers from 0 to 1: Mulberry32 by Tommy Ettinger. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
