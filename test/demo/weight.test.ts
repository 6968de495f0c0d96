// What the page weighs, as a server would send it.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import * as assert from "uvu/assert";
import { suite } from "../harness.js";

const test = suite("demo/weight");

const BUDGET = 150_000;

test("the page weighs at most 150 kB gzipped, without models", async () => {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-weight-"));
  const { buildDemo } = await import(pathToFileURL(resolve("build.mjs")).href);
  await buildDemo(folder);
  const parts = (await readdir(join(folder, "parts"))).filter((name) => name.endsWith(".js"));
  const own = ["index.html", "style.css", "main.js", "worker.js", "icon.svg", "files.json"];
  const files = [...own, ...parts.map((name) => `parts/${name}`)];
  let weight = 0;
  for (const file of files) weight += gzipSync(await readFile(join(folder, file))).length;
  await rm(folder, { recursive: true });
  assert.ok(parts.length > 1, "the library's parts are counted");
  assert.ok(weight <= BUDGET, `it weighs ${weight} bytes`);
});

test.run();
