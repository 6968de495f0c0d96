// Builds everything into dist/: the library, the command line, the demo. `--serve` then serves the demo, with
// the models and photos of a folder on its shelf after `--files FOLDER`.
// The tests and the benchmarks bundle themselves with the same options.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { interpolateInferno, interpolateViridis } from "d3-scale-chromatic";
import * as esbuild from "esbuild";

/** The root of the project. */
export const root = fileURLToPath(new URL(".", import.meta.url));

// Bytes, minified and gzipped: what a page loads with the library, and what the first map of an ordinary convolutional
// network takes in all; and of the element, what it adds to the library.
const BUDGETS = { "first load": 40_000, "first map": 100_000, element: 6_200 };

// The parts that every model brings along.
const OF_A_MODEL = ["src/onnx/decode.ts", "src/model/model.ts", "src/shaders/network.ts"];

// A .wgsl file says in its first lines what it needs:
//   #import run, taps    these files, which lie beside it or in shaders/shared, come before it, each of them once
//   #replaces lanes1     where both are imported, this file alone
// What is imported is a module of its own, so that parts share it: a shader's text is the sum of the texts of its files.
const SHARED = join(root, "shaders/shared");

const shaders = {
  name: "shaders",
  setup(build) {
    build.onLoad({ filter: /\.wgsl$/, namespace: "file" }, async ({ path }) => {
      const files = await filesOfShader(path);
      // Directives come before anything else.
      const before = files.flatMap(({ directives }) => directives).join("");
      const names = files.map((_, i) => `text${i}`);
      const lines = files.map(
        (file, i) => `import ${names[i]} from "shader:${relative(root, file.path)}";`,
      );
      const sum = [...(before ? [JSON.stringify(before)] : []), ...names].join(" + ");
      const contents = `${lines.join("\n")}\nexport default ${sum};`;
      return { contents, watchFiles: files.map((file) => file.path) };
    });
    build.onResolve({ filter: /^shader:/ }, ({ path }) => ({
      path: path.slice("shader:".length).replaceAll("\\", "/"),
      namespace: "shader",
      sideEffects: false,
    }));
    build.onLoad({ filter: /./, namespace: "shader" }, async ({ path }) => ({
      contents: (await shaderFile(join(root, path))).text,
      loader: "text",
    }));
  },
};

/** A .wgsl file: its own text, and what stands in its first lines. */
async function shaderFile(path) {
  const lines = tight(await readFile(path, "utf8"));
  const namesAfter = (word) =>
    lines.flatMap((line) =>
      line.startsWith(`#${word} `) ? line.slice(word.length + 2).split(",") : [],
    );
  const isDirective = (line) => /^(enable|diagnostic|requires)\b/.test(line);
  const own = lines.filter((line) => !line.startsWith("#") && !isDirective(line));
  return {
    path,
    text: own.map((line) => `${line}\n`).join(""),
    imports: namesAfter("import"),
    replaces: namesAfter("replaces"),
    directives: lines.filter(isDirective),
  };
}

/** A shader's file after all that it needs, each file after what it needs itself. */
async function filesOfShader(path) {
  const found = new Map();
  const visit = async (file) => {
    if (found.has(file)) return;
    found.set(file, undefined);
    const read = await shaderFile(file);
    for (const name of read.imports) {
      const places = [dirname(file), SHARED].map((folder) => join(folder, `${name}.wgsl`));
      const place = places.find((each) => existsSync(each));
      if (!place) throw new Error(`${relative(root, file)}: there is no "${name}.wgsl" to import`);
      await visit(place);
    }
    found.delete(file);
    found.set(file, read);
  };
  await visit(path);
  const files = [...found.values()];
  const replaced = new Set(files.flatMap(({ replaces }) => replaces));
  return files.filter((file) => !replaced.has(basename(file.path, ".wgsl")));
}

// Shaders travel without their comments, their indentation and the blanks around punctuation; their lines stay, because
// messages name them. WGSL has no strings that could hold what looks like any of it.
function tight(text) {
  const lines = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "").split("\n");
  const filled = lines.map((line) => line.trim()).filter(Boolean);
  return filled.map((line) => line.replace(/ ?([{}()[\],;:+]) ?|(?<==) | (?=[=*])/g, "$1"));
}

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

// wgpu-matrix makes all functions of a namespace in one closure that returns them, so that a bundler cannot leave out
// those that nobody calls. In its place each namespace is a module, with what is in the closure at the top, and with
// the functions alone that the library or the demo calls.
const matrices = {
  name: "matrices",
  setup(build) {
    build.onLoad(
      { filter: /\bwgpu-matrix\b.*module\.js$/, namespace: "file" },
      async ({ path }) => {
        const [text, called] = await Promise.all([readFile(path, "utf8"), callsOfMatrices()]);
        const lines = [...called.keys()].map(
          (name) => `export * as ${name} from "matrices/${name}";`,
        );
        return { contents: lines.join("\n"), pluginData: { text, called } };
      },
    );
    build.onResolve({ filter: /^matrices\// }, ({ path, pluginData }) => {
      const name = basename(path);
      const contents = matrixModule(pluginData.text, name, pluginData.called.get(name));
      return { path: name, namespace: "matrices", sideEffects: false, pluginData: contents };
    });
    build.onLoad({ filter: /./, namespace: "matrices" }, ({ pluginData }) => ({
      contents: pluginData,
    }));
  },
};

/** The names of wgpu-matrix's functions that sources call, by namespace. */
async function callsOfMatrices() {
  const called = new Map();
  for (const folder of ["src", "demo"]) {
    for (const path of await readdir(root + folder, { recursive: true })) {
      if (!path.endsWith(".ts")) continue;
      const text = await readFile(join(root, folder, path), "utf8");
      if (!text.includes('"wgpu-matrix"')) continue;
      for (const [, name, call] of text.matchAll(/\b((?:mat|vec)\dd?)\.(\w+)/g)) {
        called.set(name, (called.get(name) ?? new Set()).add(call));
      }
    }
  }
  return called;
}

/** A namespace of wgpu-matrix as a module of some of its functions; those whose names end in "d" are of doubles. */
function matrixModule(text, name, functions) {
  const [before, after = ""] = text.split(/^function wgpuMatrixAPI\(/m);
  const [, maker] = after.match(`${name.replace(/d$/, "")}: getAPI([$\\d]*)\\(`) ?? [];
  const [, rest] = before.split(`function getAPIImpl${maker}(Ctor) {\n`);
  const [closure] = rest?.split(/^ {4}return \{\n/m) ?? [];
  if (closure === undefined) throw new Error("wgpu-matrix is not written as build.mjs expects");
  // Functions of the package that have the name of one in the closure are hidden there.
  const own = new Set(Array.from(closure.matchAll(/^ {4}function (\w+)/gm), ([, inner]) => inner));
  const outer = before.replace(/^function (\w+)\([\s\S]*?^\}\n/gm, (whole, other) =>
    own.has(other) ? "" : whole,
  );
  const numbers = `const Ctor = ${name.endsWith("d") ? "Float64Array" : "Float32Array"};`;
  const module = [outer, numbers, closure, `export { ${[...functions].join(", ")} };`].join("\n");
  return module.replace(/(?<= = )(?=(getAPI[$\d]*|wrapConstructor)\()/g, "/* @__PURE__ */ ");
}

// A dynamic import makes a file of its own, a part. esbuild makes a chunk for every combination of files that need a
// module; but what loads a part has loaded the library. So each part names the library, and what they have in common
// lies in one chunk.
const parts = {
  name: "parts",
  setup(build) {
    // Places count from the root, so that source maps name no folder of the machine that built them.
    build.onResolve({ filter: /\.(js|wgsl)$/ }, ({ kind, path, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined;
      const file = relative(root, resolve(resolveDir, path)).replaceAll("\\", "/");
      return { path: file.replace(/\.js$/, ".ts"), namespace: "part" };
    });
    build.onLoad({ filter: /./, namespace: "part" }, ({ path }) => {
      // What loads a shader has loaded those of ordinary networks, and with them most of what shaders import.
      const [all, names] = path.endsWith(".wgsl")
        ? ["src/shaders/network.ts", "{ default }"]
        : ["src/index.ts", "*"];
      const contents = `import * as all from "./${all}";\nexport ${names} from "./${path}";`;
      return { contents, resolveDir: root };
    });
  },
};

// What reads protocol buffers comes with every model, what writes them hardly ever: as two modules of one file, each is left
// without the other half.
const buffers = {
  name: "buffers",
  setup(build) {
    build.onResolve({ filter: /^pbf$/ }, ({ importer }) => ({
      path: resolve(root, "node_modules/pbf/index.js"),
      suffix: /write/.test(basename(importer)) ? "?write" : "?read",
      sideEffects: false,
    }));
  },
};

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

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  sourcemap: true,
  loader: { ".txt": "text", ".onnx": "binary" },
  plugins: [shaders],
  logLevel: "warning",
};

/** Options for code that runs in a page or a worker. */
export const forPage = { ...common, platform: "browser" };

/** Options for code that runs in Node; packages stay outside of the bundle. */
export const forNode = { ...common, platform: "node", target: "node20", packages: "external" };

const inParts = {
  ...forPage,
  plugins: [...forPage.plugins, palettes, matrices, buffers, sheets, parts],
  splitting: true,
  chunkNames: "parts/[name]-[hash]",
};

// The three are built at once, so that they share their parts: a page with several of them has each once.
const library = {
  ...inParts,
  entryPoints: ["src/index.ts", "src/element.ts", "src/train.ts"],
};

/** Builds what pages import, index.js, element.js and train.js, into a folder. */
export async function buildLibrary(folder) {
  await esbuild.build({ ...library, outdir: folder });
}

/** Builds what pages import, and the command line around it, into a folder. */
export async function buildProgram(folder = `${root}dist`) {
  const network = (ending) =>
    cp(`${root}demo/models/mnist-clean${ending}`, `${folder}/models/mnist-clean${ending}`);
  await Promise.all([
    network(".onnx"),
    network(".json"),
    buildLibrary(folder),
    esbuild.build({
      ...forPage,
      sourcemap: false,
      entryPoints: ["src/cli/page.ts"],
      outfile: `${folder}/cli/page.js`,
      external: ["../index.js"],
    }),
    // Everything but Puppeteer goes into the file; `require` is for the CommonJS packages among it.
    esbuild.build({
      ...forNode,
      sourcemap: false,
      packages: "bundle",
      external: ["puppeteer"],
      entryPoints: ["src/cli.ts"],
      outfile: `${folder}/cli.js`,
      banner: {
        js: '#!/usr/bin/env node\nimport { createRequire as requireFrom } from "node:module";\nconst require = requireFrom(import.meta.url);',
      },
    }),
  ]);
}

/** Builds the library minified; gives which of its files some sources load, and what files weigh gzipped, in bytes. */
async function weigher() {
  const only = { minify: true, sourcemap: false, write: false, metafile: true, outdir: "dist" };
  const { outputFiles, metafile } = await esbuild.build({ ...library, ...only });
  const sizes = new Map(
    outputFiles.map(({ path, contents }) => [
      relative(root, path).replaceAll("\\", "/"),
      gzipSync(contents, { level: 9 }).length,
    ]),
  );
  const { outputs } = metafile;
  const fileOf = (source) => {
    const made = Object.keys(outputs).find((path) => outputs[path].entryPoint?.endsWith(source));
    if (made === undefined) throw new Error(`no file of the library is made of ${source}`);
    return made;
  };
  const loadedBy = (sources, kinds = ["import-statement"]) => {
    const loaded = new Set();
    const load = (path) => {
      if (loaded.has(path)) return;
      loaded.add(path);
      for (const { path: other, kind } of outputs[path].imports) {
        if (kinds.includes(kind)) load(other);
      }
    };
    for (const source of sources) load(fileOf(source));
    return loaded;
  };
  const sum = (paths) => [...paths].reduce((total, path) => total + sizes.get(path), 0);
  return { loadedBy, sum };
}

/** What the library weighs, in words. Throws when something is over its budget. */
export async function librarySize() {
  const { loadedBy, sum } = await weigher();
  const first = loadedBy(["src/index.ts"]);
  const element = [...loadedBy(["src/element.ts"])].filter((path) => !first.has(path));
  const sizes = {
    "first load": sum(first),
    "first map": sum(loadedBy(["src/index.ts", ...OF_A_MODEL])),
    element: sum(element),
  };
  const lines = Object.entries(BUDGETS).map(([what, budget]) => {
    if (sizes[what] <= budget) return `${what} ${sizes[what]} bytes (budget ${budget})`;
    throw new Error(`The library's ${what} is ${sizes[what]} bytes, its budget is ${budget}`);
  });
  const everything = sum(loadedBy(["src/index.ts"], ["import-statement", "dynamic-import"]));
  const training = sum(loadedBy(["src/train.ts"]));
  return `${lines.join(", ")}, everything ${everything} bytes; training ${training} bytes; minified and gzipped`;
}

/**
 * Writes the type declarations of what pages import into a folder: the files that the three entries reach, and the
 * names that not every compiler knows (src/platform.d.ts).
 */
export async function declarations(folder = `${root}dist`) {
  const flags = ["--noEmit", "false", "--emitDeclarationOnly", "--outDir", folder];
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "src/tsconfig.library.json", ...flags];
  const { status, stdout } = spawnSync(process.execPath, [...tsc, "--listEmittedFiles"], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The type declarations could not be written:\n${stdout}`);
  const entries = library.entryPoints.map((path) =>
    resolve(folder, basename(path).replace(".ts", ".d.ts")),
  );
  const reached = new Set(entries);
  for (const file of reached) {
    const text = await readFile(file, "utf8");
    for (const [, name] of text.matchAll(/(?:from|import\() ?"(\.[^"]+)\.js"/g)) {
      reached.add(join(dirname(file), `${name}.d.ts`));
    }
    // Typed arrays are generic from TypeScript 5.7 on only.
    const plain = text.replace(/\b(\w+Array)<ArrayBuffer>/g, 'ReturnType<$1Constructor["of"]>');
    const reference = entries.includes(file) ? '/// <reference path="./platform.d.ts" />\n' : "";
    // What a framework adds is no error where it is not installed.
    const unchecked = /^declare module "/m.test(text) ? "// @ts-nocheck\n" : "";
    await writeFile(file, unchecked + reference + plain);
  }
  await cp(`${root}src/platform.d.ts`, `${folder}/platform.d.ts`);
  const emitted = [...stdout.matchAll(/^TSFILE: (.*\S)/gm)].map(([, file]) => resolve(root, file));
  const unreached = emitted.filter((file) => !reached.has(file));
  await Promise.all(unreached.map((file) => rm(file)));
}

/** Packs what would be published, built anew in a folder of its own; gives the path of the tarball. */
export async function pack(folder) {
  const here = join(folder, "package");
  for (const name of ["package.json", "README.md", "LICENSE"]) {
    await cp(join(root, name), join(here, name));
  }
  await Promise.all([buildProgram(join(here, "dist")), declarations(join(here, "dist"))]);
  const npm = ["pack", "--ignore-scripts", "--json"];
  const shell = process.platform === "win32";
  const { status, stdout, stderr } = spawnSync("npm", npm, { cwd: here, shell, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  return join(here, JSON.parse(stdout)[0].filename);
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
  await declarations();
  console.log(await librarySize());
  const { values } = parseArgs({
    options: { serve: { type: "boolean" }, files: { type: "string" } },
  });
  await buildDemo(undefined, values.files);
  if (values.serve) await serveDemo();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main();
}
