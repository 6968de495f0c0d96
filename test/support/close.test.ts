// The comparison must be able to fail: a test that cannot is worth nothing.

import * as assert from "uvu/assert";
import { close, relativeL2, suite } from "./harness.js";

const test = suite("close");

test("accepts what is within the tolerances", () => {
  close([1, 2, 3], [1, 2, 3]);
  close([100.9], [100], { rtol: 0.01, atol: 0 });
  close([0.009], [0], { rtol: 0, atol: 0.01 });
  close([1.0199], [1], { rtol: 0.01, atol: 0.01 });
  close([Infinity, -Infinity], [Infinity, -Infinity]);
  close([], []);
});

test("rejects what is outside of them", () => {
  assert.throws(() => close([101.1], [100], { rtol: 0.01, atol: 0 }));
  assert.throws(() => close([0.011], [0], { rtol: 0, atol: 0.01 }));
  assert.throws(() => close([1.021], [1], { rtol: 0.01, atol: 0.01 }));
});

test("never accepts NaN or a misplaced infinity", () => {
  assert.throws(() => close([NaN], [0], { atol: 1e9 }));
  assert.throws(() => close([0], [NaN], { atol: 1e9 }));
  assert.throws(() => close([NaN], [NaN], { atol: 1e9 }));
  assert.throws(() => close([5], [Infinity], { rtol: 1 }));
  assert.throws(() => close([Infinity], [-Infinity], { rtol: 1 }));
  assert.throws(() => close([Infinity], [5], { rtol: 1 }));
});

test("never accepts another length", () => {
  assert.throws(() => close([1, 2], [1, 2, 3]), /Expected 3 numbers, got 2/);
  assert.throws(() => close([1, 2, 3], []), /Expected 0 numbers, got 3/);
});

test("names the worst index and shows its neighbours", () => {
  const expected = Float32Array.from({ length: 20 }, (_, i) => i);
  const actual = Float32Array.from(expected);
  actual[3] = 3.5;
  actual[12] = 7;
  let message = "";
  try {
    close(actual, expected);
  } catch (error) {
    message = (error as Error).message;
  }
  assert.match(message, /^2 of 20 numbers differ/);
  assert.match(message, /> \[12\] actual 7, expected 12/);
  assert.match(message, / {2}\[9\] actual 9, expected 9/);
  assert.match(message, / {2}\[15\] actual 15, expected 15/);
  assert.not.match(message, /\[16\]/);
});

test("measures the relative L2 error", () => {
  assert.is(relativeL2([3, 4], [3, 4]), 0);
  assert.is(relativeL2([6, 8], [3, 4]), 1);
  assert.is(relativeL2([3, 4], [0, 0]), 5);
  assert.throws(() => relativeL2([1], [1, 2]));
});

test.run();
