// Rounding to half precision, against the definition: the nearest of all halves, of two equally near the even one.

import * as assert from "uvu/assert";
import { complete } from "../../src/gpu/slices.js";
import { halfValue, unpackStored } from "../../src/tensor/half.js";
import { halfBits, packHalves } from "../../src/tensor/rounding.js";
import { randn, suite } from "../support/harness.js";

const test = suite("half");

test("every half is itself", () => {
  for (let bits = 0; bits < 0x7c00; bits++) {
    assert.is(halfBits(halfValue(bits)), bits);
    assert.is(halfBits(halfValue(bits | 0x8000)), bits | 0x8000);
  }
});

test("what lies between two goes to the nearer, and from the middle to the even one", () => {
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [low, high] = [halfValue(bits), halfValue(bits + 1)];
    const middle = (low + high) / 2;
    assert.is(halfBits(middle), bits + (bits & 1));
    assert.is(halfBits(-middle), 0x8000 | (bits + (bits & 1)));
    const near = (high - low) * 2 ** -10;
    assert.is(halfBits(middle - near), bits);
    assert.is(halfBits(middle + near), bits + 1);
  }
});

test("what is too large becomes the largest, and NaN stays", () => {
  for (const value of [65504, 65519, 65520, 1e30, Number.POSITIVE_INFINITY]) {
    assert.is(halfValue(halfBits(value)), 65504);
    assert.is(halfValue(halfBits(-value)), -65504);
  }
  assert.ok(Number.isNaN(halfValue(halfBits(Number.NaN))));
});

test("tensors are packed two to a word", () => {
  const values = randn(1000, 3);
  const rounded = Float32Array.from(values, (v) => halfValue(halfBits(v)));
  const packed = complete(packHalves(values));
  assert.equal(packed.length, 500);
  assert.equal(unpackStored(packed.buffer as ArrayBuffer, "half"), rounded);
  assert.equal(unpackStored(values.buffer, "single"), values);
});

test.run();
