// The rules that integrate over a path, on polynomials and on what is known of them.

import { throws } from "uvu/assert";
import { quantileOfSize } from "../../src/explain/quantile.js";
import { settle } from "../../src/explain/settings.js";
import { pathNodes } from "../../src/methods/quadrature.js";
import type { Quadrature } from "../../src/options/sampling.js";
import { close, suite } from "../support/harness.js";

const test = suite("paths");

const integral = (quadrature: Quadrature, steps: number, power: number) =>
  pathNodes(quadrature, steps).reduce((sum, [a, w]) => sum + w * a ** power, 0);

test("Gauss and Legendre integrate polynomials of degree 2n − 1 exactly", () => {
  for (const n of [1, 2, 3, 10, 50]) {
    for (let power = 0; power < 2 * n; power++) {
      close([integral("gauss-legendre", n, power)], [1 / (power + 1)], { rtol: 1e-12, atol: 0 });
    }
  }
  const [first] = pathNodes("gauss-legendre", 3) as [readonly [number, number]];
  close(first, [0.5 - Math.sqrt(0.15), 5 / 18], { rtol: 1e-14, atol: 0 });
});

test("trapezoids and middles add up to 1 and are exact for straight lines", () => {
  for (const quadrature of ["trapezoid", "riemann"] as const) {
    for (const steps of [2, 3, 50]) {
      close([integral(quadrature, steps, 0), integral(quadrature, steps, 1)], [1, 0.5], {
        rtol: 1e-14,
        atol: 0,
      });
    }
    close([integral(quadrature, 1000, 2)], [1 / 3], { rtol: 1e-6, atol: 0 });
  }
});

test("the quantile of |z| is the tables'", () => {
  close([0.6826894921, 0.95, 0.99].map(quantileOfSize), [1, 1.959963985, 2.575829304], {
    rtol: 1e-8,
    atol: 0,
  });
});

test("options that cannot be are refused with their values", () => {
  throws(() => settle({ samples: 5, antithetic: true }), /samples must be even, got 5/);
  throws(
    () => settle({ method: "integrated-gradients", baseline: ["black", "white"] }),
    /integrated-gradients starts from one baseline, got 2/,
  );
  throws(
    () => settle({ of: "margin" as "logit" }),
    /^of must be "logit", "probability" or "log-probability", got "margin"$/,
  );
  throws(
    () => settle({ method: "integrated-gradients", quadrature: "simpson" as "riemann" }),
    /^quadrature must be "gauss-legendre", "trapezoid", .* got "simpson"$/,
  );
  throws(() => settle({ noise: 1, noiseScale: "adaptive" }), /noise must be .* got 1/);
});

test.run();
