// The toy network of the demo's first figure: what the page shows as computed must be true.

import * as assert from "uvu/assert";
import { gradient, makeToy, normals, score, smoothed } from "../../demo/figures/toy.js";
import { close, suite } from "../support/harness.js";

const test = suite("demo/toy");

const toy = makeToy();
const places = Array.from({ length: 50 }, (_, i) => (i + 0.37) / 50);

test("the gradient is the score's, by central differences", () => {
  const h = 1e-8;
  for (const x of places) {
    const difference = (score(toy, x + h) - score(toy, x - h)) / (2 * h);
    close([gradient(toy, x)], [difference], { rtol: 1e-5, atol: 1e-5 });
  }
});

test("the score has no gaps", () => {
  for (const [k, knot] of toy.knots.entries()) {
    if (k === 0) continue;
    close([score(toy, knot - 1e-12)], [score(toy, knot)], { rtol: 0, atol: 1e-10 });
  }
});

test("no noise leaves the gradient as it is", () => {
  for (const x of places) {
    assert.equal(smoothed(toy, x, [0, 0, 0]), { mean: gradient(toy, x), error: 0 });
  }
});

test("the standard error falls with the samples and covers the limit", () => {
  const normal = normals(3);
  const shifts = Array.from({ length: 20_000 }, () => 0.15 * normal());
  const limit = smoothed(toy, 0.36, shifts).mean;
  const few = smoothed(toy, 0.36, shifts.slice(0, 50));
  const many = smoothed(toy, 0.36, shifts.slice(0, 5000));
  assert.ok(Math.abs(few.mean - limit) < 3 * few.error);
  assert.ok(Math.abs(many.mean - limit) < 3 * many.error);
  close([few.error / many.error], [10], { rtol: 0.3, atol: 0 });
  assert.is(smoothed(toy, 0.36, shifts.slice(0, 1)).error, Number.POSITIVE_INFINITY);
});

test.run();
