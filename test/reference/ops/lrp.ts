// Layer-wise relevance propagation as the formulas say it, for an operator that is linear in its first input:
// R' = Σ ± x_t · W_tᵀ (R / stab(Σ ± z_t)) over parts x_t of x and W_t of W, with stab(z) = z + ε · sign z,
// sign 0 = +1 and ε = 1e-6, but for the ε rule's own. Bach et al. 2015, Montavon et al. 2019; constants as in zennit.

import type { Backward, Call, Tensor, Twin } from "../twin.js";

const STABILIZER = 1e-6;

/** The numbers of the rules, for tests to change. */
export const NUMBERS = { epsilon: 1e-6, gamma: 0.25, alpha: 2 };

/** R / stab(z) */
export const quotient = (r: Float64Array, z: Float64Array, epsilon = STABILIZER): Float64Array =>
  r.map((v, i) => v / (z[i]! + (z[i]! >= 0 ? epsilon : -epsilon)));

type Change = (v: number) => number;
const same: Change = (v) => v;
const plus: Change = (v) => Math.max(v, 0);
const minus: Change = (v) => Math.min(v, 0);
const raise: Change = (v) => v + NUMBERS.gamma * plus(v);
const lower: Change = (v) => v + NUMBERS.gamma * minus(v);
const square: Change = (v) => v * v;
const zero: Change = () => 0;
const one: Change = () => 1;

interface Part {
  x: Change;
  w: Change;
  b: Change;
  sign?: number;
}

// What of R goes back through some parts, `share` saying how much of it at an output of value z.
function through(
  twin: Twin,
  call: Call,
  r: Float64Array,
  parts: Part[],
  share: Change = one,
  epsilon = STABILIZER,
) {
  const [x, w, b] = call.inputs;
  const calls = parts.map((part) => {
    const changed = (tensor: Tensor | undefined, change: Change) =>
      tensor && { ...tensor, data: tensor.data.map(change) };
    const inputs = [changed(x, part.x), changed(w, part.w), changed(b, part.b)];
    return { ...call, inputs: inputs as unknown as Call["inputs"] };
  });
  const own = twin.forward(call)[0]!.data;
  const z = new Float64Array(own.length);
  parts.forEach(({ sign = 1 }, t) => {
    twin.forward(calls[t]!)[0]!.data.forEach((v, j) => {
      z[j]! += sign * v;
    });
  });
  const s = quotient(r, z, epsilon).map((v, j) => v * share(own[j]!));
  const result = new Float64Array(x.data.length);
  parts.forEach(({ sign = 1 }, t) => {
    const c = twin.backward(calls[t]!, [s])[0]!;
    c.forEach((v, i) => {
      result[i]! += sign * calls[t]!.inputs[0].data[i]! * v;
    });
  });
  return result;
}

const add = (a: Float64Array, b: Float64Array) => a.map((v, i) => v + b[i]!);

const positive: Part[] = [
  { x: plus, w: plus, b: plus },
  { x: minus, w: minus, b: zero },
];
const negative: Part[] = [
  { x: plus, w: minus, b: minus },
  { x: minus, w: plus, b: zero },
];

/** The box of the images in the tests of z-box: every channel between these. */
export const BOX = { low: -4, high: 5 };

/** A linear operator with the rules of relevance. */
export function withRelevance(twin: Twin): Twin {
  const rule =
    (f: (call: Call, r: Float64Array) => Float64Array): Backward =>
    (call, [r]) => [f(call, r!)];
  return {
    ...twin,
    rules: {
      epsilon: rule((call, r) =>
        through(twin, call, r, [{ x: same, w: same, b: same }], one, NUMBERS.epsilon),
      ),
      "z-plus": rule((call, r) => through(twin, call, r, positive)),
      "alpha-beta": rule((call, r) =>
        add(
          through(twin, call, r, positive, () => NUMBERS.alpha),
          through(twin, call, r, negative, () => 1 - NUMBERS.alpha),
        ),
      ),
      gamma: rule((call, r) =>
        add(
          through(
            twin,
            call,
            r,
            [
              { x: plus, w: raise, b: raise },
              { x: minus, w: lower, b: zero },
            ],
            (z) => (z > 0 ? 1 : 0),
          ),
          through(
            twin,
            call,
            r,
            [
              { x: plus, w: lower, b: lower },
              { x: minus, w: raise, b: zero },
            ],
            (z) => (z < 0 ? 1 : 0),
          ),
        ),
      ),
      "w-square": rule((call, r) => through(twin, call, r, [{ x: one, w: square, b: square }])),
      flat: rule((call, r) => through(twin, call, r, [{ x: one, w: one, b: zero }])),
      "z-box": rule((call, r) =>
        through(twin, call, r, [
          { x: same, w: same, b: same },
          { x: () => BOX.low, w: plus, b: plus, sign: -1 },
          { x: () => BOX.high, w: minus, b: minus, sign: -1 },
        ]),
      ),
    },
  };
}

/** An operator whose weights are no inputs, or that has none, with the epsilon rule: R' = x · Jᵀ (R / stab(y)). */
export function withShares(twin: Twin): Twin {
  return {
    ...twin,
    rules: {
      epsilon: (call, [r]) =>
        twin
          .backward(call, [quotient(r!, twin.forward(call)[0]!.data)])
          .map((c, k) => c?.map((v, i) => v * call.inputs[k]!.data[i]!)),
    },
  };
}

// What AttnLRP (Achtibat et al. 2024) does not stabilize, but for zeros.
const HARDLY = 1e-12;

/** A product of two: each factor has half of the relevance of every term (AttnLRP's uniform rule). */
export function withUniform(twin: Twin): Twin {
  const uniform: Backward = (call, [r]) =>
    twin
      .backward(call, [quotient(r!, twin.forward(call)[0]!.data, HARDLY)])
      .map((c, k) => c?.map((v, i) => (v * call.inputs[k]!.data[i]!) / 2));
  return { ...twin, rules: { ...twin.rules, uniform } };
}

/** A Softmax: R' = x (R − s Σ R), what is first of its Taylor series. */
export function withTaylor(twin: Twin): Twin {
  const taylor: Backward = (call, [r]) => {
    const s = twin.forward(call)[0]!.data;
    // The backward pass of r / s is s (r / s − Σ r).
    const [c] = twin.backward(call, [r!.map((v, i) => v / s[i]!)]);
    return [c!.map((v, i) => v * call.inputs[0].data[i]!)];
  };
  return { ...twin, rules: { ...twin.rules, taylor } };
}

/** R' = R, for functions of one element. */
export const pass: Backward = (_, dy) => [dy[0]];
