// `npm test [-- [--long] pattern …]`: runs the `*.test.ts` in this process and the `*.gpu.test.ts` in pages of headless
// Chrome, and counts them together; a pattern is a part of a file's path. With `--runtime dawn` the latter run in Node, too, on Dawn
// (the package "webgpu"); what needs a page skips itself. With --long (`npm run test:long`) the tests that take long for what
// they add are run as well. The last line of the output is "N passed, N failed", with ", N skipped" where tests skipped
// themselves; their reasons stand above it.
//
// Two things go on at a time, because neither a page nor its GPU keeps two cores busy: the tests in Node beside a page,
// then two pages, each in a browser of its own. The pages take the next file when they are done with one.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
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

const total = { passed: 0, failed: 0, skipped: [], leftOut: 0, times: {} };

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
function add({ passed, failed, failures, skipped, leftOut, times }) {
  for (const failure of failures) console.log(`\n${plain(failure)}`);
  total.passed += passed;
  total.failed += failed;
  total.skipped.push(...skipped);
  total.leftOut += leftOut;
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

/** Takes texts piece by piece and prints them line by line, so that two who print at the same time do not mix. */
function inLines(print) {
  let line = "";
  return (text) => {
    const lines = (line + text).split("\n");
    line = lines.pop();
    for (const each of lines) print(`${each}\n`);
    return true;
  };
}

const print = process.stdout.write.bind(process.stdout);

async function runInNode(files, long, bundle = `${BUNDLES}/node.js`) {
  const imports = files.map((file) => `import "./${file}";\n`).join("");
  const contents = `${imports}export { runSuites } from "./test/support/drive.ts";`;
  // The package promises to have no side effects, but registering a test is one.
  await build({
    ...forNode,
    stdin: { contents, resolveDir: root, sourcefile: "tests.ts" },
    outfile: bundle,
    ignoreAnnotations: true,
  });
  process.setSourceMapsEnabled(true);
  Object.assign(globalThis, { UVU_DEFER: 1, UVU_QUEUE: [[]] });
  const read = (path) =>
    readFile(resolve(DATA, path)).catch((error) => {
      if (error.code !== "ENOENT") throw error;
    });
  process.stdout.write = inLines(print);
  try {
    const { runSuites } = await import(`../${bundle}`);
    add(await runSuites(read, long));
  } finally {
    process.stdout.write = print;
  }
}

/** What there is in pages only, and the runtime that the tests load from the page's server. */
const OF_PAGES = /\b(ImageData|OffscreenCanvas|createImageBitmap)\b|\.pixels\(|onnxruntime/;

/** Runs the GPU tests in this process, on Dawn. */
async function runOnDawn(all, long) {
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
  await runInNode(files, long, `${BUNDLES}/dawn.js`);
}

/** Bundles what runs in pages, with what the files share in parts. */
async function bundleForPages(files) {
  const entryPoints = ["test/support/drive.ts", ...files];
  const outdir = `${BUNDLES}/page`;
  await build({ ...forPage, entryPoints, outbase: ".", outdir, splitting: true });
}

/** Opens a page that runs files of tests. */
async function openTests() {
  const { openPage } = await import(`../${BUNDLES}/chrome.js`);
  const folders = { "/tests/": `${BUNDLES}/page`, "/packages/": "node_modules", "/data/": DATA };
  const routes = Object.entries(folders).map(([path, folder]) => [
    path,
    { folder: resolve(root, folder) },
  ]);
  const { page, close } = await openPage(new Map(routes), { log: console.log, visible: true });
  const pageErrors = [];
  page.on("pageerror", (error) => pageErrors.push(error.stack ?? String(error)));
  const take = inLines((line) => print(plain(line)));
  // The pieces that uvu prints end in a space or a newline of their own, and have colors.
  page.on("console", (message) => {
    if (message.text().startsWith("Failed to load resource")) return;
    const text = message.text();
    const isPiece = /[ \n]$/.test(stripVTControlCharacters(text));
    if (isPiece) take(text);
    else print(`${plain(text)}\n`);
  });
  return {
    close,
    async run(file, long) {
      const summary = await page.evaluate(
        async (path, long) => {
          Object.assign(globalThis, { UVU_DEFER: 1, UVU_QUEUE: [[]] });
          await import(`/tests/${path}`);
          const { runSuites } = await import("/tests/test/support/drive.js");
          return runSuites(async (path) => {
            const response = await fetch(`/data/${path}`);
            return response.ok ? response.bytes() : undefined;
          }, long);
        },
        file.replace(/\.ts$/, ".js"),
        long,
      );
      const errors = pageErrors.splice(0);
      const failures = await Promise.all([...summary.failures, ...errors].map(readable));
      add({ ...summary, failures });
      total.failed += errors.length;
    },
  };
}

/** Runs files one after the other in a page, a new one where a file has ended the page. */
async function runInPage(queue, long) {
  let tests;
  try {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      tests ??= await openTests();
      try {
        await tests.run(file, long);
      } catch (error) {
        total.failed++;
        console.log(`\n${file} ended early: ${await readable(error.stack)}`);
        await tests.close().catch(() => {});
        tests = undefined;
      }
    }
  } finally {
    await tests?.close();
  }
}

/** Turns the places of the pages' bundles in a text into places of the sources. */
async function readable(text) {
  const place = /http:[^\s()]*\/tests\/([^\s()]*\.js):(\d+):(\d+)/g;
  const files = new Set(Array.from(text.matchAll(place), ([, file]) => file));
  const maps = new Map();
  for (const file of files) {
    const map = await readFile(resolve(root, BUNDLES, "page", `${file}.map`), "utf8");
    maps.set(file, new SourceMap(JSON.parse(map)));
  }
  return text.replace(place, (found, file, line, column) => {
    const { originalSource, originalLine } = maps.get(file).findEntry(line - 1, column - 1);
    if (!originalSource) return found;
    const source = resolve(root, BUNDLES, "page", dirname(file), originalSource);
    return `${relative(root, source)}:${originalLine + 1}`;
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

async function main(patterns, onDawn, long) {
  const isWanted = (file) =>
    patterns.length === 0 || patterns.some((pattern) => file.includes(pattern));
  const files = (await glob("test/**/*.test.ts", { cwd: root })).filter(isWanted).sort();
  const isGpu = (file) => file.endsWith(".gpu.test.ts");
  const programs = {
    chrome: "src/chrome/open.ts",
    find: "src/chrome/find.ts",
    processes: "test/support/processes.ts",
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
  const reporting = (name, run) =>
    run().catch((error) => {
      total.failed++;
      console.log(`\n${name} ended early: ${error.stack}`);
    });
  const inNode = files.filter((file) => !isGpu(file));
  const onGpu = files.filter(isGpu);
  const tests = () => reporting("The tests in Node", () => runInNode(inNode, long));
  if (onDawn) {
    if (inNode.length > 0) await tests();
    if (onGpu.length > 0) await reporting("The GPU tests on Dawn", () => runOnDawn(onGpu, long));
  } else {
    if (onGpu.length > 0) await bundleForPages(onGpu);
    const page = () => reporting("The tests in a page", () => runInPage(onGpu, long));
    await Promise.all([inNode.length > 0 ? tests().then(page) : page(), page()]);
  }
  await count("no browser is left", noBrowserIsLeft);
  printSlowest();
  if (total.skipped.length > 0) console.log("\nSkipped:");
  for (const reason of total.skipped) console.log(`  ${reason}`);
  if (total.leftOut > 0) console.log(`\nLeft to npm run test:long: ${total.leftOut}`);
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
    options: { runtime: { type: "string", default: "chrome" }, long: { type: "boolean" } },
  });
  const { runtime, long = false } = values;
  if (!["chrome", "dawn"].includes(runtime)) throw new Error(`no runtime is named "${runtime}"`);
  await main(positionals, runtime === "dawn", long);
  // Dawn's threads outlive their device.
  if (runtime === "dawn") process.exit();
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
}
