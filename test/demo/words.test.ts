// The page's words: English and Korean have the same keys, every key of a page is in its tables, and what stands in
// the page, for the first moment and for readers without JavaScript, is the English of the table.

import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { languages } from "../../demo/train/words.js";
import { en } from "../../demo/words/en.js";
import { ko } from "../../demo/words/ko.js";
import { warningInKorean } from "../../demo/words/ko-warnings.js";
import { type ValueFacts, warningsOf } from "../../src/explain/warnings.js";
import type { ResolvedPreprocess } from "../../src/image/preprocess.js";
import { methods } from "../../src/methods/methods.js";
import { assumptions } from "../../src/model/assumed.js";
import { presets } from "../../src/options/preprocess.js";
import { suite } from "../support/harness.js";

const test = suite("demo/words");

/** The paths of all words of a table, and what kind of word each is. */
function paths(table: object, prefix = ""): string[] {
  return Object.entries(table).flatMap(([key, value]) =>
    typeof value === "object"
      ? paths(value, `${prefix}${key}.`)
      : [`${prefix}${key}: ${typeof value}(${typeof value === "function" ? value.length : ""})`],
  );
}

/** All words of a table that are texts. */
const texts = (table: object): string[] =>
  Object.values(table).flatMap((value) =>
    typeof value === "string" ? [value] : typeof value === "object" ? texts(value) : [],
  );

const training = { en: languages.en!, ko: languages.ko! };

for (const [page, { en: english, ko: korean }] of Object.entries({ index: { en, ko }, training })) {
  test(`${page}: Korean says everything that English says`, () => {
    assert.equal(paths(korean), paths(english));
    for (const text of [...texts(english), ...texts(korean)]) assert.ok(text.trim().length > 0);
  });

  test(`${page}: Korean is not English`, () => {
    const same = texts(english.page).filter((text) => texts(korean.page).includes(text));
    assert.equal(same, []);
  });
}

test("every method has a name and two honest sentences in both", () => {
  for (const { methods: names, about } of [en, ko]) {
    assert.equal(Object.keys(names), Object.keys(methods));
    assert.equal(Object.keys(about), Object.keys(methods));
  }
});

test("a number and its percent sign stay on one line", async () => {
  for (const file of ["words/en.ts", "words/ko.ts", "train/words.ts", "index.html", "train.html"]) {
    const text = await readFile(`demo/${file}`, "utf8");
    assert.equal(text.match(/.{0,20}[\d}] %/g) ?? [], [], file);
  }
  const first = { label: "mosquito net", probability: 0.003 };
  const [warning = ""] = warningsOf({ model: [], first, competing: 1000 });
  assert.match(warning, "0.3 %");
  for (const { says } of [en, ko]) assert.match(says.warning(warning), "0.3\u00a0%");
});

test("what the library says of a map's values has its Korean", () => {
  const target = { label: "macaw", logit: 1, probability: 1 };
  const zero = { standardError: 0, norm: 0, largest: 0 };
  const made = { estimator: "mean", precision: "single", made: "gradient", samples: 9 } as const;
  const facts: ValueFacts = { size: zero, ...made, target, of: "logit", flat: [] };
  const sized = (largest: number, norm = largest) => ({ size: { ...zero, norm, largest } });
  const cases: Partial<ValueFacts>[] = [
    {},
    { samples: 1 },
    { made: "path" },
    { made: "occlusion" },
    { made: "activation" },
    { flat: ["gate (Sign)"] },
    { kept: "Softmax" },
    { of: "probability" },
    sized(1, 0),
    { ...sized(1, 0), estimator: "variance" },
    sized(1, Number.NaN),
    { ...sized(1e-25), estimator: "squared" },
    sized(1e-36),
  ];
  for (const each of cases) {
    const [sentence = "", ...others] = warningsOf({ model: [], values: { ...facts, ...each } });
    assert.equal(others, []);
    assert.not.match(warningInKorean(sentence), /^$|[a-z]+ [a-z]+ [a-z]+/, sentence);
  }
});

test("every warning of a map has its Korean, with its names and numbers", () => {
  const counts = { channels: 3, classes: 1000 };
  const { imagenet, tf } = presets;
  const guesses: ResolvedPreprocess[] = [
    { ...imagenet, from: "channels" },
    { ...tf, from: "axes" },
    { ...tf, from: "classes" },
    { mean: 0.25, from: "channels" },
  ];
  const first = { label: "mosquito net", probability: 0.003 };
  const all = [
    ...guesses.flatMap((preprocess) =>
      assumptions({ preprocess, labelsFrom: "imagenet", ...counts }),
    ),
    ...warningsOf({ model: [], first, competing: 1000 }),
  ];
  assert.is(all.length, 9);
  for (const warning of all) {
    const korean = ko.says.warning(warning);
    assert.not.match(korean, /undefined|\b(guessed|from|the)\b/);
    assert.match(korean, /[가-힣]/, warning);
    const english = en.says.warning(warning);
    // What a page cannot do is not its way out.
    assert.not.match(english, /Give /);
    for (const [fact] of warning.matchAll(/\d[\d.]*(?!\.)\b|mosquito net|(?<=: )(imagenet|tf)/g)) {
      assert.ok(korean.includes(fact), `${korean} lacks ${fact}`);
      assert.ok(english.includes(fact), `${english} lacks ${fact}`);
    }
  }
});

for (const [file, words] of [
  ["index.html", en.page],
  ["train.html", training.en.page],
] as const) {
  test(`${file} has the English words, by their keys`, async () => {
    const html = await readFile(`demo/${file}`, "utf8");
    const page: Readonly<Record<string, string>> = words;
    const used = new Set(["title"]);
    const plain = (text: string) =>
      text
        .replaceAll("&nbsp;", "\u00a0")
        .replaceAll(/[ \n]+/g, " ")
        .trim();
    assert.match(plain(html), `<title>${page.title}</title>`);
    for (const [, key, text] of html.matchAll(/data-says="(\w+)"[^<>]*>([^<]*)</g)) {
      assert.is(plain(text!), page[key!], key);
      used.add(key!);
    }
    for (const [tag, key] of html.matchAll(/<[^<>]*data-label="(\w+)"[^<>]*>/g)) {
      const [, label] = /aria-label="([^"]*)"/.exec(tag) ?? [];
      assert.is(plain(label ?? ""), page[key!], key);
      used.add(key!);
    }
    assert.equal(
      Object.keys(page).filter((key) => !used.has(key)),
      [],
    );
  });
}

test.run();
