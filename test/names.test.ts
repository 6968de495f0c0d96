// A file that comments and prose name is there: whoever moves or renames one is told here where it is still spoken of.

import { readFile } from "node:fs/promises";
import { glob } from "tinyglobby";
import * as assert from "uvu/assert";
import { suite } from "./support/harness.js";

const test = suite("names of files");

const FOLDERS = ["src", "shaders", "test", "demo"];
const everywhere = (pattern: string) => FOLDERS.map((folder) => `${folder}/**/${pattern}`);

/** A name with perhaps some folders before it: "conv.wgsl", "plan/plan.ts". */
const MENTION = /(?<![\w*.-])(?:[\w-]+\/)*[\w-]+(?:\.[\w-]+)*\.(?:ts|wgsl|mjs)\b/g;

/** What is named, and is no file of this project: made by a test, or by whoever reads. */
const ELSEWHERE: readonly string[] = [
  "ort.wasm.min.mjs",
  "ort.webgpu.min.mjs",
  "program.mjs",
  "tag.ts",
  "tests.ts",
  "vue.ts",
];

/** Code of the library speaks of the library; a file of the same name in the tests is another one. */
const mayMean = (file: string, path: string): boolean =>
  !/^(src|shaders)\/.*\.(ts|wgsl)$/.test(file) ||
  /^(src|shaders)\//.test(path) ||
  !path.includes("/");

test("in comments and prose are those of files that exist", async () => {
  const files = await glob(["*.mjs", "*.ts", ...everywhere("*.{ts,mjs,wgsl}")], { dot: true });
  const texts = [".puppeteerrc.cjs", "*.md", "*.mjs", ...everywhere("*.{ts,mjs,wgsl,md,html,css}")];
  const missing: string[] = [];
  for (const file of await glob([...texts, "!CHANGELOG.md"], { dot: true })) {
    const lines = (await readFile(file, "utf8")).split("\n");
    for (const [number, line] of lines.entries()) {
      for (const [name] of line.matchAll(MENTION)) {
        // A place for a name: ops/NAME.ts.
        if (name.includes("NAME.")) continue;
        const isThere = files.some(
          (path) => (path === name || path.endsWith(`/${name}`)) && mayMean(file, path),
        );
        // Recipes are for files that are still to come.
        if (/\bNAME\b/.test(name)) continue;
        if (!isThere && !ELSEWHERE.includes(name)) missing.push(`${file}:${number + 1}: ${name}`);
      }
    }
  }
  assert.equal(missing, []);
});

test.run();
