// Which files the command line reads and writes, in a folder that is made for it.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { expandInputs, placeOutputs, readLabels } from "../../src/cli/files.js";
import { suite } from "../harness.js";

const test = suite("cli/files");

async function inFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-"));
  try {
    await action(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function message(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing is wrong";
}

const outputs = { png: undefined, npy: undefined, json: undefined };

test("expands globs in order, each file once", () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, "deep"));
    for (const file of ["b.jpg", "a.jpg", "c.png", "deep/d.jpg", "[x].jpg"]) {
      await writeFile(join(folder, file), "");
    }
    const expand = async (...inputs: string[]) =>
      (await expandInputs(inputs.map((input) => join(folder, input)))).map((file) =>
        file.slice(folder.length + 1).replaceAll("\\", "/"),
      );
    assert.equal(await expand("b.jpg", "[ab].jpg"), ["b.jpg", "a.jpg"]);
    assert.equal(await expand("?.{jpg,png}"), ["a.jpg", "b.jpg", "c.png"]);
    assert.equal(await expand("**/d.jpg"), ["deep/d.jpg"]);
    assert.equal(await expand("[x].jpg"), ["[x].jpg"]);
    assert.match(await message(() => expand("*.gif")), "there is no file");
    assert.match(await message(() => expand("none.jpg")), "there is no file");
    assert.match(await message(() => expand("deep")), "is a folder");
  }));

test("puts results where they are asked for", () =>
  inFolder(async (folder) => {
    const place = (png: string) => placeOutputs(["photos/cat.1.jpg"], { ...outputs, png })[0]?.png;
    assert.is(place("map.png"), "map.png");
    assert.is(place("out/{name}-{name}.png"), "out/cat.1-cat.1.png");
    assert.is(place("new/"), join("new", "cat.1.png"));
    assert.is(place(folder), join(folder, "cat.1.png"));
    assert.equal(placeOutputs(["a.jpg"], outputs), [outputs]);
  }));

test("does not write two results to one file", async () => {
  const error = (inputs: string[], png: string) =>
    message(() => placeOutputs(inputs, { ...outputs, png }));
  assert.match(await error(["a.jpg", "b.jpg"], "map.png"), "put {name} in it");
  assert.match(await error(["x/a.jpg", "y/a.jpg"], "{name}.png"), "both be written to a.png");
  assert.match(await error(["x/a.jpg", "a.png"], "maps/"), "both be written to");
  const one = { png: "x", npy: "x", json: undefined };
  assert.match(await message(() => placeOutputs(["a.jpg"], one)), "both be written to x");
});

test("reads labels, and says which file has none", () =>
  inFolder(async (folder) => {
    const path = join(folder, "labels");
    await writeFile(path, "tench, Tinca\r\ngold fish\r\n");
    assert.equal(await readLabels(path), ["tench, Tinca", "gold fish"]);
    await writeFile(path, "[1, 2]");
    assert.match(await message(() => readLabels(path)), `${path} cannot be used: it is neither`);
    assert.match(await message(() => readLabels(join(folder, "none"))), "cannot be read");
  }));

test.run();
