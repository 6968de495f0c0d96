// Functions of one number and their derivatives, which are 0 where they jump.

import { number, text } from "./attributes.js";
import { activation } from "./relu.js";

const plain = (f: (x: number) => number, derivative: (x: number) => number) =>
  activation(() => ({ f, derivative }));

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sech2 = (x: number) => 1 - Math.tanh(x) ** 2;

/** 2/√π ∫ e^−t² from 0 to x, by its power series. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function round(x: number): number {
  const near = Math.round(x);
  return Math.abs(x % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

const zero = () => 0;

export const Abs = plain(Math.abs, Math.sign);
export const Acos = plain(Math.acos, (x) => -1 / Math.sqrt(1 - x * x));
export const Acosh = plain(Math.acosh, (x) => 1 / Math.sqrt(x * x - 1));
export const Asin = plain(Math.asin, (x) => 1 / Math.sqrt(1 - x * x));
export const Asinh = plain(Math.asinh, (x) => 1 / Math.sqrt(x * x + 1));
export const Atan = plain(Math.atan, (x) => 1 / (1 + x * x));
export const Atanh = plain(Math.atanh, (x) => 1 / (1 - x * x));
export const Ceil = plain(Math.ceil, zero);
export const Cos = plain(Math.cos, (x) => -Math.sin(x));
export const Cosh = plain(Math.cosh, Math.sinh);
export const Erf = plain(erf, (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x));
export const Exp = plain(Math.exp, Math.exp);
export const Floor = plain(Math.floor, zero);
/** x, whatever it was called for; outside of training, Dropout is one of these. */
export const Identity = plain(
  (x) => x,
  () => 1,
);
export const Log = plain(Math.log, (x) => 1 / x);
export const Reciprocal = plain(
  (x) => 1 / x,
  (x) => -1 / x ** 2,
);
export const Round = plain(round, zero);
export const Sigmoid = plain(sigmoid, (x) => sigmoid(x) * sigmoid(-x));
export const Sign = plain(Math.sign, zero);
export const Sin = plain(Math.sin, Math.cos);
export const Sinh = plain(Math.sinh, Math.cosh);
export const Softplus = plain(softplus, sigmoid);
export const Softsign = plain(
  (x) => x / (1 + Math.abs(x)),
  (x) => 1 / (1 + Math.abs(x)) ** 2,
);
export const Sqrt = plain(Math.sqrt, (x) => (x > 0 ? 0.5 / Math.sqrt(x) : 0));
export const Tan = plain(Math.tan, (x) => 1 + Math.tan(x) ** 2);
export const Tanh = plain(Math.tanh, sech2);

/** x where positive, α (e^(x/α) − 1) elsewhere. */
export const Celu = activation(({ node }) => {
  const alpha = number(node, "alpha", 1);
  return {
    f: (x) => (x > 0 ? x : alpha * Math.expm1(x / alpha)),
    derivative: (x) => (x > 0 ? 1 : Math.exp(x / alpha)),
  };
});

/** x where positive, α (e^x − 1) elsewhere. */
export const Elu = activation(({ node }) => {
  const alpha = number(node, "alpha", 1);
  return {
    f: (x) => (x > 0 ? x : alpha * Math.expm1(x)),
    derivative: (x) => (x > 0 ? 1 : alpha * Math.exp(x)),
  };
});

/** γ times Elu. */
export const Selu = activation(({ node }) => {
  const alpha = number(node, "alpha", 1.6732631921768188);
  const gamma = number(node, "gamma", 1.0507010221481323);
  return {
    f: (x) => gamma * (x > 0 ? x : alpha * Math.expm1(x)),
    derivative: (x) => gamma * (x > 0 ? 1 : alpha * Math.exp(x)),
  };
});

/** x times the normal distribution, or nearly (Hendrycks & Gimpel 2016). */
export const Gelu = activation(({ node }) => {
  if (text(node, "approximate", "none") === "none") {
    const area = (x: number) => (1 + erf(x / Math.SQRT2)) / 2;
    const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    return { f: (x) => x * area(x), derivative: (x) => area(x) + x * density(x) };
  }
  const k = Math.sqrt(2 / Math.PI);
  const u = (x: number) => k * (x + 0.044715 * x ** 3);
  return {
    f: (x) => (x / 2) * (1 + Math.tanh(u(x))),
    derivative: (x) =>
      (1 + Math.tanh(u(x))) / 2 + (x / 2) * sech2(u(x)) * k * (1 + 3 * 0.044715 * x ** 2),
  };
});

/** α x + β within 0 … 1. */
export const HardSigmoid = activation(({ node }) => {
  const [alpha, beta] = [number(node, "alpha", 0.2), number(node, "beta", 0.5)];
  const line = (x: number) => alpha * x + beta;
  return {
    f: (x) => Math.min(Math.max(line(x), 0), 1),
    derivative: (x) => (line(x) > 0 && line(x) < 1 ? alpha : 0),
  };
});

/** x times (x/6 + 1/2 within 0 … 1). */
export const HardSwish = plain(
  (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
  (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5),
);

/** x tanh(ln(1 + e^x)) (Misra 2019). */
export const Mish = plain(
  (x) => x * Math.tanh(softplus(x)),
  (x) => Math.tanh(softplus(x)) + x * sech2(softplus(x)) * sigmoid(x),
);
export const Neg = plain(
  (x) => -x,
  () => -1,
);

/** 0 from −λ to λ, beyond that x moved by β toward 0. */
export const Shrink = activation(({ node }) => {
  const [lambda, bias] = [number(node, "lambd", 0.5), number(node, "bias", 0)];
  return {
    f: (x) => (x < -lambda ? x + bias : x > lambda ? x - bias : 0),
    derivative: (x) => (Math.abs(x) > lambda ? 1 : 0),
  };
});

/** x σ(α x). */
export const Swish = activation(({ node }) => {
  const alpha = number(node, "alpha", 1);
  return {
    f: (x) => x * sigmoid(alpha * x),
    derivative: (x) => sigmoid(alpha * x) * (1 + alpha * x * sigmoid(-alpha * x)),
  };
});

/** x above α, 0 elsewhere. */
export const ThresholdedRelu = activation(({ node }) => {
  const alpha = number(node, "alpha", 1);
  return { f: (x) => (x > alpha ? x : 0), derivative: (x) => (x > alpha ? 1 : 0) };
});
