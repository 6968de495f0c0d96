// The page on which a network learns, as a person uses it: files, the slider, start, a digit, pause.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as assert from "uvu/assert";
import { openPage } from "../../src/chrome/open.js";
import { suite } from "../harness.js";
import { stripes } from "../train/files.js";

const test = suite("demo: training");

test(
  "a network learns from files, with noise; curves and maps follow",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "smoothgrad-train-"));
    // The build script finds its own folder, so it must not be bundled into the tests.
    const { buildDemo } = await import(pathToFileURL(resolve("build.mjs")).href);
    await buildDemo(join(folder, "demo"));
    const files: string[] = [];
    for (const [kind, count] of [
      ["train", 500],
      ["test", 60],
    ] as const) {
      for (const [name, bytes] of Object.entries(stripes(count))) {
        files.push(join(folder, `${kind}-${name}`));
        await writeFile(files.at(-1) as string, bytes);
      }
    }
    const routes = new Map([["/demo/", { folder: join(folder, "demo") }]]);
    const { page, close } = await openPage(routes, { log: console.log });
    try {
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("console", (line) => {
        if (line.type() === "error") faults.push(line.text());
      });
      await page.goto(`${page.url()}demo/train.html`);
      const text = (id: string) => page.$eval(`#${id}`, (e) => e.textContent ?? "");
      const until = (id: string, pattern: RegExp) =>
        page.waitForFunction(
          (id, source) => new RegExp(source).test(document.getElementById(id)?.textContent ?? ""),
          { timeout: 150_000 },
          id,
          pattern.source,
        );
      const input = await page.$("input[type=file]");
      await input?.uploadFile(files[0] as string);
      await until("trouble", /1 files of images and 0 of labels/);
      await input?.uploadFile(...files);
      await until("state", /500 images to learn from, 60 for the test/);
      await page.$eval("#noise", (e) => {
        (e as HTMLInputElement).value = "0.2";
        e.dispatchEvent(new Event("input"));
      });
      assert.is(await text("noise-value"), "0.20");
      await page.click("#start");
      await until("state", /Epoch 1, step 5 of 20: loss [\d.]+, [\d.]+ % right/);
      await until("verdict", /It is a 0; the network says \d, [\d.]+ %/);
      await page.click("#digits label:nth-child(4)");
      await until("verdict", /It is a 3; the network says \d/);
      await page.click("#start");
      await until("start", /Start/);
      const drawn = await page.$$eval("#smooth, #loss canvas", (all) =>
        all.map((canvas) => {
          const { width, height } = canvas as HTMLCanvasElement;
          const context = (canvas as HTMLCanvasElement).getContext("2d");
          const { data } = context!.getImageData(0, 0, width, height);
          return new Set(data).size;
        }),
      );
      assert.ok(drawn.length === 2 && drawn.every((colors) => colors > 5), `${drawn} colors`);
      if (process.env.SMOOTHGRAD_SCREENSHOT) {
        await page.screenshot({
          path: process.env.SMOOTHGRAD_SCREENSHOT as `${string}.png`,
          fullPage: true,
        });
      }
      assert.equal(faults, []);
    } finally {
      await close();
      await rm(folder, { recursive: true });
    }
  },
  { timeLimit: 400_000 },
);

test.run();
