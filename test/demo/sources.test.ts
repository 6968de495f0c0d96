// Where images and classifiers come from besides files: the camera, and public networks that are downloaded, checked and
// kept. Neither a camera nor the internet is needed: both are played by the test.

import * as assert from "uvu/assert";
import { published } from "../../demo/classifiers/known.js";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";
import { eventually, network, openDemo } from "./page.js";

const test = suite("demo/sources");

const opening = onDemand(openDemo);
const bytes = network();
let isOnline = true;
const asked: string[] = [];

/**
 * Answers in the place of the hosts of public files. Only their requests are held up: one for the page's own worker that
 * is would now and then never go on.
 */
async function playInternet(): Promise<void> {
  const { page } = await opening;
  const session = await page.createCDPSession();
  session.on("Fetch.requestPaused", ({ requestId, request }) => {
    const { pathname } = new URL(request.url);
    asked.push(request.url);
    if (!isOnline) {
      session.send("Fetch.failRequest", { requestId, errorReason: "InternetDisconnected" });
      return;
    }
    const names = JSON.stringify(Array.from({ length: 10 }, (_, i) => `public ${i}`));
    const body = Buffer.from(pathname.endsWith(".onnx") ? bytes : names).toString("base64");
    const responseHeaders = [{ name: "Access-Control-Allow-Origin", value: "*" }];
    session.send("Fetch.fulfillRequest", { requestId, responseCode: 200, responseHeaders, body });
  });
  await session.send("Fetch.enable", { patterns: [{ urlPattern: "https://*" }] });
}

/** Makes the page believe that a file has the checksum that it knows. */
async function trust(sha256: string): Promise<void> {
  const { page } = await opening;
  await page.evaluate((sha256) => {
    const digest = Uint8Array.from(sha256.match(/../g)!, (byte) => Number.parseInt(byte, 16));
    crypto.subtle.digest = async () => digest.buffer;
  }, sha256);
}

const trouble = async (words: RegExp) =>
  (await opening).page.waitForFunction(
    (words) =>
      new RegExp(words).test(document.querySelector("#trouble:not([hidden]) p")?.textContent ?? ""),
    {},
    words.source,
  );

const named = async (begin: string) =>
  (await opening).page.waitForFunction(
    (begin) => document.querySelector("#model-name")?.textContent?.startsWith(begin),
    {},
    begin,
  );

test("public networks are listed with their sizes", async () => {
  const { page, settled } = await opening;
  await settled(50);
  await playInternet();
  const entries = await page.$$eval("#model option", (all) =>
    all.map((each) => each.textContent ?? ""),
  );
  for (const { name, bytes } of Object.values(published)) {
    assert.ok(entries.includes(`${name}, ${Math.round(bytes! / 1e6)} MB`), name);
  }
});

test("a file that is not the published one is refused, and the network before it stays", async () => {
  const { page, textOf, set, settled } = await opening;
  await page.select("#model", "squeezenet");
  await trouble(
    /^SqueezeNet 1\.1 could not be downloaded: its bytes are not those that were published\.$/,
  );
  await page.click("#trouble button");
  const chosen = await page.$eval("#model", (select) => (select as HTMLSelectElement).value);
  assert.is(chosen, "clean");
  await set("samples", "5");
  await settled(5);
  assert.match(await textOf("#caption b"), /^\d$/);
});

test("one that is the published one is used, with the names of its classes", async () => {
  const { page, settled, textOf } = await opening;
  await trust(published.squeezenet!.sha256!);
  await page.select("#model", "mobilenet");
  await trouble(/^MobileNetV2 could not be downloaded/);
  await page.select("#model", "squeezenet");
  await named("SqueezeNet 1.1.onnx: 24 × 24 × 3");
  await settled(5);
  assert.match(await textOf("#caption b"), /^public \d$/);
  await page.waitForFunction(() => location.hash.includes("model=squeezenet"));
});

test("and is there without a network the next time", async () => {
  const { page, settled } = await opening;
  isOnline = false;
  asked.length = 0;
  const url = page.url();
  await page.goto("about:blank");
  await page.goto(url);
  await named("SqueezeNet 1.1.onnx: 24 × 24 × 3");
  await settled(5);
  assert.equal(
    asked.filter((each) => each.endsWith(".onnx")),
    [],
  );
});

test("the camera's pictures are explained, one after the other", async () => {
  const { page, changesMap, picture, textOf } = await opening;
  await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 120 });
    const context = canvas.getContext("2d")!;
    let turn = 0;
    const draw = () => {
      turn += 0.1;
      context.fillStyle = "#246";
      context.fillRect(0, 0, 160, 120);
      context.fillStyle = "#e83";
      context.fillRect(60 + 50 * Math.sin(turn), 40 + 30 * Math.cos(turn), 40, 40);
    };
    draw();
    setInterval(draw, 40);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(25);
  });
  await changesMap("the camera", () => page.click("#camera"));
  assert.is(await page.$eval("#camera", (button) => button.getAttribute("aria-pressed")), "true");
  await changesMap("the next picture", async () => {});
  await changesMap("and the next", async () => {});
  const filmed = await picture("photo");
  await eventually(
    "the photo is not the camera's",
    async () => (await picture("photo")) !== filmed,
  );
  await page.click("#draw");
  assert.is(await page.$eval("#camera", (button) => button.getAttribute("aria-pressed")), "false");
  assert.is(await textOf("#photo-title"), "Draw here");
});

test("a camera that is not allowed is told", async () => {
  const { page } = await opening;
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException("Permission denied", "NotAllowedError");
    };
  });
  await page.click("#camera");
  await trouble(/^The camera cannot be used: Permission denied$/);
  assert.is(await page.$eval("#camera", (button) => button.getAttribute("aria-pressed")), "false");
});

test("complains of nothing else", async () => {
  const { close, faults } = await opening;
  await close();
  assert.equal(
    faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED/.test(fault)),
    [],
  );
});

test.run();
