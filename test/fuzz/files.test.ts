// Damaged files: each ends in a model or in one sentence. How soon, `npm run fuzz` sees.

import * as assert from "uvu/assert";
import { decodeModel } from "../../src/onnx/decode.js";
import { smallNetwork } from "../models/tiny.js";
import { suite } from "../support/harness.js";
import { damaged, randomBelow } from "./mutate.js";

const test = suite("fuzz/files");

test("ends in a model or in one sentence for each of 2000 damaged files", () => {
  const below = randomBelow(1);
  const files = (["raw", "typed", "unpacked"] as const).map((how) => smallNetwork(how).bytes());
  let decoded = 0;
  for (let i = 0; i < 2000; i++) {
    const bytes = damaged(files[i % 3] as Uint8Array, below);
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
  }
  assert.ok(decoded > 200 && decoded < 1800, `${decoded} were readable`);
});

test.run();
