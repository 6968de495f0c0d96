// What kernels are told of a batch, word by word as run.wgsl lists them.

import * as assert from "uvu/assert";
import { ALONE_OFFSET, packBatch, packTarget, SCALAR } from "../../src/model/batch.js";
import { loadShaders, shader } from "../../src/shaders/registry.js";
import { suite } from "../support/harness.js";

await loadShaders();

const test = suite("batch");

const floatOf = (word: number) => new Float32Array(Uint32Array.of(word).buffer)[0];

test("every fact stands in the word that the shader reads", () => {
  const words = new Uint32Array(
    packBatch({
      ...{ samples: 1, first: 2, seed: 2 ** 32 - 1, stream: 4, noise: 0.5, scale: 6 },
      ...{ antithetic: true, points: 8, path: 9, baselines: 10, clean: 11, weightNoise: 0.25 },
      ...{ inputs: 13, group: 14, forwardOnly: true },
    }),
  );
  assert.equal([...words].toSpliced(4, 1).toSpliced(10, 1), [
    ...[1, 2, 2 ** 32 - 1, 4, 6, 1, 8, 9, 10, 11, 13, 14, 1, 0],
  ]);
  assert.equal([floatOf(words[4]!), floatOf(words[11]!)], [0.5, 0.25]);
});

test("what is not said is one pass of one sample without noise on the weights", () => {
  const words = new Uint32Array(packBatch({ samples: 3, first: 0, seed: 0, stream: 0, noise: 0 }));
  assert.equal([...words], [3, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0]);
});

test("a target's words are where the shaders look for them", () => {
  const text = shader("target") ?? "";
  const at = (name: string) => Number(text.match(new RegExp(`const ${name} ?= ?(\\d)u`))?.[1]);
  const words = packTarget({ index: 7, versus: 8, scalar: 1, alone: true });
  assert.equal(
    ["INDEX", "VERSUS", "SCALAR", "ALONE"].map((name) => words[at(name)]),
    [7, 8, 1, 1],
  );
  assert.is(ALONE_OFFSET, 4 * at("ALONE"));
  assert.is(SCALAR.logit, at("LOGIT"));
  assert.is(SCALAR.probability, at("PROBABILITY"));
});

test.run();
