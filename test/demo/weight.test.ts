// What the page weighs when it is opened, as a server would send it.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import * as assert from "uvu/assert";
import { suite } from "../support/harness.js";

const test = suite("demo/weight");

const BUDGET = 150_000;

test("the page weighs at most 150 kB gzipped, without models", async () => {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-weight-"));
  const { buildDemo } = await import(pathToFileURL(resolve("build.mjs")).href);
  await buildDemo(folder);
  // As of the library, what counts is what is loaded in any case; a method that is rare brings its part when it is chosen.
  const scripts = await Promise.all(
    ["main.js", "worker.js"].map((name) => readFile(join(folder, name), "utf8")),
  );
  const parts = new Set(
    scripts.flatMap((text) =>
      [...text.matchAll(/from"\.\/(parts\/[^"]+)"/g)].map(([, part]) => part!),
    ),
  );
  const own = ["index.html", "style.css", "main.js", "worker.js", "icon.svg", "files.json"];
  const files = [...own, ...parts];
  let weight = 0;
  for (const file of files) weight += gzipSync(await readFile(join(folder, file))).length;
  await rm(folder, { recursive: true });
  assert.ok(parts.size > 0, "the library is counted");
  assert.ok(weight <= BUDGET, `it weighs ${weight} bytes`);
});

test.run();
