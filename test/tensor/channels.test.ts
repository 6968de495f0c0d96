// Packing channels in fours and back, and the place of one element.

import * as assert from "uvu/assert";
import { packChannels, unpackChannels } from "../../src/tensor/channels.js";
import { close, randn, suite } from "../support/harness.js";

const test = suite("channels");

test("packing and unpacking give back what was there", () => {
  for (const channels of [1, 3, 4, 5, 9]) {
    for (const positions of [1, 35]) {
      const data = randn(channels * positions);
      close(unpackChannels(packChannels(data, channels), channels), data, { rtol: 0, atol: 0 });
    }
  }
});

test("element (c, p) is lane c % 4 of vec4 (c / 4 | 0) · P + p, and padding is 0", () => {
  const data = Float32Array.from({ length: 5 * 6 }, (_, i) => i + 1);
  const packed = packChannels(data, 5);
  assert.is(packed.length, 2 * 6 * 4);
  assert.is(packed[(0 * 6 + 2) * 4 + 3], data[3 * 6 + 2]);
  assert.is(packed[(1 * 6 + 2) * 4], data[4 * 6 + 2]);
  assert.is(packed[(1 * 6 + 2) * 4 + 1], 0);
});

test("values that channels cannot share are refused", () => {
  assert.throws(() => packChannels([1, 2, 3, 4], 3), /4 values cannot be shared by 3 channels/);
});

test.run();
