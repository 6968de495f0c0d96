// The page on which a network learns, as a person uses it: files, the slider, start, a digit, pause.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "puppeteer";
import * as assert from "uvu/assert";
import { mnist } from "../../demo/train/mnist.js";
import { openTab } from "../support/browser.js";
import { suite } from "../support/harness.js";
import { stripes } from "../train/files.js";

const test = suite("demo: training");

/** Answers in the place of the host of MNIST, and lets the page take small files for the published ones. */
async function playMnist(page: Page, files: ReadonlyMap<string, Uint8Array>) {
  const session = await page.createCDPSession();
  session.on("Fetch.requestPaused", ({ requestId, request }) => {
    const bytes = files.get(basename(new URL(request.url).pathname))!;
    const responseHeaders = [{ name: "Access-Control-Allow-Origin", value: "*" }];
    const body = Buffer.from(bytes).toString("base64");
    session.send("Fetch.fulfillRequest", { requestId, responseCode: 200, responseHeaders, body });
  });
  await session.send("Fetch.enable", { patterns: [{ urlPattern: "https://*" }] });
  const trust = () =>
    page.evaluate(
      (sums) => {
        crypto.subtle.digest = async () =>
          Uint8Array.from(sums.shift()!.match(/../g)!, (byte) => Number.parseInt(byte, 16)).buffer;
      },
      mnist.map(({ sha256 }) => sha256),
    );
  return { trust };
}

test(
  "a network learns from files, with noise; curves and maps follow",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "smoothgrad-train-"));
    // The build script finds its own folder, so it must not be bundled into the tests.
    const { buildDemo } = await import(pathToFileURL(resolve("build.mjs")).href);
    await buildDemo(join(folder, "demo"));
    const files: string[] = [];
    const small: Uint8Array[] = [];
    for (const [kind, count] of [
      ["train", 500],
      ["test", 60],
    ] as const) {
      for (const [name, bytes] of Object.entries(stripes(count))) {
        small.push(bytes);
        files.push(join(folder, `${kind}-${name}`));
        await writeFile(files.at(-1) as string, bytes);
      }
    }
    const routes = new Map([["/demo/", { folder: join(folder, "demo") }]]);
    const { page, close } = await openTab(routes);
    try {
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("console", (line) => {
        if (line.type() === "error") faults.push(line.text());
      });
      page.setDefaultTimeout(300_000);
      await page.goto(`${page.url()}demo/train.html`);
      const text = (id: string) => page.$eval(`#${id}`, (e) => e.textContent ?? "");
      const until = (id: string, pattern: RegExp) =>
        page.waitForFunction(
          (id, source) => new RegExp(source).test(document.getElementById(id)?.textContent ?? ""),
          {},
          id,
          pattern.source,
        );
      // What is said of one step may be gone when one looks.
      await page.$eval("#state", (state) => {
        const said: string[] = [];
        Object.assign(globalThis, { said });
        new MutationObserver(() => said.push(state.textContent ?? "")).observe(state, {
          childList: true,
        });
      });
      const heard = (pattern: RegExp) =>
        page.waitForFunction(
          (source) =>
            (globalThis as unknown as { said: string[] }).said.some((text) =>
              new RegExp(source).test(text),
            ),
          {},
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
      await heard(/Epoch 1, step 5 of 20: loss [\d.]+, [\d.]+ % right/);
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
      const published = new Map(
        mnist.map(({ name }, i) => [name, small[i]!] satisfies [string, Uint8Array]),
      );
      const { trust } = await playMnist(page, published);
      await page.click("#fetch");
      await until(
        "trouble",
        /^MNIST could not be downloaded: its bytes are not those that were published\.$/,
      );
      await trust();
      await page.click("#fetch");
      await until("state", /500 images to learn from, 60 for the test/);
      await until("verdict", /It is a 0/);
      await page.select("#language", "ko");
      await until("state", /학습할 이미지 500장/);
      assert.is(await text("start"), "시작");
      if (process.env.SMOOTHGRAD_SCREENSHOT) {
        await page.screenshot({
          path: process.env.SMOOTHGRAD_SCREENSHOT as `${string}.png`,
          fullPage: true,
        });
      }
      const back = await page.$eval("#back", (link) => (link as HTMLAnchorElement).href);
      assert.ok(back.endsWith("/index.html#lang=ko"), back);
      await page.reload();
      assert.is(await text("start"), "시작", "the address keeps the language");
      assert.equal(faults, []);
    } finally {
      await close();
      await rm(folder, { recursive: true });
    }
  },
  { timeLimit: 1_200_000, long: true },
);

test.run();
