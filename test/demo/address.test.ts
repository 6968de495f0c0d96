// The address of the page as words: what is written there is read there, and whatever else stands in it comes back.

import * as assert from "uvu/assert";
import { readAddress, type Setting, writeAddress } from "../../demo/controls/address.js";
import type { Stroke } from "../../demo/image/glyphs.js";
import { strokesFromWord, strokesToWord } from "../../demo/image/pad.js";
import { drawsOf } from "../random-graphs/draws.js";
import { suite } from "../support/harness.js";

const test = suite("demo/address");

const CASES = 300;

/** Words that an address must not mistake for its own signs. */
const WORDS = [
  "0",
  "15",
  "-0.5",
  "1e-6",
  "true",
  "10, 20 30",
  "a=b&c#d",
  "100 %",
  "+",
  "é",
  "노이즈",
];

/** Settings that begin at their first word; what the second may be depends on the first. */
function settingsOf(values: Map<string, string>): Setting[] {
  const others = ["b", "name with blanks", "x&y=z"];
  const list = (name: string, all: () => readonly string[]): Setting => ({
    name,
    word: () => (values.get(name) === all()[0] ? undefined : values.get(name)),
    take(word) {
      if (!all().includes(word)) return false;
      values.set(name, word);
      if (name === "scale") values.set("level", levels()[0]!);
      return true;
    },
  });
  const levels = () => (values.get("scale") === WORDS[1] ? WORDS.slice(3) : WORDS.slice(0, 3));
  const all = [list("scale", () => WORDS.slice(0, 2)), list("level", levels)];
  all.push(...others.map((name) => list(name, () => WORDS)));
  for (const { name } of all) values.set(name, WORDS[0]!);
  return all;
}

test("settings, address, settings: nothing has changed", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const { draw } = drawsOf(seed);
    const set = new Map<string, string>();
    const settings = settingsOf(set);
    for (const { take } of settings) take(WORDS[draw(WORDS.length)]!);
    const hash = writeAddress(settings);
    const opened = new Map<string, string>();
    const anew = settingsOf(opened);
    assert.equal(readAddress(hash, anew), [], hash);
    assert.equal(opened, set, hash);
    assert.is(writeAddress(anew), hash);
  }
});

test("what is as the page begins is not written", () => {
  assert.is(writeAddress(settingsOf(new Map())), "");
});

test("what no setting knows or can be comes back, and changes nothing", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const { draw } = drawsOf(seed, 1);
    const values = new Map<string, string>();
    const settings = settingsOf(values);
    for (const { take } of settings) take(WORDS[draw(WORDS.length)]!);
    const before = new Map(values);
    const words = new URLSearchParams(writeAddress(settings));
    const { name } = settings[draw(settings.length)]!;
    words.set(name, "banana");
    words.set("unknown", "1");
    const foreign = readAddress(String(words), settings);
    assert.equal(foreign.sort(), [`${name}=banana`, "unknown=1"].sort());
    // A scale that is taken begins at its own level.
    if (name !== "level") assert.equal(values, before);
  }
});

test("a long word comes back shortened", () => {
  const [word = ""] = readAddress(`unknown=${"long ".repeat(50)}`, []);
  assert.is(word.length, 40);
  assert.match(word, /^unknown=long .*…$/);
});

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
