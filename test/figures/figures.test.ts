// The numbers of figures 8 and 9, on maps whose numbers are known.

import * as assert from "uvu/assert";
import { close, suite } from "../support/harness.js";
import { gini, roughness, scores, totalVariation } from "./numbers.js";

const test = suite("figures");

test("Gini: 0 where all are alike, 1 − 1/n where one has it all, whatever the scale", () => {
  close([gini(new Float32Array(10).fill(3))], [0], { atol: 1e-12 });
  close([gini(Float32Array.of(0, 0, 5, 0))], [0.75]);
  close([gini(Float32Array.of(1, 3))], [gini(Float32Array.of(30, 10))]);
  close([gini(Float32Array.of(1, 3))], [0.25]);
  assert.is(gini(new Float32Array(4)), 0);
});

test("total variation: between neighbors in rows and columns, not from a row's end to the next", () => {
  close([totalVariation(new Float32Array(6).fill(2), 3)], [0]);
  close([totalVariation(Float32Array.of(0, 0, 1, 0, 0, 0), 3)], [2]);
  close([totalVariation(Float32Array.of(0, 4, 0, 0, 0, 0, 0, 0, 0), 3)], [3]);
});

test("roughness: the way of the maps next to their length", () => {
  const steady = Float32Array.of(3, 4);
  close([roughness([steady, steady, steady])], [0]);
  close([roughness([steady, steady.map((v) => -v), steady])], [4]);
});

test("the score of a pixel is the sum of its channels' absolute values", () => {
  close(scores(Float32Array.of(1, -2, -3, 4), 2), [4, 6]);
});

test.run();
