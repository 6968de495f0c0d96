// REFERENCE.md says what the tables say. After a change of them: REFERENCE=write npm test -- options/reference

import { readFile, writeFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { suite } from "../support/harness.js";
import { renderReference } from "./render-reference.js";

const test = suite("reference");

test("REFERENCE.md is what the tables of options and methods make of it", async () => {
  if (process.env.REFERENCE === "write") await writeFile("REFERENCE.md", renderReference());
  assert.is(await readFile("REFERENCE.md", "utf8"), renderReference());
});

test.run();
