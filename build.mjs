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

// Bytes, minified and gzipped: of what a page loads with the library, of what the first map of an ordinary
// convolutional network takes in all, and of everything that there is.
const BUDGETS = { "first load": 40_000, "first map": 88_500, everything: 140_000 };
const ELEMENT_BUDGET = 6_000;

// The parts that every model brings along.
const OF_A_MODEL = ["src/onnx.ts", "src/model.ts", "src/shaders/network.ts"];

// Shaders travel without their comments, their indentation and the blanks around punctuation; their lines stay, because
// messages name them. WGSL has no strings that could hold what looks like any of it.
const shaders = {
  name: "shaders",
  setup(build) {
    build.onLoad({ filter: /\.wgsl$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "").replace(/^\s+|\s+$/gm, "");
      const tight = code.replace(/ ?([{}()[\],;:+]) ?|(?<==) /g, "$1");
      return { contents: tight, loader: "text" };
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

// What is imported when it is needed becomes a file of its own, a part. esbuild makes a file for every combination of
// files that need a module; but a part is loaded by the library, which is there. So each part names the library, and what
// they have in common lies in one file.
const parts = (library) => ({
  name: "parts",
  setup(build) {
    build.onResolve({ filter: /\.js$/ }, ({ kind, path, resolveDir }) =>
      kind === "dynamic-import"
        ? { path: resolve(resolveDir, path).replace(/\.js$/, ".ts"), namespace: "part" }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: "part" }, ({ path }) => {
      const [part, all] = [path, resolve(root, library)].map((file) => JSON.stringify(file));
      return { contents: `import * as all from ${all};\nexport * from ${part};`, resolveDir: root };
    });
  },
});

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

const inParts = (library) => ({
  ...forPage,
  plugins: [...plugins, parts(library)],
  splitting: true,
  chunkNames: "parts/[name]-[hash]",
});

const library = { ...inParts("src/index.ts"), entryPoints: ["src/index.ts"], outdir: "dist" };
const training = { ...inParts("src/train.ts"), entryPoints: ["src/train.ts"] };

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
 * The bytes of an entry and its parts, minified and gzipped: those that are loaded with the entry, those that `more` parts
 * load besides, and all.
 */
async function sizesOf(options, entry, more = []) {
  const only = { minify: true, sourcemap: false, write: false, metafile: true, outdir: "dist" };
  const { outputFiles, metafile } = await esbuild.build({ ...options, ...only });
  const sizes = new Map(
    outputFiles.map(({ path, contents }) => [
      relative(root, path).replaceAll("\\", "/"),
      gzipSync(contents, { level: 9 }).length,
    ]),
  );
  const { outputs } = metafile;
  const entryOf = (file) => (path) => outputs[path].entryPoint?.endsWith(file);
  const loaded = new Set();
  const load = (file) => {
    const path = file in outputs ? file : Object.keys(outputs).find(entryOf(file));
    if (path === undefined) throw new Error(`no part of the library is made of ${file}`);
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: other, kind } of outputs[path].imports) {
      if (kind === "import-statement") load(other);
    }
  };
  const sum = (paths) => [...paths].reduce((total, path) => total + sizes.get(path), 0);
  const sumOf = (files) => {
    for (const file of files) load(file);
    return sum(loaded);
  };
  return [sumOf([entry]), sumOf(more), sum(sizes.keys())];
}

/** What the library weighs, in words. Throws when something is over its budget. */
export async function librarySize() {
  const sizes = await sizesOf(library, "src/index.ts", OF_A_MODEL);
  const lines = Object.entries(BUDGETS).map(([what, budget], i) => {
    if (sizes[i] <= budget) return `${what} ${sizes[i]} bytes (budget ${budget})`;
    throw new Error(`The library's ${what} is ${sizes[i]} bytes, its budget is ${budget}`);
  });
  return `${lines.join(", ")}, minified and gzipped`;
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
  ...inParts("src/index.ts"),
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
  console.log(`element: ${await elementSize()} bytes beside it (budget ${ELEMENT_BUDGET})`);
  const [first, , all] = await sizesOf(training, "src/train.ts");
  console.log(`training: ${first} bytes, with its parts ${all}`);
  const { values } = parseArgs({
    options: { serve: { type: "boolean" }, files: { type: "string" } },
  });
  await buildDemo(undefined, values.files);
  if (values.serve) await serveDemo();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main();
}
