// `npm run train` as a person would use it: it is killed, goes on, and does not take damaged files for whole ones.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { decodeModel } from "../../src/onnx/decode.js";
import { suite } from "../support/harness.js";
import { stripes } from "./files.js";

const test = suite("npm run train");

interface Run {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the command; it is killed, with the browser that it started, as soon as these files are there. */
function trainCommand(words: readonly string[], until?: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, ["src/train/command/run.mjs", ...words], {
    detached: true,
  });
  let output = "";
  const hear = (chunk: Buffer) => {
    output += chunk;
  };
  const watch = setInterval(() => {
    if (until?.every((file) => existsSync(file))) process.kill(-(child.pid as number), "SIGKILL");
  }, 50);
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearInterval(watch);
      resolve({ code, output });
    });
  });
}

test(
  "it learns, is killed, goes on from the checkpoint before a damaged one, and writes the network",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "smoothgrad-"));
    const out = join(folder, "small.onnx");
    try {
      for (const [kind, count] of [
        ["train", 120],
        ["t10k", 40],
      ] as const) {
        const { images, labels } = stripes(count);
        await writeFile(join(folder, `${kind}-images-idx3-ubyte`), images);
        await writeFile(join(folder, `${kind}-labels-idx1-ubyte`), labels);
      }
      const words = ["--network", "mnist-small", "--data", folder, "--out", out];
      words.push(
        "--rate",
        "0.004",
        "--epochs",
        "6",
        "--batch",
        "20",
        "--save-every",
        "5",
        "--noise",
        "0.1",
      );
      await trainCommand(words, [`${out}.checkpoint`, `${out}.checkpoint.before`]);
      const checkpoint = await readFile(`${out}.checkpoint`);
      await writeFile(`${out}.checkpoint`, checkpoint.subarray(0, checkpoint.length >> 1));
      const { code, output } = await trainCommand(words);
      assert.is(code, 0, output);
      assert.match(output, /checkpoint: not used, it is damaged/);
      assert.match(output, /checkpoint.before: going on after step \d+/);
      assert.match(output, /small.onnx: [\d.]+ % of 40 test images/);
      assert.equal(decodeModel(await readFile(out)).outputs, ["logits"]);
      const card = JSON.parse(await readFile(join(folder, "small.json"), "utf8"));
      assert.ok(card.test.accuracy > 0.5, output);
      assert.equal(card.labels.length, 10);
      assert.match(card.training.command, /--network mnist-small .*--epochs 6/);
      const left = (await readdir(folder)).filter((name) => name.includes("checkpoint"));
      assert.equal(left, []);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  { long: true },
);

test("what is wrong is said in a sentence", async () => {
  const wrong = async (...words: string[]) => {
    const { code, output } = await trainCommand(words);
    assert.is(code, 1);
    return output.trim();
  };
  assert.match(await wrong("--data", "."), /^train: which network\?/);
  assert.match(
    await wrong("--network", "lenet", "--data", "."),
    /"lenet" is not a network; there are: mnist-tutorial, mnist-small, cifar-inception/,
  );
  assert.match(
    await wrong("--network", "mnist-small", "--data", ".", "--epochs", "1.5"),
    /--epochs is a whole number from 1, not "1.5"/,
  );
  assert.match(
    await wrong("--network", "mnist-small", "--data", "src"),
    /src has no train-images-idx3-ubyte/,
  );
});

test.run();
