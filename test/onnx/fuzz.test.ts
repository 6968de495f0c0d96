// Damaged files: each ends in a model or in one sentence, soon.

import * as assert from "uvu/assert";
import { decodeModel } from "../../src/onnx.js";
import { suite } from "../harness.js";
import { smallNetwork } from "../models/tiny.js";

const test = suite("onnx/fuzz");

/** The bytes after one random damage. */
function damaged(bytes: Uint8Array, below: (n: number) => number): Uint8Array {
  const copy = bytes.slice();
  const at = below(copy.length);
  switch (below(5)) {
    case 0:
      for (let i = below(8); i >= 0; i--) copy[below(copy.length)]! ^= 1 << below(8);
      return copy;
    case 1:
      return copy.subarray(0, at);
    case 2:
      return copy.fill([0, 0x7f, 0x80, 0xff][below(4)] as number, at, at + 1 + below(12));
    case 3:
      return copy.copyWithin(at, below(copy.length), below(copy.length));
    default:
      return Uint8Array.of(...copy.subarray(0, at), ...copy.subarray(at + below(20)));
  }
}

test("ends in a model or in one sentence for each of 2000 damaged files", () => {
  let state = 1;
  const below = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const files = (["raw", "typed", "unpacked"] as const).map((how) => smallNetwork(how).bytes());
  const start = performance.now();
  let decoded = 0;
  for (let i = 0; i < 2000; i++) {
    const bytes = damaged(files[i % 3] as Uint8Array, below);
    const began = performance.now();
    try {
      for (const { shape, data } of decodeModel(bytes).constants.values()) {
        assert.is(
          data.length,
          shape.reduce((a, b) => a * b, 1),
        );
      }
      decoded++;
    } catch (error) {
      assert.is((error as Error).constructor, Error, `${error}`);
      assert.match((error as Error).message, /^\S.{8,}\S$/s);
    }
    assert.ok(performance.now() - began < 5000, `file ${i} took too long`);
  }
  assert.ok(decoded > 200 && decoded < 1800, `${decoded} were readable`);
  assert.ok(performance.now() - start < 60_000);
});

test.run();
