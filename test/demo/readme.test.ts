// What the README says and a machine can check: the list of operators, and the code for pages, word for word in a
// page of its own.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as assert from "uvu/assert";
import { supported } from "../../src/graph/uncommon-files.js";
import { smallNetwork } from "../models/tiny.js";
import { openTab } from "../support/browser.js";
import { suite } from "../support/harness.js";
import { saysAndDraws } from "../support/says-and-draws.js";

const test = suite("readme");

const readme = () => readFile("README.md", "utf8");

test("names every operator, and no other", async () => {
  const [, models = ""] = (await readme()).split("\n## Models\n");
  const [, list = ""] = models.split("these operators:\n");
  const named = list.slice(0, list.indexOf(".\n")).split(",");
  const names = named.map((name) => name.trim());
  assert.equal(
    names,
    supported().map((op) => op.replace("com.microsoft::", "com.microsoft.")),
  );
});

test("its code for pages runs as it stands", async () => {
  const [, code = ""] = (await readme()).match(/```js\n([\s\S]*?)```/) ?? [];
  const { buildProgram } = await import(pathToFileURL(resolve("build.mjs")).href);
  await buildProgram();
  const html = `<!doctype html><meta charset="utf-8"><link rel="icon" href="/photo.svg">
    <script type="importmap">{ "imports": { "smoothgrad": "/index.js" } }</script>
    <img src="/photo.svg" width="64" height="64"><canvas></canvas>
    <script type="module" src="/readme.js"></script>`;
  const photo = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">
    <rect width="64" height="64" fill="teal"/><circle cx="32" cy="32" r="18" fill="orange"/></svg>`;
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-readme-"));
  const model = join(folder, "model.onnx");
  await writeFile(model, smallNetwork().bytes());
  const routes = new Map([
    ["/readme.html", { type: "text/html", body: html }],
    ["/readme.js", { type: "text/javascript", body: code }],
    ["/photo.svg", { type: "image/svg+xml", body: photo }],
    ["/model.onnx", { file: model }],
    ["/index.js", { file: resolve("dist/index.js") }],
    ["/parts/", { folder: resolve("dist/parts") }],
  ]);
  const { page, close } = await openTab(routes);
  try {
    await saysAndDraws(page, "/readme.html");
  } finally {
    await close();
    await rm(folder, { recursive: true });
  }
});

test.run();
