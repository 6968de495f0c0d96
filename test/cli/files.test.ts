// Which files the command line reads and writes, in a folder that is made for it.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import {
  checkModel,
  expandInputs,
  placeOutputs,
  readLabels,
  writeResult,
} from "../../src/cli/files.js";
import { smallNetwork } from "../models/tiny.js";
import { suite } from "../support/harness.js";

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

test("keeps the endings of inputs that differ by nothing else", () => {
  const inputs = ["cat.jpg", "dog.jpg", "more/cat.png"];
  const place = (png: string) => placeOutputs(inputs, { ...outputs, png }).map(({ png }) => png);
  assert.equal(place("{name}.map.png"), ["cat.jpg.map.png", "dog.map.png", "cat.png.map.png"]);
  assert.equal(
    place("maps/"),
    ["cat.jpg.png", "dog.png", "cat.png.png"].map((n) => join("maps", n)),
  );
});

test("does not write two results to one file", async () => {
  const error = (inputs: string[], png: string) =>
    message(() => placeOutputs(inputs, { ...outputs, png }));
  assert.match(await error(["a.jpg", "b.jpg"], "map.png"), "put {name} in it, or give a folder");
  for (const pattern of ["{name}.png", "./{name}.png", "maps/"]) {
    const sentence = await error(["x/a.jpg", "y/a.jpg"], pattern);
    assert.match(
      sentence,
      /^x\/a.jpg and y\/a.jpg would both be written to .*a.jpg.png: their names/,
    );
    assert.match(sentence, "explain them in two runs");
  }
  const one = { png: "x", npy: "./x", json: undefined };
  assert.is(
    await message(() => placeOutputs(["a.jpg"], one)),
    "--out and --npy of a.jpg would both be written to ./x: name two files",
  );
  assert.match(
    await error(["a.png", "b.jpg"], "{name}.png"),
    "over the input a.png: give it another",
  );
});

test("says which model cannot be read, and why", () =>
  inFolder(async (folder) => {
    const fault = (...names: string[]) => message(() => checkModel(join(folder, ...names)));
    assert.match(
      await fault("none.onnx"),
      /the model .*none.onnx cannot be read: there is no such file$/,
    );
    assert.match(await fault(), /the model .* is a folder, and no .onnx file is in it$/);
    for (const name of ["a", "b", "c", "d"]) await writeFile(join(folder, `${name}.onnx`), "");
    assert.match(await fault(), /is a folder; give a file of it: .*a.onnx, .*c.onnx and 1 more$/);
    assert.match(await fault("a.onnx"), /a.onnx: not an ONNX model: the file is empty$/);
    await writeFile(join(folder, "a.onnx"), "<html>Not found</html>");
    assert.match(await fault("a.onnx"), /a.onnx: not an ONNX model: it is a web page/);
    await writeFile(join(folder, "a.onnx"), smallNetwork().bytes());
    assert.is(await fault("a.onnx"), "nothing is wrong");
    await writeFile(join(folder, "saved_model.pb"), "");
    for (const names of [[], ["saved_model.pb"]]) {
      assert.match(await fault(...names), `--saved-model ${folder} --output model.onnx`);
    }
  }));

test("says why a result cannot be written", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "file"), "");
    const write = (...names: string[]) => message(() => writeResult(join(folder, ...names), "x"));
    assert.match(
      await write("file", "map.png"),
      /map.png cannot be written: a part of its path is/,
    );
    await mkdir(join(folder, "map.png"));
    assert.match(await write("map.png"), /map.png cannot be written: it is a folder$/);
  }));

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
