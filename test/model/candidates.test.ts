// How sure a network is, whatever the size of the numbers it was fed.

import * as assert from "uvu/assert";
import { mayBeWrong, surenessOf } from "../../src/model/candidates.js";
import { close, randn, suite } from "../support/harness.js";

const test = suite("candidates");

/** Logits of a thousand classes of this standard deviation, one of which lies so far above them. */
function logits(deviation: number, height: number): Float32Array {
  const z = randn(1000, 3).map((v) => v * deviation);
  z[7] = Math.max(...z) + height;
  return z;
}

test("logits no further apart than usual are taken as they are", () => {
  const z = logits(1, 6);
  const powers = Array.from(z, (v) => Math.exp(v - Math.max(...z)));
  close([surenessOf(z)], [1 / powers.reduce((a, b) => a + b, 0)]);
  close([surenessOf(new Float32Array(1000))], [1 / 1000]);
});

test("a network that shouts is not surer for it", () => {
  const right = surenessOf(logits(2, 12));
  assert.ok(right > 0.9, `${right}`);
  // As of colors from 0 to 255 in the place of such from -2 to 2: the probability is 1.
  const shouted = surenessOf(logits(200, 40));
  assert.ok(shouted < 0.3, `${shouted}`);
});

test("of one logit there is nothing to compare", () => {
  assert.is(surenessOf(Float32Array.of(-3)), 1);
  assert.not(mayBeWrong(Float32Array.of(-3)));
  assert.ok(mayBeWrong(logits(0.2, 0.1)));
  assert.not(mayBeWrong(logits(2, 12)));
});

test.run();
