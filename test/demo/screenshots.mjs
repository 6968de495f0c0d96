// `npm run screenshots`: makes the README's pictures of the demo anew, with the networks that come with it, in headless
// Chrome. `-- FOLDER` puts them elsewhere.

import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { buildDemo, forNode, root } from "../../build.mjs";

/** The pictures: what the address says, how wide, in which colors, and what is to be seen of it. */
const PICTURES = {
  page: { width: 1440, height: 960, scheme: "light" },
  "page-dark": { hash: "tab=noise", width: 1440, height: 960, scheme: "dark" },
  methods: { hash: "tab=methods", width: 1200, height: 900, scheme: "light", part: ".figures" },
};

async function open(folder) {
  const bundle = `${root}dist/test/screenshots-${process.pid}.js`;
  await build({ ...forNode, entryPoints: ["src/chrome/open.ts"], outfile: bundle });
  try {
    const { openPage } = await import(pathToFileURL(bundle).href);
    return await openPage(new Map([["/demo/", { folder }]]), { log: console.log, visible: true });
  } finally {
    await rm(bundle, { force: true });
    await rm(`${bundle}.map`, { force: true });
  }
}

/** Waits until the map has settled and the figure below is painted. */
function settled() {
  const panels = [...document.querySelectorAll("#panels:not([hidden]) canvas")];
  const isBusy =
    document.querySelector("#pictures")?.getAttribute("aria-busy") !== "false" ||
    document.querySelector("#figure[aria-busy=true]") !== null;
  const wantsPanels = document.querySelector("#panels")?.hasAttribute("hidden") === false;
  if (isBusy || (wantsPanels && panels.length === 0)) return false;
  return panels.every((canvas) => !canvas.classList.contains("stale"));
}

async function main(out) {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-screenshots-"));
  await buildDemo(folder);
  await stat(join(folder, "models/mnist-clean.onnx")).catch(() => {
    throw new Error("demo/models/ has no networks yet: they are made by npm run train");
  });
  await mkdir(out, { recursive: true });
  const { page, close } = await open(folder);
  const { origin } = new URL(page.url());
  try {
    for (const [name, { hash = "", width, height, scheme, part }] of Object.entries(PICTURES)) {
      await page.emulateMediaFeatures([
        { name: "prefers-color-scheme", value: scheme },
        { name: "prefers-reduced-motion", value: "reduce" },
      ]);
      await page.setViewport({ width, height });
      await page.goto("about:blank");
      await page.goto(`${origin}/demo/index.html#${hash}`);
      await page.waitForFunction(settled, { timeout: 120_000 });
      // A reader with a GPU does not see this line.
      await page.$eval("#machine", (line) => {
        line.hidden = true;
      });
      const path = join(out, `${name}.png`);
      const seen = part ? await page.$(part) : page;
      await seen.screenshot({ path });
      console.log(path);
    }
  } finally {
    await close();
    await rm(folder, { recursive: true });
  }
}

await main(resolve(process.argv[2] ?? `${root}demo/pictures`));
