// The command line from end to end: a real Chrome, files in and files out. The built program starts a browser for each
// run, so most tests call what it calls, with pages of the browser that all tests share. The network is linear, so its
// gradient is known and noise changes nothing: ∂logit_k/∂x[c,h,w] = W[k,c] / (H·W).

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as assert from "uvu/assert";
import { main } from "../../src/cli/main.js";
import { presets } from "../../src/options/preprocess.js";
import { readNpy, writeNpy } from "../../src/tensor/npy.js";
import { caffeNetwork } from "../models/colors.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { smallNetwork } from "../models/tiny.js";
import { openTab } from "../support/browser.js";
import { close, randn, suite } from "../support/harness.js";
import { processesOf } from "../support/processes.js";

const test = suite("cli/explain");

const DIST = resolve("dist");
const HEIGHT = 4;
const WIDTH = 6;
const WEIGHTS = [1, -2, 3, 0.5, 0.25, -0.125];

function linearNetwork(height: number | string = HEIGHT, width: number | string = WIDTH) {
  const g = new OnnxBuilder();
  const pooled = g.node("GlobalAveragePool", [g.input("x", ["N", 3, height, width])]);
  const flat = g.node("Flatten", [pooled]);
  const weights = g.constant("w", WEIGHTS, [2, 3]);
  g.output(g.node("Gemm", [flat, weights], { transB: 1 }, { output: "logits" }), ["N", 2]);
  return g.bytes();
}

const gradientOf = (target: number) =>
  Float32Array.from(
    { length: 3 * HEIGHT * WIDTH },
    (_, i) => (WEIGHTS[3 * target + Math.floor(i / (HEIGHT * WIDTH))] as number) / (HEIGHT * WIDTH),
  );

// A picture of one color, 24 bits a pixel: the plainest file that Chrome decodes.
function bitmapFile(width: number, height: number, [red, green, blue]: readonly number[]): Buffer {
  const row = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(54 + row * height);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) file.set([blue, green, red] as number[], 54 + y * row + 3 * x);
  }
  return file;
}

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What the words come to in a folder, in a page of the browser that is open already. */
async function smoothgrad(folder: string, words: string[]): Promise<Outcome> {
  const outcome: Outcome = { code: null, stdout: "", stderr: "" };
  const before = process.cwd();
  process.chdir(folder);
  try {
    outcome.code = await main(words, {
      dist: DIST,
      openPage: (routes) => openTab(routes),
      out(line) {
        outcome.stdout += `${line}\n`;
      },
      err(line) {
        outcome.stderr += `${line}\n`;
      },
    });
  } finally {
    process.chdir(before);
  }
  return outcome;
}

/** What the built program does with them, a process and a browser of its own. */
function program(
  folder: string,
  words: string[],
  whenItPrints?: (child: ChildProcess) => void,
): Promise<Outcome> {
  const env = { ...process.env, TMPDIR: folder, TEMP: folder };
  const child = spawn(process.execPath, [join(DIST, "cli.js"), ...words], { cwd: folder, env });
  const outcome = { code: null as number | null, stdout: "", stderr: "" };
  child.stdout.once("data", () => whenItPrints?.(child));
  child.stdout.on("data", (text) => {
    outcome.stdout += text;
  });
  child.stderr.on("data", (text) => {
    outcome.stderr += text;
  });
  return new Promise((done) => child.on("close", (code) => done({ ...outcome, code })));
}

async function inFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-"));
  try {
    await writeFile(join(folder, "linear.onnx"), linearNetwork());
    await writeFile(join(folder, "red.bmp"), bitmapFile(24, 16, [255, 0, 0]));
    await action(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("explains a picture and a tensor in one run", () =>
  inFolder(async (folder) => {
    const tensor = randn(3 * HEIGHT * WIDTH, 5);
    await writeFile(join(folder, "tensor.npy"), writeNpy(tensor, [1, 3, HEIGHT, WIDTH]));
    await writeFile(join(folder, "labels.txt"), "first\nsecond\n");
    const words =
      "explain *.bmp tensor.npy --model linear.onnx --labels labels.txt --preprocess unit --target second --samples 7 --out {name}.png --npy maps/{name}.npy --json {name}.json";
    const { code, stdout, stderr } = await program(folder, words.split(" "));
    assert.is(stderr, "");
    assert.is(code, 0);
    assert.equal(stdout.match(/^\S+/gm), ["red.bmp:", "tensor.npy:"]);

    for (const name of ["red", "tensor"]) {
      const { data, shape } = readNpy(await readFile(join(folder, "maps", `${name}.npy`)));
      assert.equal(shape, [3, HEIGHT, WIDTH]);
      close(data, gradientOf(1));
      const png = await readFile(join(folder, `${name}.png`));
      assert.equal([png.readUInt32BE(16), png.readUInt32BE(20)], [WIDTH, HEIGHT]);
    }

    const report = JSON.parse(await readFile(join(folder, "red.json"), "utf8"));
    assert.is(report.target.label, "second");
    assert.is(report.top.length, 2);
    close([report.top[0].logit, report.target.logit], [1, 0.5]);
    assert.is(report.options.samples, 7);
    close([report.sigma], [0.15]);
    assert.ok(report.adapter.length > 0);
    assert.ok(report.memory.peak > 0);
    assert.ok(report.times.total > 0);
    assert.ok(report.times.loading > 0);
    assert.ok(report.standardError < 1e-3);
  }));

test("warns of a network that is sure of nothing, after the line of each picture", () =>
  inFolder(async (folder) => {
    const g = new OnnxBuilder();
    const flat = g.node("Flatten", [g.input("x", ["N", 3, HEIGHT, WIDTH])]);
    const weights = g.weight("w", [40, 3 * HEIGHT * WIDTH], { std: 1e-4 });
    g.output(g.node("Gemm", [flat, weights], { transB: 1 }));
    await writeFile(join(folder, "unsure.onnx"), g.bytes());
    await writeFile(join(folder, "blue.bmp"), bitmapFile(24, 16, [0, 0, 255]));
    const words = "explain *.bmp --model unsure.onnx --samples 2 --json {name}.json";
    const { code, stdout, stderr } = await smoothgrad(folder, words.split(" "));
    assert.is(code, 0);
    assert.equal(stdout.match(/^\S+/gm), ["blue.bmp:", "red.bmp:"]);
    assert.equal(stderr.match(/^smoothgrad: \S+: No class stands out/gm), [
      "smoothgrad: blue.bmp: No class stands out",
      "smoothgrad: red.bmp: No class stands out",
    ]);
    const { warnings } = JSON.parse(await readFile(join(folder, "red.json"), "utf8"));
    assert.is(`smoothgrad: red.bmp: ${warnings.at(-1)}`, stderr.trim().split("\n")[1]);
    assert.match(warnings[0], /^Preprocessing: imagenet, guessed from the 3 channels\./);
  }));

test("an open size is that of the first tensor, or the one that is given", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "open.onnx"), linearNetwork("h", "w"));
    for (const [height, width] of [
      [5, 7],
      [8, 4],
    ] as const) {
      const tensor = writeNpy(randn(3 * height * width, 5), [1, 3, height, width]);
      await writeFile(join(folder, `${height}x${width}.npy`), tensor);
    }
    const shapeOf = async (name: string) => readNpy(await readFile(join(folder, name))).shape;
    const words = "--model open.onnx --preprocess unit --samples 1 --npy maps/{name}.npy".split(
      " ",
    );
    const first = await smoothgrad(folder, ["explain", "red.bmp", "5x7.npy", "8x4.npy", ...words]);
    const wrong =
      /^smoothgrad: 8x4\.npy: the tensor has shape .* load the model with size: \[8, 4\] .*--size 8,4/m;
    assert.match(first.stderr, wrong);
    assert.is(first.code, 1);
    assert.equal(await shapeOf("maps/red.npy"), [3, 5, 7]);
    assert.equal(await shapeOf("maps/5x7.npy"), [3, 5, 7]);
    const asked = await smoothgrad(folder, ["explain", "red.bmp", "--size", "6,9", ...words]);
    assert.is(asked.code, 0, asked.stderr);
    assert.equal(await shapeOf("maps/red.npy"), [3, 6, 9]);
    const fixed = ["explain", "red.bmp", "--model", "linear.onnx", "--size", "6"];
    const { stderr, code } = await smoothgrad(folder, fixed);
    assert.match(
      stderr,
      /^smoothgrad: linear\.onnx: .* is 4 × 6 pixels, not 6 × 6: leave size out/,
    );
    assert.is(code, 1);
  }));

test(
  "measures what half precision errs by, and says it",
  () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "small.onnx"), smallNetwork().bytes());
      const words = "explain red.bmp --model small.onnx --samples 5 --precision";
      const { code, stdout, stderr } = await smoothgrad(folder, [
        ...words.split(" "),
        ...["half", "--json", "red.json"],
      ]);
      assert.is(stderr, "");
      assert.is(code, 0);
      assert.match(
        stdout,
        /, half precision off by \d+\.\d % in 4 samples; preprocessing: imagenet, guessed from the 3 channels → red\.json/,
      );
      const { precisionError, options } = JSON.parse(
        await readFile(join(folder, "red.json"), "utf8"),
      );
      assert.is(options.precision, "half");
      for (const error of [precisionError.map, precisionError.logits]) {
        assert.ok(error > 0 && error < 0.05, `${error}`);
      }
      const wrong = await smoothgrad(folder, [...words.split(" "), "quarter"]);
      assert.is(wrong.code, 1);
      assert.match(wrong.stderr, /--precision must be "single" or "half", got "quarter"/);
    }),
  { long: true },
);

test(
  "measures tiles once, and keeps them in a file",
  () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "small.onnx"), smallNetwork().bytes());
      await writeFile(join(folder, "x.npy"), writeNpy(randn(192, 5), [1, 3, 8, 8]));
      const words = (npy: string) =>
        `explain x.npy --model small.onnx --samples 4 --npy ${npy} --tune tiles.json`.split(" ");
      const first = await smoothgrad(folder, words("first.npy"));
      assert.is(first.stderr, "");
      const written = await readFile(join(folder, "tiles.json"), "utf8");
      const kinds = Object.keys(JSON.parse(written).layers);
      assert.ok(kinds.some((kind) => /^Conv forward \[1,3,8,8\]/.test(kind)));
      const again = await smoothgrad(folder, words("again.npy"));
      assert.is(again.stderr, "");
      // What is known is not measured again, and the map is the same to the bit.
      assert.is(await readFile(join(folder, "tiles.json"), "utf8"), written);
      const [one, two] = await Promise.all(
        ["first.npy", "again.npy"].map((name) => readFile(join(folder, name))),
      );
      assert.equal(one, two);
      await writeFile(join(folder, "tiles.json"), "[]");
      const { stderr, code } = await smoothgrad(folder, words("never.npy"));
      assert.is(code, 1);
      assert.match(stderr, /tiles\.json is no file that --tune wrote/);
    }),
  { long: true },
);

test("subtracts the map of another class", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "small.onnx"), smallNetwork().bytes());
    await writeFile(join(folder, "x.npy"), writeNpy(randn(192, 5), [1, 3, 8, 8]));
    const words =
      "explain x.npy --model small.onnx --target 1 --contrast 4 --samples 4 --npy d.npy --json d.json";
    const { stdout, stderr } = await smoothgrad(folder, words.split(" "));
    assert.is(stderr, "");
    assert.match(stdout, /^x\.npy: class 1 \d+\.\d % against class 4 /);
    const { data, shape } = readNpy(await readFile(join(folder, "d.npy")));
    assert.equal(shape, [8, 8]);
    assert.ok(Math.max(...data) > 0.1 && Math.min(...data) < -0.1);
    const report = JSON.parse(await readFile(join(folder, "d.json"), "utf8"));
    assert.is(report.contrast.index, 4);
  }));

test("takes the colors by which the network knows the first photo, and says so once", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "caffe.onnx"), caffeNetwork());
    await writeFile(join(folder, "blue.bmp"), bitmapFile(24, 16, [0, 0, 255]));
    await writeFile(join(folder, "t.npy"), writeNpy(new Float32Array(192), [1, 3, 8, 8]));
    const words =
      "explain t.npy red.bmp blue.bmp --model caffe.onnx --samples 2 --json {name}.json";
    const { code, stdout, stderr } = await smoothgrad(folder, words.split(" "));
    assert.is(code, 0);
    assert.is(
      stderr.split("\n").find((line) => line.includes("caffe")),
      "smoothgrad: preprocessing: caffe: class 0 100.0 %, by imagenet class 1 5.0 %; pin it with --preprocess caffe",
    );
    const lines = stdout.trim().split("\n");
    assert.match(lines[0] as string, /^t\.npy: class 0 5\.0 %[^;]* → t\.json$/);
    assert.match(
      lines[1] as string,
      /^red\.bmp: class 0 100\.0 %.*; preprocessing: caffe, by the first photo → /,
    );
    assert.match(lines[2] as string, /^blue\.bmp: .*; preprocessing: caffe, by the first photo → /);
    assert.is(stderr.match(/pin it with/g)?.length, 1);
    const report = async (name: string) =>
      JSON.parse(await readFile(join(folder, `${name}.json`), "utf8"));
    assert.equal((await report("blue")).preprocess, { ...presets.caffe, from: "first photo" });
    assert.is((await report("t")).preprocess, null);

    const given = await smoothgrad(folder, [...words.split(" "), "--preprocess", "imagenet"]);
    assert.not.match(given.stderr, /caffe/);
    assert.not.match(given.stdout, /preprocessing/);
    assert.equal((await report("red")).preprocess, { ...presets.imagenet, from: "given" });
  }));

test("reads the cards beside the model: colors of one, names of another", () =>
  inFolder(async (folder) => {
    const card = { do_rescale: false, do_normalize: false };
    await writeFile(join(folder, "preprocessor_config.json"), JSON.stringify(card));
    const names = { id2label: { 0: "warm", 1: "cold" } };
    await writeFile(join(folder, "config.json"), JSON.stringify(names));
    await writeFile(join(folder, "linear.json"), "no card at all");
    const words = "explain red.bmp --model linear.onnx --samples 2 --json red.json";
    const { stdout, stderr } = await smoothgrad(folder, words.split(" "));
    assert.is(stderr, "");
    assert.match(stdout, /^red\.bmp: warm 100\.0 %.*; preprocessing: from the model card → /);
    const { preprocess, labelsFrom } = JSON.parse(await readFile(join(folder, "red.json"), "utf8"));
    assert.equal(preprocess, { scale: 1, from: "card" });
    assert.is(labelsFrom, "card");
  }));

/** A label, several labels with probabilities of their own, a yes or no, and a number. */
function severalOutputs(): Uint8Array {
  const g = new OnnxBuilder();
  const x = g.node("Flatten", [g.node("GlobalAveragePool", [g.input("x", ["N", 3, 4, 6])])]);
  const dense = (name: string, bias: number[]) => {
    const weights = g.constant(`${name} w`, new Float32Array(3 * bias.length), [bias.length, 3]);
    return g.node("Gemm", [x, weights, g.constant(`${name} b`, bias)], { transB: 1 });
  };
  const logits = dense("labels", [14, 13, -2]);
  g.output(g.node("ArgMax", [logits], {}, { output: "label" }), ["N", 1], "int64");
  g.output(g.node("Sigmoid", [logits], {}, { output: "labels" }), ["N", 3]);
  g.output(g.node("Sigmoid", [dense("yes", [-3])], {}, { output: "yes" }), ["N", 1]);
  g.output(g.node("Identity", [dense("age", [34.25])], {}, { output: "age" }), ["N", 1]);
  return g.bytes();
}

for (const [words, said, output, probability, long] of [
  ["", "class 0 100.0 %", "labels", 1 / (1 + Math.exp(-14)), false],
  // Not the softmax of two sigmoids, which would be 42 %.
  ["--output labels --target 1", "class 1 100.0 %", "labels", 1 / (1 + Math.exp(-13)), true],
  ["--output yes", "no 95.3 %", "yes", 1 / (1 + Math.exp(-3)), true],
  ["--output yes --target yes", "yes 4.7 %", "yes", 1 / (1 + Math.exp(3)), false],
  ["--output age", "age 34.25", "age", null, true],
] as const) {
  test(
    `explains the output that it is asked for, and prints what it means: "${words}"`,
    () =>
      inFolder(async (folder) => {
        await writeFile(join(folder, "several.onnx"), severalOutputs());
        const all = `explain red.bmp --model several.onnx --samples 2 --json r.json ${words}`;
        const { code, stdout, stderr } = await smoothgrad(folder, all.trim().split(" "));
        assert.is(code, 0, stderr);
        assert.ok(stdout.startsWith(`red.bmp: ${said}`), stdout);
        const report = JSON.parse(await readFile(join(folder, "r.json"), "utf8"));
        assert.is(report.output, output);
        if (probability === null) assert.is(report.target.probability, null);
        else close([report.target.probability], [probability], { rtol: 1e-6, atol: 0 });
      }),
    { long },
  );
}

test("says which outputs there are, where none has the name that is asked for", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "several.onnx"), severalOutputs());
    const words = "explain red.bmp --model several.onnx --output ages".split(" ");
    const { code, stderr } = await smoothgrad(folder, words);
    assert.is(code, 1);
    assert.match(stderr, /no output "ages"; it has: label int64 \[\?,1\], labels float32 \[\?,3\]/);
  }));

test("goes on after a file that fails, and fails in the end", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "a.txt"), "no picture");
    const words = "explain a.txt red.bmp --model linear.onnx --samples 1";
    const { code, stdout, stderr } = await smoothgrad(folder, words.split(" "));
    assert.match(stderr, /^smoothgrad: a.txt: it is a text that begins with "no picture"; .*\n$/);
    assert.match(
      stdout,
      /^red\.bmp: class 0 \d+\.\d %; preprocessing: imagenet, guessed from the 3 channels → red\.map\.png\n$/,
    );
    assert.ok(existsSync(join(folder, "red.map.png")));
    assert.is(code, 1);
  }));

test("opens files by what they are, and says what no browser can decode", () =>
  inFolder(async (folder) => {
    const red = bitmapFile(24, 16, [255, 0, 0]);
    await writeFile(join(folder, "red.npy"), red);
    await writeFile(join(folder, "x.jpg"), writeNpy(randn(72, 5), [1, 3, HEIGHT, WIDTH]));
    await writeFile(join(folder, "half.bmp"), red.subarray(0, 30));
    await writeFile(join(folder, "short.npy"), writeNpy(randn(70, 5), [70]));
    const words = "explain red.npy x.jpg half.bmp short.npy --model linear.onnx --samples 1";
    const { code, stdout, stderr } = await smoothgrad(folder, words.split(" "));
    assert.is(code, 1);
    assert.match(stdout, /^red.npy: class 0 .*\nx.jpg: class . .*\n$/);
    const [half, short, ...more] = stderr.split("\n");
    assert.is(half, "smoothgrad: half.bmp: the BMP is damaged: Chrome cannot decode it");
    assert.match(`${short}`, /^smoothgrad: short.npy: .*\[70\].*\[1,3,4,6\]/);
    assert.equal(more, [""]);
  }));

test("names the file of weights that is missing, by its place", () =>
  inFolder(async (folder) => {
    const g = new OnnxBuilder();
    const flat = g.node("Flatten", [g.input("x", ["N", 3, HEIGHT, WIDTH])]);
    g.output(g.node("MatMul", [flat, g.weight("w", [72, 2])]), ["N", 2]);
    const [tensor] = g.model.initializers;
    Object.assign(tensor!, { values: [], external: { location: "the weights.bin", length: 576 } });
    await writeFile(join(folder, "parted.onnx"), g.bytes());
    const words = ["explain", "red.bmp", "--model", "parted.onnx"];
    const { code, stderr } = await smoothgrad(folder, words);
    assert.is(code, 1);
    assert.match(
      stderr,
      /^smoothgrad: parted.onnx: the model keeps its weights in a file beside it, which is missing: /,
    );
    assert.ok(stderr.endsWith(`${join(folder, "the weights.bin")}\n`), stderr);
  }));

test("says in one line what is wrong with the model", () =>
  inFolder(async (folder) => {
    const words = ["explain", "red.bmp", "--model", "red.bmp"];
    const { code, stdout, stderr } = await smoothgrad(folder, words);
    assert.is(stdout, "");
    assert.match(stderr, /^smoothgrad: red\.bmp: not an ONNX model.*\n$/);
    assert.is(code, 1);
  }));

test("says in one line what is wrong with the words", () =>
  inFolder(async (folder) => {
    const words = ["explain", "red.bmp", "--samples", "0"];
    const { code, stdout, stderr } = await program(folder, words);
    assert.is(stdout, "");
    assert.match(stderr, /^smoothgrad: --samples must be a whole number.*\n$/);
    assert.is(code, 1);
  }));

// A 7: two strokes on a sheet of this color.
function sevenFile(ink: number, paper: number): Buffer {
  const sheet = bitmapFile(56, 56, [paper, paper, paper]);
  for (let y = 12; y < 46; y++) {
    const slanted = 38 - (y - 12) * 0.45;
    for (let x = 14; x < 41; x++) {
      const isBar = y < 16;
      // Rows of a bitmap begin at the bottom.
      if (isBar || Math.abs(x - slanted) < 2.5)
        sheet.fill(ink, 54 + (55 - y) * 168 + 3 * x, 57 + (55 - y) * 168 + 3 * x);
    }
  }
  return sheet;
}

test("without a model it is the network of digits, white on black or black on white", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "chalk.bmp"), sevenFile(255, 0));
    await writeFile(join(folder, "ink.bmp"), sevenFile(0, 255));
    const words = ["explain", "chalk.bmp", "ink.bmp", "--samples", "4", "--json", "{name}.json"];
    const { code, stdout, stderr } = await program(folder, words);
    assert.is(code, 0, stderr);
    assert.match(stderr, /^smoothgrad: without --model .* handwritten digits .*\n$/);
    assert.match(stdout, /^chalk.bmp: 7 .*\nink.bmp: 7 /);
    const { shape, top } = JSON.parse(await readFile(join(folder, "ink.json"), "utf8"));
    assert.equal(shape, [1, 28, 28]);
    assert.is(top[0].label, "7");
  }));

// One map after the other, so that there is one in the making when the first has been printed.
async function manyMaps(folder: string): Promise<string[]> {
  const names = Array.from({ length: 50 }, (_, i) => `${i}.bmp`);
  for (const name of names) await writeFile(join(folder, name), bitmapFile(24, 16, [255, 0, 0]));
  return ["explain", ...names, "--model", "linear.onnx", "--samples", "2000"];
}

test("stops at Ctrl-C, in silence", () =>
  inFolder(async (folder) => {
    const interrupt = (child: ChildProcess) => child.kill("SIGINT");
    const { code, stdout, stderr } = await program(folder, await manyMaps(folder), interrupt);
    assert.equal({ code, stderr }, { code: 130, stderr: "" });
    assert.ok(stdout.split("\n").length < 50, stdout);
    await noBrowserIn(folder);
  }));

test("ends where nobody reads its lines, as `smoothgrad … | head` has it", () =>
  inFolder(async (folder) => {
    const leave = (child: ChildProcess) => child.stdout?.destroy();
    const { code, stderr } = await program(folder, await manyMaps(folder), leave);
    assert.equal({ code, stderr }, { code: 141, stderr: "" });
    await noBrowserIn(folder);
  }));

for (const signal of ["SIGTERM", "SIGHUP", "SIGKILL"] as const) {
  const long = signal !== "SIGKILL";
  test(
    `takes its browser along when ${signal} ends it in the middle of a map`,
    () =>
      inFolder(async (folder) => {
        let processes: ReturnType<typeof processesOf> | undefined;
        const end = async (child: ChildProcess) => {
          processes = processesOf(join(folder, "smoothgrad-chrome-"));
          await processes;
          child.kill(signal);
        };
        const { code } = await program(folder, await manyMaps(folder), end);
        assert.is(code, null);
        if (process.platform === "win32") return;
        assert.ok(((await processes) ?? []).length > 0, "there was no browser to end");
        await noBrowserIn(folder);
      }),
    { long },
  );
}

/** Waits until neither a process nor the folder of a browser is left; a test that waits in vain is ended by its time limit. */
async function noBrowserIn(folder: string): Promise<void> {
  const isLeft = async () =>
    (await processesOf(join(folder, "smoothgrad-chrome-"))).length > 0 ||
    (await readdir(folder)).some((name) => name.startsWith("smoothgrad-chrome-"));
  while (await isLeft()) await sleep(100);
}

test.run();
