// `npm run bench [-- pattern …]`: bundles test/bench/page.ts, runs it in headless Chrome, prints its rows as a
// table as they come and writes them to dist/bench.json. A pattern is a part of a row's name.

import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { build } from "esbuild";
import { forNode, forPage, root } from "../../build.mjs";

const DATA = resolve(root, process.env.SMOOTHGRAD_DATA ?? "../shared/data");

/** @param {{ name: string, milliseconds: number, gflops?: number, note?: string }} row */
function print({ name, milliseconds, gflops, note = "" }) {
  const time = milliseconds.toFixed(milliseconds < 10 ? 3 : 1).padStart(10);
  const speed = gflops === undefined ? "" : gflops.toFixed(2);
  console.log(`${name.padEnd(48)} ${time} ${speed.padStart(9)}  ${note}`.trimEnd());
}

const folder = "dist/bench";
await Promise.all([
  build({ ...forPage, entryPoints: ["test/bench/page.ts"], outfile: `${folder}/page.js` }),
  build({ ...forNode, entryPoints: ["src/chrome/open.ts"], outfile: `${folder}/chrome.js` }),
]);
const { openPage } = await import("../../dist/bench/chrome.js");
const routes = new Map([
  ["/bench/", { folder: resolve(root, folder) }],
  ["/data/", { folder: DATA }],
]);
const { page, close } = await openPage(routes, { log: console.log });
try {
  page.on("console", (message) => console.log(message.text()));
  const rows = [];
  await page.exposeFunction("report", (row) => {
    rows.push(row);
    print(row);
  });
  console.log(`${"".padEnd(48)} ${"ms".padStart(10)} ${"GFLOP/s".padStart(9)}`);
  const adapter = await page.evaluate(async (patterns) => {
    const { run } = await import("/bench/page.js");
    return run(patterns, globalThis.report);
  }, process.argv.slice(2));
  const machine = { adapter, cores: cpus().length, cpu: cpus()[0]?.model };
  await writeFile(resolve(root, "dist/bench.json"), JSON.stringify({ machine, rows }, null, 2));
  console.log(`\n${adapter}; written to dist/bench.json`);
} finally {
  await close();
}
