// Who may import whom. The rooms of src/ stand one above the other and know only what is below them; type imports and
// dynamic imports count like all others.

import { readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { glob } from "tinyglobby";
import * as assert from "uvu/assert";
import { suite } from "./support/harness.js";

// Each room with those that it may import from, the lowest first. Rooms within a room are one with it, except where a line
// here says otherwise; `index.ts` and `train.ts` are the doors of the library.
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  tensor: [],
  chrome: [],
  shaders: ["tensor"],
  options: ["tensor"],
  onnx: ["tensor"],
  ops: ["tensor", "shaders", "onnx"],
  graph: ["tensor", "options", "ops", "onnx"],
  methods: ["tensor", "shaders", "options", "ops"],
  plan: ["tensor", "shaders", "options", "ops", "graph", "methods"],
  gpu: ["tensor", "shaders", "options"],
  image: ["tensor", "options", "ops", "onnx", "gpu"],
  picture: ["tensor", "shaders", "options", "gpu", "image"],
  model: [
    ...["tensor", "shaders", "options", "ops", "onnx", "graph", "methods", "plan"],
    ...["gpu", "image", "picture"],
  ],
  explain: [
    ...["tensor", "shaders", "options", "ops", "graph", "methods", "plan"],
    ...["gpu", "image", "picture", "model"],
  ],
  train: ["tensor", "shaders", "ops", "onnx", "graph", "plan", "gpu", "model"],
  "train/command": ["tensor", "options", "onnx", "chrome", "gpu", "train"],
  element: ["index.ts", "options"],
  cli: [
    ...["chrome", "index.ts", "tensor", "options", "onnx", "graph", "methods", "plan"],
    ...["image", "model", "explain"],
  ],
};

/** What only types may be imported of: a room above must not run what these do. */
const TYPES_ALONE: readonly (readonly [from: string, of: string])[] = [
  ["ops", "onnx"],
  ["graph", "onnx"],
  ["image", "ops"],
  ["image", "onnx"],
];

const test = suite("imports");

for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
  test(`${room} knows ${allowed.join(", ") || "nothing"}`, async () => {
    const files = (await sources()).filter((file) => roomOf(file) === room);
    assert.ok(files.length > 0, `there is no ${room}`);
    for (const file of files) {
      for (const { path } of await importsOf(file)) {
        const other = roomOf(path);
        if (!path.endsWith(".ts")) continue;
        const isOwn = other === room || other === room.split("/")[0];
        assert.ok(isOwn || allowed.includes(other), `${file} imports ${path}`);
      }
    }
  });
}

test("of some rooms others know the types alone", async () => {
  for (const file of await sources()) {
    for (const { path, isType } of await importsOf(file)) {
      const isMeant = TYPES_ALONE.some(
        ([from, of]) => roomOf(file) === from && roomOf(path) === of,
      );
      assert.ok(isType || !isMeant, `${file} imports more than types of ${path}`);
    }
  }
});

test("every file is in a room that has a rule, or is a door", async () => {
  const doors = ["index.ts", "element.ts", "train.ts", "cli.ts"];
  for (const file of await sources()) {
    const room = roomOf(file);
    assert.ok(doors.includes(room) || room in MAY_IMPORT, `${file} is in no room`);
  }
});

test("of the single dispatch others know its door alone", async () => {
  for (const file of await sources()) {
    if (file.startsWith("plan/single/")) continue;
    for (const { path } of await importsOf(file)) {
      const isInside = path.startsWith("plan/single/") && path !== "plan/single/playable.ts";
      assert.not.ok(isInside, `${file} imports ${path}`);
    }
  }
});

test("the demo knows the public names alone", async () => {
  for (const file of await sources("demo")) {
    for (const { path } of await importsOf(file, "demo")) {
      const isPublic = !path.startsWith("../src/") || /^\.\.\/src\/(index|train)\.ts$/.test(path);
      assert.ok(isPublic, `demo/${file} imports ${path}`);
    }
  }
});

test("the library knows neither Node, nor the command line, nor the element", async () => {
  const isForeign = (file: string) => /^(node:|cli|chrome\/|element|puppeteer)/.test(file);
  assert.equal([...(await reachable("index.ts"))].filter(isForeign), []);
});

test("nothing imports itself by a detour", async () => {
  for (const folder of ["src", "demo"]) {
    const done = new Set<string>();
    const visit = async (file: string, path: readonly string[]): Promise<void> => {
      const start = path.indexOf(file);
      assert.ok(start < 0, [...path.slice(start), file].join(" → "));
      if (done.has(file)) return;
      for (const { path: other } of await importsOf(file, folder)) {
        if (!other.startsWith("..")) await visit(other, [...path, file]);
      }
      done.add(file);
    };
    for (const file of await sources(folder)) await visit(file, []);
  }
});

/** The room of a file of src/: a room within a room only where it has a rule of its own. */
function roomOf(file: string): string {
  const folders = dirname(file).split("/");
  const within = folders.slice(0, 2).join("/");
  if (within in MAY_IMPORT) return within;
  return folders[0] === "." ? file : (folders[0] as string);
}

async function sources(folder = "src"): Promise<string[]> {
  return await glob("**/*.ts", { cwd: folder, ignore: "**/*.d.ts" });
}

interface Import {
  /** Of a file relative to the folder, or the name of a package, as of Node's. */
  readonly path: string;
  readonly isType: boolean;
}

const STATIC = /^(?:import|export)\b(?<type> type)?(?<names>[^;"]*?) from "(?<path>[^"]+)";$/gm;
const DYNAMIC = /\bimport\("(?<path>[^"]+)"\)/g;

// What a file imports, in whatever way. Data, sheets and shaders are left out.
async function importsOf(file: string, folder = "src"): Promise<Import[]> {
  if (!file.endsWith(".ts")) return [];
  const text = await readFile(join(folder, file), "utf8");
  return [...text.matchAll(STATIC), ...text.matchAll(DYNAMIC)].flatMap(({ groups = {} }) => {
    const { path = "", type, names = "" } = groups;
    if (/\.(json|wgsl|txt|css|onnx)$/.test(path) || path.startsWith("/")) return [];
    const whole = path.startsWith(".") ? normalize(join(dirname(file), path)) : path;
    const isType = type !== undefined || allTypes(names);
    return [{ path: whole.replaceAll("\\", "/").replace(/\.js$/, ".ts"), isType }];
  });
}

/** True of `{ type A, type B }`. */
const allTypes = (names: string) => /^\s*\{(\s*type \w+( as \w+)?,?)+\s*\}$/.test(names);

async function reachable(file: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(file)) return found;
  found.add(file);
  for (const { path } of await importsOf(file)) await reachable(path, found);
  return found;
}

test.run();
