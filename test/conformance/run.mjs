// `npm run conformance -- DIR [pattern …]`: runs every test of a folder in the layout of ONNX's backend tests
// (test_x/model.onnx, test_data_set_0/input_k.pb, output_k.pb) through the kernels, in headless Chrome. Prints
// `pass`, `refused: <reason>` or `FAIL: <difference>` for each, and at the end "N passed, N failed, N skipped";
// skipped are the refused ones. A pattern is a part of a test's name. What is tested is in page.ts.

import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { build } from "esbuild";
import { forNode, forPage, root } from "../../build.mjs";

/** The names of the files of a test, sorted, or none where it is not laid out as one. */
async function filesOf(folder, name) {
  const files = await readdir(resolve(folder, name, "test_data_set_0")).catch(() => []);
  const numbered = (kind) =>
    files
      .filter((file) => new RegExp(`^${kind}_\\d+\\.pb$`).test(file))
      .sort((a, b) => Number(a.match(/\d+/)[0]) - Number(b.match(/\d+/)[0]));
  return { name, inputs: numbered("input"), outputs: numbered("output") };
}

async function main([folder, ...patterns]) {
  if (!folder) throw new Error("usage: npm run conformance -- DIR [pattern …]");
  const names = (await readdir(folder)).filter((name) => name.startsWith("test_")).sort();
  const wanted = names.filter(
    (name) => patterns.length === 0 || patterns.some((pattern) => name.includes(pattern)),
  );
  const bundles = resolve(root, `dist/conformance/${process.pid}`);
  await Promise.all([
    build({ ...forPage, entryPoints: ["test/conformance/page.ts"], outfile: `${bundles}/page.js` }),
    build({ ...forNode, entryPoints: ["src/chrome/open.ts"], outfile: `${bundles}/chrome.js` }),
  ]);
  const { openPage } = await import(`${bundles}/chrome.js`);
  const routes = new Map([
    ["/code/", { folder: bundles }],
    ["/cases/", { folder: resolve(folder) }],
  ]);
  const counts = { pass: 0, refused: 0, FAIL: 0 };
  const { page, close } = await openPage(routes, { log: console.log });
  try {
    page.on("pageerror", (error) => console.log(error.stack ?? String(error)));
    for (const name of wanted) {
      const files = await filesOf(folder, name);
      const { verdict, detail } = await page.evaluate(async (test) => {
        const { runTest } = await import("/code/page.js");
        return runTest(test);
      }, files);
      counts[verdict]++;
      console.log(`${name}  ${verdict}${detail ? `: ${detail}` : ""}`);
    }
  } finally {
    await close();
  }
  console.log(`\n${counts.pass} passed, ${counts.FAIL} failed, ${counts.refused} skipped`);
  process.exitCode = counts.FAIL > 0 || counts.pass === 0 ? 1 : 0;
}

await main(process.argv.slice(2));
