// The page's words: English and Korean have the same keys, every key of index.html is in the tables, and what stands in
// index.html, for the first moment and for readers without JavaScript, is the English of the table.

import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { en } from "../../demo/words/en.js";
import { ko } from "../../demo/words/ko.js";
import { methods } from "../../src/methods.js";
import { suite } from "../harness.js";

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

test("Korean says everything that English says", () => {
  assert.equal(paths(ko), paths(en));
  for (const text of [...texts(en), ...texts(ko)]) assert.ok(text.trim().length > 0);
});

test("Korean is not English", () => {
  const same = texts(en.page).filter((text) => texts(ko.page).includes(text));
  assert.equal(same, []);
});

test("every method has a name and two honest sentences in both", () => {
  for (const { methods: names, about } of [en, ko]) {
    assert.equal(Object.keys(names), Object.keys(methods));
    assert.equal(Object.keys(about), Object.keys(methods));
  }
});

test("index.html has the English words, by their keys", async () => {
  const html = await readFile("demo/index.html", "utf8");
  const page: Readonly<Record<string, string>> = en.page;
  const used = new Set(["title"]);
  const plain = (text: string) => text.replaceAll(/\s+/g, " ").trim();
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

test.run();
