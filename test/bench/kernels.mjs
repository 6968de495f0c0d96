// `npm run bench -- kernels [--rounds N] [PATTERN …]`: every special kernel of a convolution beside the one that would be
// taken without it, on layers that it is made for, taking turns in one page of headless Chrome. A ratio below 1 is a gain;
// shaders/README.md has the ratios of a software adapter. A pattern is a part of a kernel's name.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { forNode, forPage, root } from "../../build.mjs";

/** Runs the benchmark with the words of the command line. */
export async function run(words) {
  const { values, positionals: patterns } = parseArgs({
    args: words,
    allowPositionals: true,
    options: { rounds: { type: "string", default: "9" } },
  });
  const folder = "dist/bench-kernels";
  await Promise.all([
    build({ ...forPage, entryPoints: ["test/bench/kernels.ts"], outfile: `${folder}/page.js` }),
    build({ ...forNode, entryPoints: ["src/chrome/open.ts"], outfile: `${folder}/chrome.js` }),
  ]);
  const { openPage } = await import("../../dist/bench-kernels/chrome.js");
  const routes = new Map([["/bench/", { folder: resolve(root, folder) }]]);
  const { page, close } = await openPage(routes, { log: console.log, isolated: true });
  try {
    page.on("console", (message) => console.log(message.text()));
    await page.exposeFunction("report", ({ name, special, other }) => {
      const times = `${special.toFixed(2)} ms against ${other.toFixed(2)} ms`;
      console.log(`${name.padEnd(72)} ${(special / other).toFixed(2)}  ${times}`);
    });
    const adapter = await page.evaluate(
      async (options) => {
        const { run } = await import("/bench/page.js");
        return run(options, globalThis.report);
      },
      { patterns, rounds: Number(values.rounds) },
    );
    console.log(`\n${adapter}; median times for a sample`);
  } finally {
    await close();
  }
}
