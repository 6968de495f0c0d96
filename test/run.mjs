// `npm test [-- pattern …]`: runs the `*.test.ts` in this process and the `*.gpu.test.ts` in one page of headless
// Chrome, and counts them together; a pattern is a part of a file's path. With `--runtime dawn` the latter run in
// Node, too, on Dawn (the package "webgpu"); what needs a page skips itself. The last line of the output is
// "N passed, N failed", with ", N skipped" where tests skipped themselves; their reasons stand above it.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { build } from "esbuild";
import { glob } from "tinyglobby";
import { buildProgram, forNode, forPage, librarySize, root } from "../build.mjs";

// A folder for each run, so that two at a time do not overwrite each other's bundles.
const BUNDLES = `dist/test/${process.pid}`;
// All that the tests and the programs they start write down for a while, browsers' folders among it.
const TEMPORARY = mkdtempSync(join(tmpdir(), "smoothgrad-test-"));
Object.assign(process.env, { TMPDIR: TEMPORARY, TEMP: TEMPORARY });
const DATA = resolve(root, process.env.SMOOTHGRAD_DATA ?? "../shared/data");

const total = { passed: 0, failed: 0, skipped: [], times: {} };

const plain = process.stdout.isTTY ? (text) => text : stripVTControlCharacters;

/** Counts something that is not a suite as one test: it fails where the action rejects. */
async function count(name, action) {
  try {
    const result = await action();
    total.passed++;
    console.log(` ${name}  ${result ?? "fine"}`);
  } catch (error) {
    total.failed++;
    console.log(` ${name}  FAILED: ${error.message}`);
  }
}

/** Adds what a bundle of suites came to. */
function add({ passed, failed, failures, skipped, times }) {
  for (const failure of failures) console.log(`\n${plain(failure)}`);
  total.passed += passed;
  total.failed += failed;
  total.skipped.push(...skipped);
  Object.assign(total.times, times);
}

function npmRun(script) {
  return new Promise((done, fail) => {
    const shell = process.platform === "win32";
    const child = spawn("npm", ["run", "--silent", script], { cwd: root, stdio: "inherit", shell });
    child.on("exit", (code) => (code === 0 ? done() : fail(new Error("its output is above"))));
  });
}

/** Finds a browser, or installs one, before two suites ask for it at once. */
async function requireBrowser() {
  const { findBrowser, loadPuppeteer } = await import(`../${BUNDLES}/find.js`);
  await findBrowser(await loadPuppeteer(), console.log);
}

/** Rejects where a process of a browser, or its folder, is left of this run. */
async function noBrowserIsLeft() {
  const { processesOf } = await import(`../${BUNDLES}/processes.js`);
  const processes = await processesOf(TEMPORARY);
  for (const { pid } of processes) process.kill(pid, "SIGKILL");
  const names = processes.map(({ pid, words }) => `${pid} ${words.slice(0, 80)}`);
  if (names.length > 0)
    throw new Error(`there were left, and are killed now:\n${names.join("\n")}`);
  const folders = (await readdir(TEMPORARY)).filter((name) => name.includes("chrome"));
  if (folders.length > 0) throw new Error(`left are ${folders.join(", ")}`);
}

async function bundle(options, files, outfile) {
  const imports = files.map((file) => `import "./${file}";\n`).join("");
  const contents = `${imports}export { runSuites } from "./test/drive.ts";`;
  // The package promises to have no side effects, but registering a test is one.
  await build({
    ...options,
    stdin: { contents, resolveDir: root, sourcefile: "tests.ts" },
    outfile,
    ignoreAnnotations: true,
  });
}

async function runInNode(files) {
  await bundle(forNode, files, `${BUNDLES}/node.js`);
  process.setSourceMapsEnabled(true);
  Object.assign(globalThis, { UVU_DEFER: 1, UVU_QUEUE: [[]] });
  const { runSuites } = await import(`../${BUNDLES}/node.js`);
  const read = (path) =>
    readFile(resolve(DATA, path)).catch((error) => {
      if (error.code !== "ENOENT") throw error;
    });
  add(await runSuites(read));
}

/** What there is in pages only, and the runtime that the tests load from the page's server. */
const OF_PAGES = /\b(ImageData|OffscreenCanvas|createImageBitmap)\b|\.pixels\(|onnxruntime/;

/** Runs the GPU tests in this process, on Dawn. */
async function runOnDawn(all) {
  const files = [];
  for (const file of all) {
    const needsPage = OF_PAGES.test(await readFile(file, "utf8"));
    if (needsPage) total.skipped.push(`${file}: needs a page`);
    else files.push(file);
  }
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const navigator = { gpu: create([]), userAgent: "Node" };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  await runInNode(files);
}

async function runInPage(files) {
  await bundle(forPage, files, `${BUNDLES}/page.js`);
  const { openPage } = await import(`../${BUNDLES}/chrome.js`);
  const folders = { "/tests/": BUNDLES, "/packages/": "node_modules", "/data/": DATA };
  const routes = Object.entries(folders).map(([path, folder]) => [
    path,
    { folder: resolve(root, folder) },
  ]);
  const { page, close } = await openPage(new Map(routes), { log: console.log });
  const pageErrors = [];
  page.on("pageerror", (error) => pageErrors.push(error.stack ?? String(error)));
  // The pieces that uvu prints end in a space or a newline of their own, and have colors.
  page.on("console", (message) => {
    if (message.text().startsWith("Failed to load resource")) return;
    const text = plain(message.text());
    const isPiece = /[ \n]$/.test(stripVTControlCharacters(text));
    process.stdout.write(isPiece ? text : `${text}\n`);
  });
  try {
    const summary = await page.evaluate(async () => {
      Object.assign(globalThis, { UVU_DEFER: 1, UVU_QUEUE: [[]] });
      const { runSuites } = await import("/tests/page.js");
      return runSuites(async (path) => {
        const response = await fetch(`/data/${path}`);
        return response.ok ? response.bytes() : undefined;
      });
    });
    const readable = await stackReader();
    add({ ...summary, failures: [...summary.failures, ...pageErrors].map(readable) });
    total.failed += pageErrors.length;
  } finally {
    await close();
  }
}

/** Turns the places of the page's bundle in a text into places of the sources. */
async function stackReader() {
  const file = resolve(root, BUNDLES, "page.js.map");
  const map = new SourceMap(JSON.parse(await readFile(file, "utf8")));
  return (text) =>
    text.replace(/http:[^\s()]*\/tests\/page\.js:(\d+):(\d+)/g, (place, line, column) => {
      const { originalSource, originalLine } = map.findEntry(line - 1, column - 1);
      if (!originalSource) return place;
      return `${relative(root, resolve(root, BUNDLES, originalSource))}:${originalLine + 1}`;
    });
}

function printSlowest() {
  const slow = Object.entries(total.times)
    .filter(([, time]) => time > 2000)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 8);
  if (slow.length > 0) console.log("\nThe slowest:");
  for (const [name, time] of slow) console.log(`  ${(time / 1000).toFixed(1)} s  ${name}`);
}

async function main(patterns, onDawn) {
  const isWanted = (file) =>
    patterns.length === 0 || patterns.some((pattern) => file.includes(pattern));
  const files = (await glob("test/**/*.test.ts", { cwd: root })).filter(isWanted).sort();
  const isGpu = (file) => file.endsWith(".gpu.test.ts");
  const programs = {
    chrome: "src/chrome/open.ts",
    find: "src/chrome/find.ts",
    processes: "test/processes.ts",
  };
  await build({ ...forNode, entryPoints: programs, outdir: BUNDLES });
  await requireBrowser();
  if (patterns.length === 0 || files.some((file) => file.includes("cli"))) {
    await count("build", buildProgram);
  }
  if (patterns.length === 0) {
    await count("size", librarySize);
    await count("check", () => npmRun("check"));
  }
  for (const [name, run, own] of [
    ["tests in Node", runInNode, files.filter((file) => !isGpu(file))],
    onDawn
      ? ["GPU tests on Dawn", runOnDawn, files.filter(isGpu)]
      : ["tests in the page", runInPage, files.filter(isGpu)],
  ]) {
    if (own.length === 0) continue;
    await run(own).catch((error) => {
      total.failed++;
      console.log(`\n${name} ended early: ${error.stack}`);
    });
  }
  await count("no browser is left", noBrowserIsLeft);
  printSlowest();
  if (total.skipped.length > 0) console.log("\nSkipped:");
  for (const reason of total.skipped) console.log(`  ${reason}`);
  const { passed, failed, skipped } = total;
  const end = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
  console.log(`\n${passed} passed, ${failed} failed${end}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

process.chdir(root);
process.on("exit", () => {
  for (const folder of [BUNDLES, TEMPORARY]) rmSync(folder, { recursive: true, force: true });
});
for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
  process.once(signal, () => process.exit(code));
}
// A promise that a test has forgotten must not end the others' run.
process.on("unhandledRejection", (error) => {
  total.failed++;
  console.log(`\nA promise was rejected while nobody waited for it: ${error?.stack ?? error}`);
});
try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { runtime: { type: "string", default: "chrome" } },
  });
  const { runtime } = values;
  if (!["chrome", "dawn"].includes(runtime)) throw new Error(`no runtime is named "${runtime}"`);
  await main(positionals, runtime === "dawn");
  // Dawn's threads outlive their device.
  if (runtime === "dawn") process.exit();
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
}
