// The architecture, as far as imports show it: they point down, and what shall not know of each other does not
// meet. Type imports count like all others.

import { readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { glob } from "tinyglobby";
import * as assert from "uvu/assert";
import { suite } from "./support/harness.js";

const test = suite("imports");

test("gpu.ts plays steps and knows no op", async () => {
  await only("gpu/play.ts", [
    "shaders/registry.ts",
    "shaders/",
    "ops/types.ts",
    "plan/types.ts",
    "tensor/",
    "gpu/device.ts",
  ]);
  await only("gpu/device.ts", []);
});

test("an op makes steps and knows no GPU", async () => {
  await only("ops/", ["tensor/", "shaders/step.ts", "tensor/layout.ts", "ops/"]);
});

test("a plan is made without a GPU", async () => {
  const files = await reachable("plan/plan.ts");
  for (const file of ["gpu/play.ts", "gpu/kernel.ts", "shaders/registry.ts"]) {
    assert.not.ok(files.has(file), `plan.ts reaches ${file}`);
  }
});

test("the element stands on the library's public names", async () => {
  await only("element", ["index.ts", "element/"]);
});

test("the library knows neither Node, nor the command line, nor the element", async () => {
  const isForeign = (file: string) => /^(node:|cli|chrome\/|element|puppeteer)/.test(file);
  assert.equal([...(await reachable("index.ts"))].filter(isForeign), []);
});

test("nothing in the library imports its index", async () => {
  for (const file of await reachable("index.ts")) {
    assert.not.ok((await importsOf(file)).includes("index.ts"), `${file} imports index.ts`);
  }
});

test("nothing imports itself by a detour", async () => {
  const done = new Set<string>();
  const visit = async (file: string, path: readonly string[]): Promise<void> => {
    const start = path.indexOf(file);
    assert.ok(start < 0, [...path.slice(start), file].join(" → "));
    if (done.has(file)) return;
    for (const other of await importsOf(file)) await visit(other, [...path, file]);
    done.add(file);
  };
  for (const file of await sources("")) await visit(file, []);
});

// Fails where files that begin with a prefix import what does not begin with one of others.
async function only(prefix: string, allowed: readonly string[]): Promise<void> {
  const files = await sources(prefix);
  assert.ok(files.length > 0, `there is no ${prefix}`);
  for (const file of files) {
    for (const other of await importsOf(file)) {
      assert.ok(
        allowed.some((name) => other.startsWith(name)),
        `${file} imports ${other}`,
      );
    }
  }
}

// The files of src/ that begin with a prefix.
async function sources(prefix: string): Promise<string[]> {
  const files = await glob("**/*.ts", { cwd: "src", ignore: "**/*.d.ts" });
  return files.filter((file) => file.startsWith(prefix));
}

// What a file of src/ imports: other files of src/, and packages by their names. Data and shaders are left out.
async function importsOf(file: string): Promise<string[]> {
  if (!file.endsWith(".ts")) return [];
  const text = await readFile(join("src", file), "utf8");
  return [...text.matchAll(/^(?:import|export)\b[^;]*? from "([^"]+)";$/gm)]
    .map(([, name]) => name as string)
    .filter((name) => !/\.(json|wgsl)$/.test(name))
    .map((name) => (name.startsWith(".") ? normalize(join(dirname(file), name)) : name))
    .map((name) => name.replaceAll("\\", "/").replace(/\.js$/, ".ts"));
}

async function reachable(file: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(file)) return found;
  found.add(file);
  for (const other of await importsOf(file)) await reachable(other, found);
  return found;
}

test.run();
