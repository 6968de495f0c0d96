// Options that a method does not read are refused, in one sentence; every program to imitate is read by its method.

import { equal, throws } from "uvu/assert";
import { parity } from "../../src/explain/parity.js";
import { settle } from "../../src/explain/settings.js";
import { type MethodOption, methods } from "../../src/methods/methods.js";
import { optionsOf } from "../../src/methods/reads.js";
import type { SamplingOptions } from "../../src/options/sampling.js";
import { suite } from "../support/harness.js";

const test = suite("settings");

const refused: [SamplingOptions, RegExp][] = [
  [{ steps: 20 }, /^gradient has no option "steps"; it is for integrated-gradients, blur-ig$/],
  [
    { quadrature: "riemann" },
    /^gradient has no option "quadrature"; it is for integrated-gradients, blur-ig$/,
  ],
  [
    { method: "input-x-gradient", baseline: "black" },
    /^input-x-gradient has no option "baseline"; it is for integrated-gradients, expected-gradients, deeplift/,
  ],
  [{ method: "expected-gradients", steps: 9 }, /^expected-gradients has no option "steps"/],
  [
    { method: "lrp", layer: "conv5" },
    /^lrp has no option "layer"; it is for grad-cam, guided-grad-cam, hirescam/,
  ],
  [
    { method: "lrp", box: { low: [0], high: [1] } },
    /^lrp has no option "box"; it is for lrp-z-box, /,
  ],
  [{ epsilon: 1 }, /^gradient has no option "epsilon"; it is for lrp, lrp-w-square, /],
  [
    { method: "lrp", gamma: 1 },
    /^lrp has no option "gamma"; it is for lrp-gamma, lrp-epsilon-gamma-box$/,
  ],
  [
    { method: "lrp-gamma", alpha: 2 },
    /^lrp-gamma has no option "alpha"; it is for lrp-alpha-beta, /,
  ],
  [{ method: "lrp-gamma", epsilon: 1 }, /^lrp-gamma has no option "epsilon"/],
  [{ method: "lrp-alpha-beta", alpha: 2, beta: 2 }, /^alpha − beta must be 1, got 2 − 2$/],
  [{ method: "lrp-alpha-beta", alpha: 0.5 }, /^alpha must be a number from 1 to /],
  [{ method: "lrp", epsilon: 0 }, /^epsilon must be a number from 1e-12 to /],
  [{ method: "integrated-gradients", quadrature: "random", steps: 9 }, /it has no "steps"$/],
];

for (const [options, message] of refused) {
  const { method = "gradient", ...others } = options;
  test(`${method} refuses ${JSON.stringify(others)}`, () => throws(() => settle(options), message));
}

test("what is read is taken", () => {
  settle({ method: "deeplift", baseline: "blur" });
  settle({ method: "integrated-gradients", baseline: "noise", steps: 20, quadrature: "trapezoid" });
  settle({ method: "lrp-epsilon-gamma-box", box: { low: [0], high: [1] } });
  settle({ method: "hirescam", layer: "conv5" });
  for (const { map } of Object.values(parity)) settle(map);
});

// Each option with a value that it may have.
const GIVEN = {
  baseline: { baseline: "black" },
  steps: { steps: 3 },
  quadrature: { quadrature: "trapezoid" },
  maxSigma: { maxSigma: 2 },
  window: { window: 4 },
  stride: { stride: 2 },
  layer: { layer: "conv" },
  box: { box: { low: [0], high: [1] } },
  epsilon: { epsilon: 0.1 },
  gamma: { gamma: 0.1 },
  alpha: { alpha: 3 },
  beta: { beta: 2 },
  of: { of: "probability" },
  estimator: { estimator: "variance" },
  stop: { stop: { standardError: 0.1 } },
  weightNoise: { weightNoise: 0.1 },
  weightSamples: { weightNoise: 0.1, weightSamples: 5 },
} as const satisfies Record<MethodOption, SamplingOptions>;

test("the options that a method is said to read are taken, and no others", () => {
  for (const method of Object.keys(methods)) {
    const isTaken = (option: MethodOption) => {
      try {
        settle({ method, ...GIVEN[option] });
        return true;
      } catch {
        return false;
      }
    };
    const options = Object.keys(GIVEN) as MethodOption[];
    equal(options.filter(isTaken).sort(), [...optionsOf(method)].sort(), method);
  }
  throws(() => optionsOf("magic"), /^"magic" is not a method; there are: gradient, /);
});

test.run();
