// Builds everything into dist/: the library, the command line, the demo. `--serve` then serves the demo, with
// the models and photos of a folder on its shelf after `--files FOLDER`.
// The tests and the benchmarks bundle themselves with the same options.

import { spawnSync } from "node:child_process";
import { cp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { interpolateInferno, interpolateViridis } from "d3-scale-chromatic";
import * as esbuild from "esbuild";

/** The root of the project. */
export const root = fileURLToPath(new URL(".", import.meta.url));

const BUDGET = 94_000;
const ELEMENT_BUDGET = 6_000;

// Shaders travel without their comments and indentation. WGSL has no strings that could hold what looks like one.
const shaders = {
  name: "shaders",
  setup(build) {
    build.onLoad({ filter: /\.wgsl$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "").replace(/^\s+|\s+$/gm, "");
      return { contents: code, loader: "text" };
    });
  },
};

// Of d3-scale-chromatic the library uses two tables of 256 colors; a bundler cannot leave out the rest, because
// the package computes all of its palettes when it is loaded. So its place is taken by the two tables.
const palettes = {
  name: "palettes",
  setup(build) {
    build.onLoad({ filter: /\bd3-scale-chromatic\b.*js$/ }, () => {
      const lines = Object.entries({ interpolateInferno, interpolateViridis }).map(
        ([name, color]) => {
          const colors = Array.from({ length: 256 }, (_, i) => color((i + 0.5) / 256).slice(1));
          const at = "6 * Math.max(0, Math.min(255, Math.floor(256 * t)))";
          return `const ${name}Table = "${colors.join("")}";
            export const ${name} = (t) => "#" + ${name}Table.substr(${at}, 6);`;
        },
      );
      return { contents: lines.join("\n"), loader: "js" };
    });
  },
};

// wgpu-matrix makes all of its namespaces for three types of numbers when it is loaded, in calls that a bundler must
// take to have effects. Its last lines, which do that, are written anew, one export at a time and marked as pure.
const matrices = {
  name: "matrices",
  setup(build) {
    build.onLoad({ filter: /\bwgpu-matrix\b.*module\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const [functions, rest = ""] = text.split(/^function wgpuMatrixAPI\(/m);
      const makers = [...rest.matchAll(/(\w+): (getAPI[$\d]*)\(/g)];
      if (makers.length === 0) throw new Error("wgpu-matrix is not written as build.mjs expects");
      const lines = makers.flatMap(([, name, make]) => [
        `export const ${name} = /* @__PURE__ */ ${make}(Float32Array);`,
        `export const ${name}d = /* @__PURE__ */ ${make}(Float64Array);`,
      ]);
      return { contents: functions + lines.join("\n"), loader: "js" };
    });
  },
};

const plugins = [shaders, palettes, matrices];

// The element's sheet travels as text, without its comments.
const sheets = {
  name: "sheets",
  setup(build) {
    build.onLoad({ filter: /\bsrc\b.*\.css$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const { code } = await esbuild.transform(text, { loader: "css", minify: true });
      return { contents: code, loader: "text" };
    });
  },
};

// The element stands beside the library and imports it, so that a page with both has it once.
const besideLibrary = {
  name: "beside the library",
  setup(build) {
    build.onResolve({ filter: /^\.\.?\/index\.js$/ }, () => ({
      path: "./index.js",
      external: true,
    }));
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  sourcemap: true,
  loader: { ".wgsl": "text", ".onnx": "binary" },
  logLevel: "warning",
};

/** Options for code that runs in a page or a worker. */
export const forPage = { ...common, platform: "browser" };

/** Options for code that runs in Node; packages stay outside of the bundle. */
export const forNode = { ...common, platform: "node", target: "node20", packages: "external" };

// What is imported when it is needed becomes a file of its own.
const inParts = { ...forPage, plugins, splitting: true, chunkNames: "parts/[name]-[hash]" };

const library = { ...inParts, entryPoints: ["src/index.ts"], outdir: "dist" };
const training = { ...inParts, entryPoints: ["src/train.ts"] };

const element = {
  ...forPage,
  plugins: [sheets, besideLibrary],
  entryPoints: ["src/element.ts"],
  outfile: "dist/element.js",
};

/** Builds what pages import, index.js, element.js and train.js, into a folder. */
export async function buildLibrary(folder) {
  await Promise.all([
    esbuild.build({ ...library, outdir: folder }),
    esbuild.build({ ...element, outfile: `${folder}/element.js` }),
    esbuild.build({ ...training, outdir: folder }),
  ]);
}

/** Builds what pages import into dist, and the command line around it. */
export async function buildProgram() {
  await Promise.all([
    cp(`${root}demo/models`, `${root}dist/models`, { recursive: true }),
    buildLibrary("dist"),
    esbuild.build({
      ...forPage,
      entryPoints: ["src/cli/page.ts"],
      outfile: "dist/cli/page.js",
      external: ["../index.js"],
    }),
    // Everything but Puppeteer goes into the file; `require` is for the CommonJS packages among it.
    esbuild.build({
      ...forNode,
      packages: "bundle",
      external: ["puppeteer"],
      entryPoints: ["src/cli.ts"],
      outfile: "dist/cli.js",
      banner: {
        js: '#!/usr/bin/env node\nimport { createRequire as requireFrom } from "node:module";\nconst require = requireFrom(import.meta.url);',
      },
    }),
  ]);
}

/**
 * The bytes of the library, minified and gzipped: what every page loads, and what there is in all. Throws when the
 * first is over the budget.
 */
export async function librarySize() {
  const options = { minify: true, sourcemap: false, write: false, metafile: true };
  const { outputFiles, metafile } = await esbuild.build({ ...library, ...options });
  const sizes = new Map(
    outputFiles.map(({ path, contents }) => [
      relative(root, path).replaceAll("\\", "/"),
      gzipSync(contents, { level: 9 }).length,
    ]),
  );
  const loaded = new Set();
  const load = (path) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: other, kind } of metafile.outputs[path].imports) {
      if (kind === "import-statement") load(other);
    }
  };
  load("dist/index.js");
  const sum = (paths) => [...paths].reduce((total, path) => total + sizes.get(path), 0);
  const [first, all] = [sum(loaded), sum(sizes.keys())];
  if (first > BUDGET) {
    throw new Error(`The library is ${first} bytes minified and gzipped, its budget is ${BUDGET}`);
  }
  return `${first} bytes minified and gzipped (budget ${BUDGET}), ${all} with all that is loaded when needed`;
}

async function elementSize() {
  const built = await esbuild.build({ ...element, minify: true, sourcemap: false, write: false });
  const size = gzipSync(built.outputFiles[0].contents, { level: 9 }).length;
  if (size > ELEMENT_BUDGET) {
    throw new Error(`The element is ${size} bytes, its budget is ${ELEMENT_BUDGET}`);
  }
  return size;
}

function declarations() {
  const flags = ["--noEmit", "false", "--emitDeclarationOnly", "--outDir", "dist"];
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "src/tsconfig.library.json", ...flags];
  const { status } = spawnSync(process.execPath, tsc, { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error("The type declarations could not be written");
}

const demo = (outdir) => ({
  ...inParts,
  entryPoints: [
    ...["main.ts", "worker.ts", "style.css"].map((name) => ({
      in: `demo/${name}`,
      out: name.replace(/\.\w+$/, ""),
    })),
    { in: "demo/train/page.ts", out: "train" },
    { in: "demo/train/worker.ts", out: "train-worker" },
  ],
  outdir,
  minify: true,
  charset: "utf8",
});

/**
 * Builds the demo's page, and the examples beside it, into a folder. `files` is a folder of models and photos that the page is to offer; it
 * is linked, not copied.
 */
export async function buildDemo(folder = `${root}dist/demo`, files = undefined) {
  // Sources are bundled, and the README's pictures are not the page's; the examples are served as they stand.
  const isServed = (path) => path.includes("examples") || !/\.(ts|css|png)$/.test(path);
  await cp(`${root}demo`, folder, { recursive: true, filter: isServed });
  const names = files === undefined ? [] : await readdir(files, { recursive: true });
  const offered = names.filter((name) => /\.(onnx|jpe?g|png|webp|txt|json)$/i.test(name)).sort();
  await writeFile(`${folder}/files.json`, JSON.stringify(offered));
  if (files !== undefined) await symlink(resolve(files), `${folder}/files`, "junction");
  await Promise.all([esbuild.build(demo(folder)), buildLibrary(`${folder}/smoothgrad`)]);
}

async function serveDemo() {
  const context = await esbuild.context(demo("dist/demo"));
  const { port } = await context.serve({ servedir: "dist/demo", host: "localhost" });
  console.log(`The demo is at http://localhost:${port}/ (Ctrl-C ends it).`);
}

// The tests that may be running have their bundles in dist/test.
async function clean() {
  const names = await readdir(`${root}dist`).catch(() => []);
  const old = names.filter((name) => name !== "test");
  await Promise.all(old.map((name) => rm(`${root}dist/${name}`, { recursive: true })));
}

async function main() {
  await clean();
  await buildProgram();
  declarations();
  console.log(`library: ${await librarySize()}`);
  console.log(`element: ${await elementSize()} bytes beside it, budget ${ELEMENT_BUDGET}`);
  const { values } = parseArgs({
    options: { serve: { type: "boolean" }, files: { type: "string" } },
  });
  await buildDemo(undefined, values.files);
  if (values.serve) await serveDemo();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main();
}
