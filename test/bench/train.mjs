// `npm run bench -- train [--batch N]`: images per second while mnist-small trains, here and in other libraries, taking
// turns in one page of headless Chrome on one adapter. Every library starts from the same weights and sees the same
// batch, and its losses must agree with ours before its time counts.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { forNode, forPage, root } from "../../build.mjs";

/** Runs the benchmark with the words of the command line. */
export async function run(words) {
  const { values } = parseArgs({
    args: words,
    options: { batch: { type: "string", default: "100" } },
  });
  const folder = "dist/bench-train";
  await Promise.all([
    build({ ...forPage, entryPoints: ["test/bench/train/page.ts"], outfile: `${folder}/page.js` }),
    build({ ...forNode, entryPoints: ["src/chrome/open.ts"], outfile: `${folder}/chrome.js` }),
  ]);
  const { openPage } = await import("../../dist/bench-train/chrome.js");
  const routes = new Map([["/bench/", { folder: resolve(root, folder) }]]);
  const { page, close } = await openPage(routes, { log: console.log });
  try {
    page.on("console", (message) => console.log(message.text()));
    const rows = await page.evaluate(async (batch) => {
      const { run } = await import("/bench/page.js");
      return run(batch);
    }, Number(values.batch));
    const ours = rows[0].milliseconds;
    for (const { name, milliseconds, images, losses } of rows) {
      const speed = ((1000 * images) / milliseconds).toFixed(1).padStart(9);
      const ratio = `ours is ${(milliseconds / ours).toFixed(1)} × as fast`;
      console.log(`${name.padEnd(22)} ${speed} images/s  ${ratio}  losses ${losses.join(" ")}`);
    }
  } finally {
    await close();
  }
}
