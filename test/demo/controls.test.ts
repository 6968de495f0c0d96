// The page's controls against the tables of options: each is an option's, offers only what fits it, and an option without a
// control is on a list that says why.

import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { drawing } from "../../src/options/drawing.js";
import type { Option } from "../../src/options/option.js";
import { sampling } from "../../src/options/sampling.js";
import { suite } from "../support/harness.js";

/** Options that the page has no control of, and what stands in its place. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  target: "the list of classes",
  versus: "against, with comparison",
  preprocess: "the preset and its numbers",
  ...{ batch: "pace", stepTime: "pace", stepsAt: "pace", submitTime: "pace", signal: "pace" },
  ...{ maxMemory: "the page's own limit", singleDispatch: "speed alone, and seconds to compile" },
  cleanLast: "for imitating zennit",
  box: "black and white are right for photos",
  overlay: "view",
  scale: "sharedScale",
  ...{ frame: "the page shows the crop", fit: "the page sizes its canvases", view: "fingers" },
  ...{ smooth: "pixels are to be seen", paletteGamma: "not offered yet" },
};

/** Controls that are no options. */
const OF_THE_PAGE = [
  ...["view", "against", "comparison", "sharedScale", "preprocess"],
  ...["scale", "mean", "std", "channels", "resize", "shortSide"],
];

const OPTIONS: Readonly<Record<string, Option>> = { ...drawing, ...sampling };

interface Control {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** What a select offers. */
  readonly values: readonly string[];
}

function controlsIn(html: string): Control[] {
  const inputs = html.matchAll(/<input\b([^>]*)>()/g);
  const selects = html.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/g);
  return [...inputs, ...selects].flatMap(([, head = "", inside = ""]) => {
    const attributes = Object.fromEntries(
      Array.from(head.matchAll(/([\w-]+)="([^"]*)"/g), ([, name, value]) => [name, value]),
    );
    const values = Array.from(inside.matchAll(/<option[^>]*?value="([^"]*)"/g), ([, v]) => v ?? "");
    return attributes.name ? [{ name: attributes.name, attributes, values }] : [];
  });
}

const test = suite("demo/controls");

const controls = controlsIn(await readFile("demo/index.html", "utf8"));
const ofOptions = controls.filter(({ name }) => !OF_THE_PAGE.includes(name));

test("every control is an option's", () => {
  assert.ok(ofOptions.length > 20);
  for (const { name } of ofOptions) assert.ok(name in OPTIONS, `there is no option ${name}`);
});

test("every option has a control, or a reason to have none", () => {
  const names = new Set(ofOptions.map(({ name }) => name));
  for (const name of Object.keys(OPTIONS)) {
    assert.is(names.has(name), !(name in ELSEWHERE), name);
  }
});

test("what a control offers fits its option", () => {
  for (const { name, attributes, values } of ofOptions) {
    const { fits, what } = OPTIONS[name] as Option;
    const factor = name === "opacity" ? 0.01 : Number(attributes["data-factor"] ?? 1);
    const ends = [attributes.min, attributes.max].flatMap((end) => end ?? []);
    for (const end of ends) assert.ok(fits(Number(end) * factor), `${name} ${end}: ${what}`);
    // "stop" is a number in the page and an object in the options; what is empty is the default.
    if (name === "stop") continue;
    for (const value of values.filter(Boolean)) {
      assert.ok(fits(value), `${name} "${value}": ${what}`);
    }
  }
});

test.run();
