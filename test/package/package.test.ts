// The package as a stranger gets it: packed, unpacked into the node_modules of an empty project, compiled against with
// TypeScript 5 and 7, bundled by esbuild and by Vite, and run.

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import * as esbuild from "esbuild";
import { parseTarGzip } from "nanotar";
import * as assert from "uvu/assert";
import * as vite from "vite";
import { smallNetwork } from "../models/tiny.js";
import { openTab } from "../support/browser.js";
import { suite } from "../support/harness.js";
import { saysAndDraws } from "../support/says-and-draws.js";

const test = suite("package");

const opening = open();

/** An empty project with the package installed, and the names of the package's files. */
async function open() {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-package-"));
  // The build script finds its own folder, so it must not be bundled into the tests.
  const { pack } = await import(pathToFileURL(resolve("build.mjs")).href);
  const files = await parseTarGzip(await readFile(await pack(folder)));
  const packages = join(folder, "node_modules");
  for (const { name, data } of files) {
    const path = join(packages, name.replace(/^package/, "smoothgrad"));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, data!);
  }
  for (const name of ["@webgpu/types", "@types/node", "undici-types"]) {
    await install(name, packages);
  }
  const readme = await readFile("README.md", "utf8");
  const [, sixLines = ""] = readme.match(/```js\n([\s\S]*?)```/) ?? [];
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "page.ts"), sixLines);
  await writeFile(join(folder, "tag.ts"), TAG);
  await writeFile(join(folder, "worker.ts"), WORKER);
  return { folder, names: files.map(({ name }) => name.replace(/^package\//, "")) };
}

/** Puts one of this project's own packages into another's node_modules, under its name or another. */
async function install(name: string, packages: string, as = name): Promise<void> {
  await mkdir(dirname(join(packages, as)), { recursive: true });
  await symlink(resolve("node_modules", name), join(packages, as), "junction");
}

const TAG = `
import "smoothgrad/element";
import { networks, Trainer } from "smoothgrad/train";

const tag = document.createElement("sensitivity-map");
tag.samples = 20;
tag.overlay = true;
tag.addEventListener("result", ({ detail }) => console.log(detail.target.label));
document.querySelector("sensitivity-map")?.map?.samples.toFixed();
// @ts-expect-error: a number
tag.samples = "many";
export const trainer = async (device: GPUDevice) => Trainer.create(device, networks["mnist-small"](0));
`;

// Nothing of a page: what workers and Node have, too.
const WORKER = `
import { loadModel, type MethodName, methods, requestDevice, sensitivity } from "smoothgrad";

const device = await requestDevice();
const model = await loadModel(device, new Uint8Array(0));
const map = await sensitivity(model, { data: new Float32Array(12), shape: [1, 3, 2, 2] });
console.log((await map.data()).length);
// @ts-expect-error: no device
await loadModel({}, "model.onnx");
// @ts-expect-error: no picture
await sensitivity(model, {});

// Each method has the options that it reads.
const tensor = { data: new Float32Array(12), shape: [1, 3, 2, 2] };
await sensitivity(model, tensor, { method: "integrated-gradients", steps: 20, baseline: "black" });
await sensitivity(model, tensor, { method: "lrp-alpha-beta", alpha: 3, beta: 2 });
const chosen: string = "lrp";
if (chosen in methods) await sensitivity(model, tensor, { method: chosen as MethodName, samples: 8 });
// @ts-expect-error: the gradient has no path
await sensitivity(model, tensor, { method: "gradient", steps: 20 });
// @ts-expect-error: nor has it where no method is named
await sensitivity(model, tensor, { steps: 20 });
// @ts-expect-error: it makes one gradient of all samples
await sensitivity(model, tensor, { method: "smoothdiff", estimator: "variance" });
// @ts-expect-error: no such method
await sensitivity(model, tensor, { method: "gradiant" });
// @ts-expect-error: an option of draw
await sensitivity(model, tensor, { percentile: 99 });
`;

const PAGE = { lib: ["ES2023", "DOM"], types: [], files: ["page.ts", "tag.ts", "worker.ts"] };
const TS5 = "typescript-5";
const TS7 = "typescript";

// With TypeScript 7 there is no row for @webgpu/types: it clashes with lib.dom, whoever imports what.
for (const [compiler, module, moduleResolution, { files, ...options }] of [
  [TS5, "ESNext", "bundler", PAGE],
  [TS5, "ESNext", "node10", PAGE],
  [TS5, "Node16", "Node16", PAGE],
  [TS5, "NodeNext", "NodeNext", { ...PAGE, types: ["@webgpu/types"] }],
  [TS5, "NodeNext", "NodeNext", { lib: ["ES2023"], types: ["node"], files: ["worker.ts"] }],
  [TS7, "ESNext", "bundler", PAGE],
  [TS7, "Node16", "Node16", PAGE],
  [TS7, "NodeNext", "NodeNext", { ...PAGE, lib: ["ES2023", "DOM", "DOM.Iterable"] }],
  [TS7, "NodeNext", "NodeNext", { lib: ["ES2023", "WebWorker"], types: [], files: ["worker.ts"] }],
] as const) {
  const { version } = JSON.parse(await readFile(`node_modules/${compiler}/package.json`, "utf8"));
  const [lib, types] = [options.lib, options.types].map((names) => names.join(" "));
  test(`compiles with TypeScript ${version}, ${moduleResolution}, ${lib} ${types}`, async () => {
    const { folder } = await opening;
    const config = `tsconfig.${compiler}.${moduleResolution}.${files.length}.json`;
    // The compiler's own lib is not ours to check, and takes half of the time.
    const libraries = { skipLibCheck: false, skipDefaultLibCheck: true };
    const compilerOptions = { ...libraries, module, moduleResolution, ...options };
    assert.is(await complaints(compiler, join(folder, config), { compilerOptions, files }), "");
  });
}

/** What a compiler says of files, strictly taken. */
async function complaints(
  compiler: string,
  config: string,
  { compilerOptions, files }: { compilerOptions: object; files: readonly string[] },
): Promise<string> {
  const strict = { strict: true, noEmit: true, target: "ES2022" };
  const contents = { compilerOptions: { ...strict, ...compilerOptions }, files };
  await writeFile(config, JSON.stringify(contents));
  const tsc = resolve("node_modules", compiler, "bin/tsc");
  const run = promisify(execFile)(process.execPath, [tsc, "-p", config]);
  const { stdout } = await run.catch((error) => error);
  return stdout;
}

const REACT = `
import "smoothgrad/element";
import { useRef } from "react";
import type { SensitivityMapElement } from "smoothgrad/element";

export function Figure() {
  const map = useRef<SensitivityMapElement>(null);
  return (
    <figure>
      <sensitivity-map ref={map} class="wide" src="cat.jpg" model="model.onnx" samples={20} seed="7"
        noise-scale="rgb" antithetic={false} overlay percentile={[1, 99]} style={{ width: "50%" }}
        onresult={({ detail }) => console.log(detail.target.label)}>
        What is shown where there is no WebGPU.
      </sensitivity-map>
      {/* @ts-expect-error: a number, or the text of one */}
      <sensitivity-map samples />
      {/* @ts-expect-error: no attribute */}
      <sensitivity-map sampels={20} />
    </figure>
  );
}
`;

const VUE = `
import "smoothgrad/element";
import type { GlobalComponents } from "vue";

type Props = InstanceType<GlobalComponents["sensitivity-map"]>["$props"];

export const props: Props = {
  ...{ class: "wide", src: "cat.jpg", model: "model.onnx", samples: 20, seed: "7" },
  ...{ noiseScale: "rgb", antithetic: false, overlay: true, percentile: [1, 99] },
  onResult: ({ detail }) => console.log(detail.target.label),
};
// @ts-expect-error: a number, or the text of one
export const wrong: Props = { samples: true };
// @ts-expect-error: no property
export const unknown: Props = { sampels: 20 };
`;

// What frameworks know of the tag, from their own types.
for (const [name, types, files] of [
  ["React 18", { "@types/react-18": "@types/react" }, { "react.tsx": REACT }],
  ["React 19", { "@types/react": "@types/react" }, { "react.tsx": REACT }],
  ["Vue 3", { vue: "vue" }, { "vue.ts": VUE }],
] as const) {
  test(`the tag has its types in ${name}`, async () => {
    const { folder } = await opening;
    const place = join(folder, name);
    const packages = join(place, "node_modules");
    await cp(join(folder, "node_modules/smoothgrad"), join(packages, "smoothgrad"), {
      recursive: true,
    });
    for (const [type, as] of Object.entries(types)) await install(type, packages, as);
    for (const [file, text] of Object.entries(files)) await writeFile(join(place, file), text);
    const compilerOptions = {
      ...{ module: "ESNext", moduleResolution: "bundler", jsx: "react-jsx" },
      ...{ lib: ["ES2023", "DOM"], types: [], skipLibCheck: true },
    };
    const config = join(place, "tsconfig.json");
    assert.is(await complaints(TS7, config, { compilerOptions, files: Object.keys(files) }), "");
  });
}

test("holds each file once, and none that only the project needs", async () => {
  const { names } = await opening;
  const parts = names.filter((name) => /^dist\/parts\/.*\.js$/.test(name));
  const stems = parts.map((name) => name.replace(/-\w+\.js$/, "")).filter((s) => !/chunk$/.test(s));
  assert.ok(stems.length > 20);
  assert.equal(
    stems.filter((stem, i) => stems.indexOf(stem) !== i),
    [],
  );
  assert.equal(
    names.filter((name) => /test|bench|demo|\.ts$|tsconfig/.test(name) && !/\.d\.ts$/.test(name)),
    [],
  );
});

test("has types without internals, and without generic typed arrays, which TypeScript knows from 5.7 on", async () => {
  const { folder, names } = await opening;
  for (const name of names.filter((name) => name.endsWith(".d.ts"))) {
    const text = await readFile(join(folder, "node_modules/smoothgrad", name), "utf8");
    assert.not.match(text, /@internal|from "[^."]|\.wgsl"|\.css"|Array<ArrayBuffer/, name);
  }
});

const PHOTO = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">
  <rect width="64" height="64" fill="teal"/><circle cx="32" cy="32" r="18" fill="orange"/></svg>`;

const html = (script: string) => `<!doctype html><meta charset="utf-8"><title>six lines</title>
  <link rel="icon" href="data:,"><img src="photo.svg" width="64" height="64">
  <canvas></canvas><script type="module" src="${script}"></script>`;

async function bundleWithEsbuild(folder: string, outdir: string) {
  await esbuild.build({
    absWorkingDir: folder,
    ...{ entryPoints: ["page.ts"], bundle: true, splitting: true, format: "esm", outdir },
    logLevel: "error",
  });
  await writeFile(join(outdir, "index.html"), html("page.js"));
  await writeFile(join(outdir, "photo.svg"), PHOTO);
}

async function bundleWithVite(folder: string, outDir: string) {
  const root = join(folder, "site");
  await mkdir(join(root, "public"), { recursive: true });
  await writeFile(join(root, "index.html"), html("../page.ts"));
  await writeFile(join(root, "public/photo.svg"), PHOTO);
  await vite.build({
    ...{ root, configFile: false, base: "./", logLevel: "error" },
    build: { outDir, assetsInlineLimit: 0 },
  });
}

const bundlers = { esbuild: bundleWithEsbuild, vite: bundleWithVite };

for (const [name, bundle] of Object.entries(bundlers)) {
  test(`bundled by ${name}, draws a map and loads the rest when it is needed`, async () => {
    const { folder } = await opening;
    const site = join(folder, `${name}-site`);
    await bundle(folder, site);
    await writeFile(join(site, "model.onnx"), smallNetwork().bytes());
    const scripts = (await readdir(site, { recursive: true })).filter((file) => /\.js$/.test(file));
    assert.ok(scripts.length > 20, `${scripts}`);
    const { page, close } = await openTab(new Map([["/site/", { folder: site }]]));
    try {
      const loaded: string[] = [];
      page.on("request", (request) => loaded.push(request.url().replace(/.*\//, "")));
      await saysAndDraws(page, "/site/index.html");
      const wasLoaded = (part: RegExp) => loaded.some((file) => part.test(file));
      assert.ok(wasLoaded(/^network-/) && !wasLoaded(/^(occlusion|rare)-/), `${loaded}`);
    } finally {
      await close();
    }
  });
}

test("leaves nothing behind", async () => {
  await rm((await opening).folder, { recursive: true });
});

test.run();
