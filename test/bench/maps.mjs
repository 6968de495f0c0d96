// `npm run bench -- [OPTIONS] [PATTERN …]`: bundles test/bench/bench.ts, runs it in headless Chrome, prints its rows as a
// table as they come, and writes them to dist/bench.json. A pattern is part of a network's name.
//
//   --samples N         samples per map, instead of what suits the network and the adapter
//   --tune              picks the fastest tilings by measuring before it times maps
//   --precision half    stores tensors as 16-bit floats and measures the error
//   --single-dispatch   also times maps computed in one dispatch
//   --peers             also measures other libraries, on the same weights, in the same browser
//   --runtime dawn      runs in Node, on Dawn (the package "webgpu"), instead of a browser

import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { forNode, forPage, root } from "../../build.mjs";

/** @param {{ name: string, milliseconds?: number, gflops?: number, share?: number, note?: string }} row */
function print({ name, milliseconds, gflops, share, note = "" }) {
  const time = milliseconds?.toFixed(milliseconds < 10 ? 3 : 1) ?? "";
  const speed = gflops?.toFixed(2) ?? "";
  const part = share === undefined ? "" : `${(100 * share).toFixed(1)} %`;
  const numbers = `${time.padStart(10)} ${speed.padStart(9)} ${part.padStart(8)}`;
  console.log(`${name.padEnd(44)} ${numbers}  ${note}`.trimEnd());
}

const folder = "dist/bench";

/** Runs the benchmarks in a page. */
async function inPage(options, report) {
  const [bench, worker] = ["test/bench/bench.ts", "test/bench/peers/worker.ts"];
  await Promise.all([
    build({ ...forPage, entryPoints: { page: bench, worker }, outdir: folder }),
    build({ ...forNode, entryPoints: ["src/chrome/open.ts"], outfile: `${folder}/chrome.js` }),
  ]);
  const { openPage } = await import("../../dist/bench/chrome.js");
  const routes = new Map([
    ["/bench/", { folder: resolve(root, folder) }],
    ["/packages/", { folder: resolve(root, "node_modules") }],
  ]);
  const { page, close } = await openPage(routes, { log: console.log, isolated: true });
  try {
    page.on("console", (message) => console.log(message.text()));
    await page.exposeFunction("report", report);
    return await page.evaluate(async (options) => {
      const { run } = await import("/bench/page.js");
      return run(navigator.gpu, options, globalThis.report);
    }, options);
  } finally {
    await close();
  }
}

/** Runs the benchmarks in this process. */
async function inNode(options, report) {
  await build({ ...forNode, entryPoints: ["test/bench/bench.ts"], outfile: `${folder}/node.js` });
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const { run } = await import("../../dist/bench/node.js");
  // Without these Dawn tells time by tenths of a millisecond, which is as long as kernels take on a fast GPU.
  const exact = [
    "enable-dawn-features=allow_unsafe_apis",
    "disable-dawn-features=timestamp_quantization",
  ];
  return run(create(exact), options, report);
}

/** Runs the benchmark with the words of the command line. */
export async function run(words) {
  const { values, positionals: patterns } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      samples: { type: "string" },
      peers: { type: "boolean" },
      tune: { type: "boolean" },
      precision: { type: "string" },
      "single-dispatch": { type: "boolean" },
      runtime: { type: "string", default: "chrome" },
    },
  });
  const { runtime, samples, peers, tune, precision, "single-dispatch": single } = values;
  if (peers && runtime !== "chrome") throw new Error("the peers run in a browser only");
  const runtimes = { chrome: inPage, dawn: inNode };
  if (!(runtime in runtimes)) throw new Error(`--runtime is chrome or dawn, not "${runtime}"`);

  const rows = [];
  const report = (row) => {
    rows.push(row);
    print(row);
  };
  const heads = `${"ms".padStart(10)} ${"GFLOP/s".padStart(9)} ${"of peak".padStart(8)}`;
  console.log(`${"".padEnd(44)} ${heads}`);
  const options = {
    patterns,
    peers,
    tune,
    single,
    ...(precision && { precision }),
    ...(samples && { samples: Number(samples) }),
  };
  const { adapter, ceilings } = await runtimes[runtime](options, report);
  const machine = { runtime, adapter, cores: cpus().length, cpu: cpus()[0]?.model };
  const json = JSON.stringify({ machine, ceilings, rows }, null, 2);
  await writeFile(resolve(root, "dist/bench.json"), json);
  console.log(`\n${adapter}; written to dist/bench.json`);
  // Dawn's threads outlive their device.
  if (runtime === "dawn") process.exit();
}
