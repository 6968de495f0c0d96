// The address of the page as words: what is written there is read there.

import * as assert from "uvu/assert";
import type { Stroke } from "../../demo/image/glyphs.js";
import { strokesFromWord, strokesToWord } from "../../demo/image/pad.js";
import { suite } from "../harness.js";
import { drawsOf } from "../random-graphs/draws.js";

const test = suite("demo/address");

const CASES = 300;

test("strokes are the same after their word", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const { draw } = drawsOf(seed, 2);
    const strokes: Stroke[] = Array.from({ length: 1 + draw(4) }, () =>
      Array.from({ length: 1 + draw(seed % 10 === 0 ? 255 : 9) }, () => [
        draw(256) / 255,
        draw(256) / 255,
      ]),
    );
    const word = strokesToWord(strokes);
    assert.equal(strokesFromWord(word), strokes);
    assert.match(word, /^[\w-]+$/);
    assert.equal(strokesFromWord(word.slice(0, -2)), [], `half of ${word}`);
  }
  for (const word of ["", "AA", "banana", "%%%", "노이즈"]) assert.equal(strokesFromWord(word), []);
});

test.run();
