// <sensitivity-map> in a real Chrome, under a strict Content-Security-Policy: what tags of a page show, say and cost.

import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { Page } from "puppeteer";
import * as assert from "uvu/assert";
import { attributes, propertyOf } from "../../src/element/attributes.js";
import type { Progress } from "../../src/element/events.js";
import type { SensitivityMapElement } from "../../src/element/sensitivity-map.js";
import type { SensitivityMap } from "../../src/index.js";
import { fromText } from "../../src/options/text.js";
import { bitmapFile } from "../demo/bitmap.js";
import { smallNetwork } from "../models/tiny.js";
import { openTab } from "../support/browser.js";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";

const test = suite("element");

const POLICY =
  "default-src 'none'; script-src 'self'; img-src 'self'; connect-src 'self' data:; base-uri 'none'";

const page = (
  head = "",
) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tags</title>
  <meta http-equiv="Content-Security-Policy" content="${POLICY}"><link rel="icon" href="photo.bmp">
  ${head}<body></body></html>`;

const photo = (shift: number) =>
  bitmapFile(60, 40, (x, y) => {
    const isInside = (x - 30 - shift) ** 2 + (y - 20) ** 2 < 150;
    return isInside ? [230, 120, 40] : [4 * x, 6 * y, 90 + ((x * y) % 60)];
  });

const FILES = {
  "index.html": page('<script type="module" src="element.js"></script>'),
  "late.html": page(),
  "photo.bmp": photo(0),
  "other.bmp": photo(12),
  "network.onnx": smallNetwork().bytes(),
  "names.txt": Array.from({ length: 10 }, (_, i) => `name ${i}`).join("\n"),
  "card.json": JSON.stringify({
    preprocess: { scale: 1 / 255 },
    labels: Array.from({ length: 10 }, (_, i) => `card ${i}`),
  }),
  "broken.onnx": "no model at all",
  "broken.jpg": "no picture at all",
};

/** What the page is asked to count, in `evaluateOnNewDocument`. */
interface Counts {
  devices: number;
  destroyed: number;
  passes: number;
}

/** The labels of what is on any device. */
type Alive = Map<GPUBuffer | GPUTexture, string>;

/** What an event brought, as far as it can leave the page. */
interface Heard {
  readonly type: string;
  readonly detail: unknown;
}

type Observed = typeof globalThis & {
  counts: Counts;
  alive: Alive;
  heard: Map<string, Heard[]>;
};

const opening = onDemand(open);

async function open() {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-element-"));
  for (const [name, content] of Object.entries(FILES)) await writeFile(join(folder, name), content);
  // The build script finds its own folder, so it must not be bundled into the tests.
  const { buildLibrary } = await import(pathToFileURL(resolve("build.mjs")).href);
  await buildLibrary(folder);
  const { page, close } = await openTab(new Map([["/page/", { folder }]]));
  const faults: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (message.text().startsWith("Failed to load resource")) return;
    if (["error", "warn"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => requests.push(new URL(request.url()).pathname));
  await page.evaluateOnNewDocument(watch);
  await page.setViewport({ width: 800, height: 600 });
  return { page, close, folder, faults, requests };
}

// Runs in the page, before anything else.
function watch(): void {
  const counts = { devices: 0, destroyed: 0, passes: 0 };
  const alive: Alive = new Map();
  const heard = new Map<string, Heard[]>();
  Object.assign(globalThis, { counts, alive, heard });
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = function (descriptor) {
    counts.devices++;
    return requestDevice.call(this, descriptor);
  };
  const { createBuffer, createTexture } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    alive.set(buffer, buffer.label);
    return buffer;
  };
  GPUDevice.prototype.createTexture = function (descriptor) {
    const texture = createTexture.call(this, descriptor);
    alive.set(texture, texture.label);
    return texture;
  };
  for (const { prototype } of [GPUBuffer, GPUTexture]) {
    const { destroy } = prototype;
    prototype.destroy = function (this: GPUBuffer & GPUTexture) {
      alive.delete(this);
      return destroy.call(this);
    };
  }
  const { createCommandEncoder, destroy } = GPUDevice.prototype;
  GPUDevice.prototype.createCommandEncoder = function (descriptor) {
    if (descriptor?.label?.startsWith("passes")) counts.passes++;
    return createCommandEncoder.call(this, descriptor);
  };
  GPUDevice.prototype.destroy = function () {
    counts.destroyed++;
    return destroy.call(this);
  };
  for (const type of ["progress", "result", "error"]) {
    document.addEventListener(
      type,
      (event) => {
        const { id } = event.target as Element;
        const { detail } = event as CustomEvent;
        const { samples, target } = detail as Partial<SensitivityMap>;
        const facts = type === "result" ? { samples, label: target?.label } : detail;
        heard.set(id, [...(heard.get(id) ?? []), { type, detail: facts }]);
      },
      true,
    );
  }
}

/** A new document with these tags. */
async function show(tags: string, file = "index.html"): Promise<Page> {
  const { page, requests } = await opening;
  await page.goto(new URL(`/page/${file}`, page.url()).href);
  requests.length = 0;
  await page.evaluate((tags) => {
    document.body.innerHTML = tags;
  }, tags);
  return page;
}

const SRC = 'src="photo.bmp" model="network.onnx"';

const counts = async () => (await opening).page.evaluate(() => (globalThis as Observed).counts);

const eventsOf = async (id: string) =>
  (await opening).page.evaluate((id) => (globalThis as Observed).heard.get(id) ?? [], id);

/** Waits until an element has fired so many events of a type, and gives the last one's detail. */
async function hear(id: string, type: string, times = 1): Promise<unknown> {
  const { page } = await opening;
  await page.waitForFunction(
    (id, type, times) => {
      const events = (globalThis as Observed).heard.get(id) ?? [];
      return events.filter((event) => event.type === type).length >= times;
    },
    {},
    ...([id, type, times] as const),
  );
  return (await eventsOf(id)).filter((event) => event.type === type).at(-1)?.detail;
}

const change = async (id: string, values: Partial<Record<string, string | null>>) =>
  (await opening).page.evaluate(
    (id, values) => {
      for (const [name, value] of Object.entries(values)) {
        if (value == null) document.getElementById(id)!.removeAttribute(name);
        else document.getElementById(id)!.setAttribute(name, value);
      }
    },
    id,
    values,
  );

const inside = async (id: string, part: string) =>
  (await opening).page.evaluate(
    (id, part) => {
      const node = document.getElementById(id)!.shadowRoot!.querySelector(`[part=${part}]`)!;
      return {
        text: node.textContent ?? "",
        name: node.getAttribute("aria-label"),
        role: node.getAttribute("role"),
        isSeen: (node as HTMLElement).offsetParent !== null,
      };
    },
    id,
    part,
  );

/** A screenshot of an element's picture, when everything has faded in, as a PNG in base64. */
async function picture(id: string): Promise<string> {
  const { page } = await opening;
  const map = await page.$(`#${id} >>> .picture`);
  if (!map) throw new Error(`there is no picture in ${id}`);
  await map.evaluate(async (node) => {
    const fades = node.getAnimations({ subtree: true });
    await Promise.all(fades.map(({ finished }) => finished));
  });
  return map.screenshot({ encoding: "base64" });
}

const later = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

test("explains a photo: progress, result, caption and name", async () => {
  const page = await show(`<sensitivity-map id="a" ${SRC} labels="names.txt" samples="12" batch="4"
    alt="an orange"></sensitivity-map>`);
  const result = (await hear("a", "result")) as { samples: number; label: string };
  assert.is(result.samples, 12);
  assert.match(result.label, /^name \d$/);
  const progress = (await eventsOf("a")).filter(({ type }) => type === "progress");
  const details = progress.map(({ detail }) => detail as Record<string, number>);
  assert.equal(
    details.map(({ samples, wanted }) => [samples, wanted]),
    [
      [4, 12],
      [8, 12],
      [12, 12],
    ],
  );
  for (const { standardError } of details) assert.ok(standardError! > 0 && standardError! < 10);
  const caption = await inside("a", "caption");
  assert.match(
    caption.text,
    /^name \d [\d.]+\s% · 12\ssamples\s±\s[\d.]+\s%preprocessing: imagenet, guessed from the 3 channels$/,
  );
  assert.equal((await inside("a", "picture")).role, "img");
  const { name } = await inside("a", "picture");
  assert.match(name!, /^Sensitivity map of name \d, probability \d+\s%\. Photo: an orange$/);
  // A photo in flat colors has been covered by a map of many grays.
  const colors = await page.evaluate(
    async (png) => {
      const image = await createImageBitmap(await (await fetch(png)).blob());
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d")!;
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(image.width / 4, image.height / 2, image.width / 2, 1);
      return {
        grays: new Set(data).size,
        isGray: data.every((v, i) => i % 4 > 1 || v === data[i + 1]),
      };
    },
    `data:image/png;base64,${await picture("a")}`,
  );
  assert.ok(colors.isGray && colors.grays > 4, JSON.stringify(colors));
});

test("says where colors and names are from, where nobody said them", async () => {
  await show(`<sensitivity-map id="a" ${SRC} samples="4"></sensitivity-map>`);
  await hear("a", "result");
  const guess = "preprocessing: imagenet, guessed from the 3 channels";
  assert.is((await inside("a", "warnings")).text, guess);
  await change("a", { preprocess: "unit" });
  await hear("a", "result", 2);
  assert.is((await inside("a", "warnings")).text, "");
  // A card has both; its names are those of the caption.
  await change("a", { preprocess: null, card: "card.json" });
  const { label } = (await hear("a", "result", 3)) as { label: string };
  assert.match(label, /^card \d$/);
  assert.is((await inside("a", "warnings")).text, "");
  await change("a", { card: "names.txt" });
  const error = (await hear("a", "error")) as string;
  assert.match(error, /^The model card at .*names\.txt is not JSON: /);
});

test("every attribute has a property that reflects", async () => {
  const page = await show('<sensitivity-map id="a"></sensitivity-map>');
  const samples: Record<string, unknown> = {
    antithetic: true,
    "clean-last": true,
    "multiply-input": true,
    smooth: true,
    "keep-softmax": true,
    percentile: [1, 99],
    baseline: ["black", "white"],
    preprocess: { shortSide: 28 },
    box: { low: [0], high: [1] },
    scale: { low: 0, high: 1 },
    stop: { standardError: 0.1 },
    "steps-at": [10, 20],
    "single-dispatch": true,
  };
  for (const [name, { form }] of Object.entries(attributes)) {
    const value = samples[name] ?? (typeof fromText(form, "3") === "number" ? 3 : "word");
    const [before, text, after, gone] = await page.evaluate(
      (name, property, value) => {
        const tag = document.getElementById("a") as unknown as Record<string, unknown> & Element;
        const before = tag[property];
        tag[property] = value;
        const text = tag.getAttribute(name);
        const after = tag[property];
        tag[property] = typeof value === "boolean" ? false : null;
        return [before, text, after, tag.hasAttribute(name)] as const;
      },
      ...([name, propertyOf(name), value] as const),
    );
    assert.is(before, value === true ? false : null, name);
    assert.ok(text !== null, name);
    assert.equal(after, value, name);
    assert.is(gone, false, name);
  }
});

test(
  "takes properties that were set before it was defined",
  async () => {
    const page = await show(`<sensitivity-map id="a" ${SRC}>Wait.</sensitivity-map>`, "late.html");
    await page.evaluate(() => {
      Object.assign(document.getElementById("a")!, { samples: 2, percentile: [2, 98] });
    });
    await page.addScriptTag({ url: "/page/element.js", type: "module" });
    assert.is(((await hear("a", "result")) as SensitivityMap).samples, 2);
    const text = await page.$eval("#a", (tag) => tag.getAttribute("percentile"));
    assert.is(text, "2,98");
  },
  { long: true },
);

test("means by its attributes what the library means", async () => {
  const page = await show(`<sensitivity-map id="a" ${SRC} samples="6" batch="3" noise="0.3" seed="9"
    method="integrated-gradients" steps="4" baseline="black" target="3" of="probability" antithetic
    preprocess="tf"></sensitivity-map>`);
  await hear("a", "result");
  // A path takes several passes for a sample: what is told each time is how many there were.
  const told = (await eventsOf("a")).filter(({ type }) => type === "progress");
  const passes = told.map(({ detail }) => Object.values(detail as Progress).slice(0, 4));
  assert.equal(passes, [
    [1, 6, 6, 24],
    [2, 6, 9, 24],
    [3, 6, 12, 24],
    [3, 6, 15, 24],
    [4, 6, 18, 24],
    [5, 6, 21, 24],
    [6, 6, 24, 24],
  ]);
  const isSame = await page.evaluate(async (path) => {
    const library = (await import(path)) as typeof import("../../src/index.js");
    const { requestDevice, loadModel, sensitivity } = library;
    const tag = document.getElementById("a") as SensitivityMapElement;
    const device = await requestDevice();
    const model = await loadModel(device, "network.onnx");
    const photo = await (await fetch("photo.bmp")).blob();
    const map = await sensitivity(model, photo, {
      ...{ method: "integrated-gradients", steps: 4, baseline: "black" },
      ...{ samples: 6, batch: 3, noise: 0.3, seed: 9, target: 3, antithetic: true },
      ...{ of: "probability", preprocess: "tf" },
    } as const);
    const [ours, theirs] = await Promise.all([tag.map!.data(), map.data()]);
    device.destroy();
    return ours.some((value) => value !== 0) && ours.every((value, i) => value === theirs[i]);
  }, "/page/index.js");
  assert.ok(isSame);
});

test("what only draws runs no pass", async () => {
  await show(`<sensitivity-map id="a" ${SRC} samples="4"></sensitivity-map>`);
  await hear("a", "result");
  const { passes } = await counts();
  assert.ok(passes > 0);
  let before = await picture("a");
  for (const [name, value] of [
    ["palette", "inferno"],
    ["reduce", "signed"],
    ["percentile", "90"],
    ["estimator", "variance"],
    ["multiply-input", ""],
    ["overlay", "0.5"],
    ["opacity", "0.9"],
    ["overlay", "mask"],
    ["smooth", ""],
    ["scale", "-0.1,0.1"],
    ["frame", "crop"],
  ] as const) {
    await change("a", { [name]: value });
    const now = await picture("a");
    assert.is.not(now, before, name);
    before = now;
  }
  assert.is((await counts()).passes, passes);
  await change("a", { seed: "1" });
  await hear("a", "result", 2);
  assert.ok((await counts()).passes > passes);
});

test("elements of a page share the device and the model, and the last one frees them", async () => {
  const { requests } = await opening;
  const tag = (id: string) => `<sensitivity-map id="${id}" ${SRC} samples="4"></sensitivity-map>`;
  const page = await show(tag("a") + tag("b"));
  await Promise.all([hear("a", "result"), hear("b", "result")]);
  assert.is(requests.filter((path) => path.endsWith(".onnx")).length, 1);
  assert.equal({ ...(await counts()), passes: 0 }, { devices: 1, destroyed: 0, passes: 0 });
  const same = await page.evaluate(() => {
    const [a, b] = document.querySelectorAll("sensitivity-map");
    return (
      (a!.map as unknown as { model: object }).model ===
      (b!.map as never as { model: object }).model
    );
  });
  assert.ok(same);
  await page.evaluate(() => document.getElementById("a")!.remove());
  await later(200);
  assert.is((await counts()).destroyed, 0);
  await change("b", { seed: "5" });
  await hear("b", "result", 2);
  await page.evaluate(() => document.getElementById("b")!.remove());
  await nothingIsLeft(1);
});

test(
  "goes on where it is put when it is moved, and begins anew when it comes back",
  async () => {
    const page = await show(
      `<div id="from"><sensitivity-map id="a" ${SRC} samples="4"></sensitivity-map></div><div id="to"></div>`,
    );
    await hear("a", "result");
    await page.evaluate(() => document.getElementById("to")!.append(document.getElementById("a")!));
    await later(200);
    assert.is((await counts()).destroyed, 0);
    const tag = await page.evaluateHandle(() => {
      const tag = document.getElementById("a")!;
      tag.remove();
      return tag;
    });
    await page.waitForFunction(() => (globalThis as Observed).counts.destroyed === 1);
    await tag.evaluate((tag) => document.body.append(tag));
    await hear("a", "result", 2);
    assert.equal({ ...(await counts()), passes: 0 }, { devices: 2, destroyed: 1, passes: 0 });
  },
  { long: true },
);

/** Waits until so many devices have been destroyed; fails where something is left on any device. */
async function nothingIsLeft(devices: number): Promise<void> {
  const { page } = await opening;
  await page.waitForFunction(
    (devices) => (globalThis as Observed).counts.destroyed === devices,
    {},
    devices,
  );
  // Whoever waited for a device hears a moment later that it is gone.
  const isEmpty = () => (globalThis as Observed).alive.size === 0;
  await page.waitForFunction(isEmpty, { timeout: 10_000 }).catch(() => {});
  assert.equal(await page.evaluate(() => [...(globalThis as Observed).alive.values()]), []);
}

test("leaves nothing on the GPU when it goes before its model has come", async () => {
  const page = await show("");
  await page.evaluate((tags) => {
    const { fetch } = globalThis;
    globalThis.fetch = (url, init) => {
      if (!/late/.test(String(url))) return fetch(url, init);
      return new Promise((_, fail) => {
        init?.signal?.addEventListener("abort", () => fail(init.signal?.reason));
      });
    };
    document.body.style.width = "200px";
    document.body.innerHTML = tags;
  }, `<sensitivity-map ${SRC}></sensitivity-map><sensitivity-map src="photo.bmp" model="late.onnx"></sensitivity-map>`);
  await page.waitForFunction(() => (globalThis as Observed).alive.size > 0);
  await page.evaluate(() => document.body.replaceChildren());
  await nothingIsLeft(1);
});

test(
  "leaves nothing on the GPU, whenever it is removed",
  async () => {
    const page = await show("");
    const pair = `<sensitivity-map ${SRC} samples="6" batch="2"></sensitivity-map>
      <sensitivity-map ${SRC} samples="4" keep-softmax overlay></sensitivity-map>`;
    await page.evaluate(async (pair) => {
      const frame = () => new Promise(requestAnimationFrame);
      const news = (element: Element, type: string) =>
        new Promise((heard, fail) => {
          element.addEventListener(type, heard);
          element.addEventListener("error", (event) => fail((event as CustomEvent).detail));
        });
      for (let i = 0; i < 204; i++) {
        document.body.innerHTML = pair;
        const [first] = document.body.children as unknown as [Element];
        // At once, after some frames, in the middle of a map, or after it.
        const moment = i % 6;
        if (moment === 5) await news(first, "result");
        else if (moment === 4) await news(first, "progress");
        else for (let frames = moment ** 2; frames > 0; frames--) await frame();
        document.body.innerHTML = "";
        await frame();
      }
    }, pair);
    const { devices } = await counts();
    assert.ok(devices > 60 && devices <= 204, `${devices} devices`);
    await nothingIsLeft(devices);
  },
  { long: true, timeLimit: 3_600_000 },
);

test("stops when it is removed", async () => {
  const page = await show(
    `<sensitivity-map id="a" ${SRC} samples="5000" batch="2"></sensitivity-map>`,
  );
  await hear("a", "progress", 2);
  await page.evaluate(() => document.getElementById("a")!.remove());
  await nothingIsLeft(1);
  const { passes } = await counts();
  await later(300);
  assert.is((await counts()).passes, passes);
  assert.ok((await eventsOf("a")).every(({ type }) => type === "progress"));
});

test("stops when it is scrolled away, keeps what it shows, and goes on when it returns", async () => {
  const page = await show(`<sensitivity-map id="a" ${SRC} samples="60" batch="2"></sensitivity-map>
    <div id="below"></div>`);
  await page.evaluate(() => {
    document.getElementById("below")!.style.height = "5000px";
  });
  await hear("a", "progress", 6);
  await page.evaluate(() => scrollTo(0, 4000));
  let passes = Number.NaN;
  for (let now = 0; now !== passes; now = (await counts()).passes) {
    passes = now;
    await later(500);
  }
  const samplesShown = () =>
    page.$eval("#a", (tag) => (tag as SensitivityMapElement).map?.samples ?? 0);
  const shown = await samplesShown();
  // Had it gone on, it would have come to its end.
  assert.ok(shown >= 12 && shown < 60, `${shown} samples`);
  assert.is((await eventsOf("a")).filter(({ type }) => type === "result").length, 0);
  await page.evaluate(() => scrollTo(0, 0));
  await later(100);
  assert.ok((await samplesShown()) >= shown, "what was seen is gone");
  await hear("a", "result");
});

test("does nothing before it comes into sight", async () => {
  const page = await show(
    `<div id="above"></div><sensitivity-map id="a" ${SRC} samples="4"></sensitivity-map>`,
  );
  await page.evaluate(() => {
    document.getElementById("above")!.style.height = "5000px";
  });
  await later(300);
  const { page: _, requests } = await opening;
  const before = requests.filter((path) => path.endsWith(".onnx")).length;
  await page.evaluate(() => document.getElementById("a")!.scrollIntoView());
  await hear("a", "result");
  assert.ok(before <= 1);
});

test("follows its attributes: another photo, another class, another model", async () => {
  const page = await show(`<sensitivity-map id="a" samples="4"></sensitivity-map>`);
  const lacks = async (what: string) => {
    const caption = await page.$("#a >>> [part=caption]");
    const sentence = `There is no map yet: the tag lacks ${what}, the address of an ONNX file.`;
    await page.waitForFunction(
      (node, sentence) => node?.textContent === sentence,
      {},
      ...([caption, sentence] as const),
    );
  };
  await lacks("src, the address of a photo, and model");
  await change("a", { src: "photo.bmp" });
  await lacks("model");
  await change("a", { model: "network.onnx" });
  await hear("a", "result");
  const before = await picture("a");
  await change("a", { src: "other.bmp" });
  await hear("a", "result", 2);
  assert.is.not(await picture("a"), before);
  await change("a", { target: "name 4", labels: "names.txt" });
  assert.is(((await hear("a", "result", 3)) as { label: string }).label, "name 4");
  await change("a", { labels: "a,b,c,d,e,f,g,h,i,j", target: "c", versus: "e" });
  assert.is(((await hear("a", "result", 4)) as { label: string }).label, "c");
  assert.match((await inside("a", "caption")).text, /^c rather than e /);
  await change("a", { model: null });
  await lacks("model");
  assert.is(await page.$eval("#a", (tag) => (tag as SensitivityMapElement).map), undefined);
  assert.equal(
    (await eventsOf("a")).filter(({ type }) => type === "error"),
    [],
  );
});

test("says what is wrong, in the tag and in an event, and gets over it", async () => {
  await show(`<sensitivity-map id="a" ${SRC} samples="4"></sensitivity-map>`);
  await hear("a", "result");
  let [errors, results] = [0, 1];
  for (const [name, value, sentence] of [
    ["samples", "many", 'Samples must be a whole number from 1 to 1000000, got "many".'],
    ["noise", "-1", "Noise must be a number from 0 to 10000, got -1."],
    ["method", "magic", /^"magic" is not a method/],
    ["steps", "9", /^Gradient has no option "steps"; it is for integrated-gradients/],
    [
      "palette",
      "pink",
      'Palette must be "grayscale", "diverging", "viridis" or "inferno", got "pink".',
    ],
    ["overlay", "1.5", "Opacity must be a number from 0 to 1, got 1.5."],
    ["reduce", "less", /^Reduce must be "abs", .* got "less"/],
    ["estimator", "median", /^Estimator must be "mean", .* got "median"/],
    ["percentile", "high", /^Percentile must be a number from 0 to 100, .* got "high"/],
    ["scale", "1", /^Scale must be { low, high }, .*"0,0.02".* got "1"/],
    ["box", "0", /^Box must be { low, high }, .*"0,0,0:1,1,1".* got "0"/],
    ["preprocess", "{", /^{ is not valid JSON/],
    ["target", "name 12", /^"name 12" names no class/],
    ["labels", "a,b", "There are 2 labels, the model has 10 classes."],
    ["labels", "photo.bmp", /^The labels at http.*photo\.bmp hold no class names/],
    ["model", "broken.onnx", /^Not an ONNX model/],
    [
      "model",
      "nowhere.onnx",
      /^The model at http.*nowhere\.onnx could not be fetched: 404 Not Found\.$/,
    ],
    ["src", "broken.jpg", /^The photo at http.*broken\.jpg cannot be shown: it is no picture/],
    ["src", "nowhere.jpg", /^The photo at http.*nowhere\.jpg cannot be shown/],
  ] as const) {
    const before = await (await opening).page.$eval(
      "#a",
      (tag, name) => tag.getAttribute(name),
      name,
    );
    await change("a", { [name]: value });
    const said = (await hear("a", "error", ++errors)) as string;
    if (typeof sentence === "string") assert.is(said, sentence);
    else assert.ok(sentence.test(said), said);
    const shown = await inside("a", "error");
    assert.equal(shown, { text: said, name: null, role: "alert", isSeen: true });
    await change("a", { [name]: before });
    await hear("a", "result", ++results);
    assert.is((await inside("a", "error")).text, "");
  }
});

test("shows the page's own words, or a sentence, where there is no WebGPU", async () => {
  const { page } = await opening;
  const script = await page.evaluateOnNewDocument(() => {
    Object.defineProperty(navigator, "gpu", { value: undefined });
  });
  await show(`<sensitivity-map id="a" ${SRC}></sensitivity-map>
    <sensitivity-map id="b" ${SRC}><em id="own">An orange.</em></sensitivity-map>`);
  const said = await hear("a", "error");
  await hear("b", "error");
  assert.match(said as string, /^This browser has no WebGPU: .*\.$/);
  const shown = await page.evaluate(() => ({
    sentence: (document.getElementById("a")!.shadowRoot!.querySelector("slot") as HTMLElement)
      .innerText,
    own: document.getElementById("own")!.checkVisibility(),
    photos: [...document.querySelectorAll("sensitivity-map")].map(
      (tag) => tag.shadowRoot!.querySelector("img")!.naturalWidth,
    ),
  }));
  await page.removeScriptToEvaluateOnNewDocument(script.identifier);
  assert.equal(shown, { sentence: said, own: true, photos: [60, 60] });
});

test("hides the page's own words where there is WebGPU", async () => {
  const page = await show(
    `<sensitivity-map id="a" ${SRC} samples="2"><em id="own">An orange.</em></sensitivity-map>`,
  );
  await hear("a", "result");
  assert.is(await page.$eval("#own", (own) => own.checkVisibility()), false);
});

test("gets over a lost device, and gives up when it is lost again at once", async () => {
  const page = await show(`<sensitivity-map id="a" ${SRC} samples="4"></sensitivity-map>`);
  await hear("a", "result");
  const lose = () =>
    page.evaluate(() => {
      const { map } = document.getElementById("a") as SensitivityMapElement;
      (map as unknown as { device: GPUDevice }).device.destroy();
    });
  await lose();
  await hear("a", "result", 2);
  assert.is((await inside("a", "error")).text, "");
  await page.evaluate(() => {
    const { createCommandEncoder } = GPUDevice.prototype;
    GPUDevice.prototype.createCommandEncoder = function (descriptor) {
      setTimeout(() => this.destroy());
      return createCommandEncoder.call(this, descriptor);
    };
  });
  await change("a", { seed: "3" });
  const said = (await hear("a", "error")) as string;
  assert.ok(/^The GPU was lost again/.test(said), said);
  await later(300);
  assert.is((await eventsOf("a")).filter(({ type }) => type === "error").length, 1);
});

test(
  "shows only the finished map where motion is not wanted",
  async () => {
    const { page } = await opening;
    for (const value of ["reduce", "no-preference"]) {
      await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value }]);
      await show("");
      const drawn = await page.evaluate(async (tag) => {
        document.body.innerHTML = tag;
        const element = document.querySelector("sensitivity-map")!;
        const picture = element.shadowRoot!.querySelector(".picture")!;
        const drawn: boolean[] = [];
        for (const type of ["progress", "progress", "result"] as const) {
          await new Promise((heard) => element.addEventListener(type, heard, { once: true }));
          drawn.push(picture.classList.contains("drawn"));
        }
        return drawn;
      }, `<sensitivity-map ${SRC} samples="12" batch="4"></sensitivity-map>`);
      const settles = value !== "reduce";
      assert.equal(drawn, [settles, settles, true], value);
    }
    await page.emulateMediaFeatures([]);
  },
  { long: true },
);

test("takes the photo's room before the photo is there, and none more after", async () => {
  const page = await show("");
  const heights = await page.evaluate(async (tag) => {
    document.body.innerHTML = tag;
    const element = document.querySelector("sensitivity-map")!;
    await Promise.resolve();
    const heights = [element.offsetHeight];
    for (const type of ["progress", "result"]) {
      await new Promise((heard) => element.addEventListener(type, heard, { once: true }));
      heights.push(element.offsetHeight);
    }
    return heights;
  }, `<sensitivity-map ${SRC} width="60" height="40" samples="8" batch="4"></sensitivity-map>`);
  assert.ok(heights[0]! > 100);
  assert.equal(
    heights,
    heights.map(() => heights[0]),
  );
});

test("can be loaded twice, and where there is no page", async () => {
  const page = await show(`<sensitivity-map id="a" ${SRC} samples="2"></sensitivity-map>`);
  await page.addScriptTag({ url: "/page/element.js?again", type: "module" });
  await hear("a", "result");
  const { folder } = await opening;
  const program = `const { SensitivityMapElement } = await import(${JSON.stringify(
    pathToFileURL(join(folder, "element.js")).href,
  )}); console.log(typeof SensitivityMapElement);`;
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const flags = ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, flags);
  assert.is(stdout.trim(), "function");
});

test("is kept by bundlers, although nothing of it is named", async () => {
  const { folder } = await opening;
  const place = join(folder, "node_modules/smoothgrad");
  const { buildLibrary } = await import(pathToFileURL(resolve("build.mjs")).href);
  await buildLibrary(join(place, "dist"));
  await copyFile("package.json", join(place, "package.json"));
  const { outputFiles } = await build({
    stdin: { contents: 'import "smoothgrad/element";', resolveDir: folder },
    ...{ bundle: true, write: false, format: "esm", logLevel: "silent" },
  });
  const text = outputFiles![0]!.text;
  assert.match(text, /customElements[\w.]*\.define\("sensitivity-map"/);
  assert.match(text, /@compute/);
});

test("complains of nothing, under a policy that forbids all but its own files", async () => {
  const { close, folder, faults } = await opening;
  await close();
  await rm(folder, { recursive: true });
  assert.equal(faults, []);
});

test.run();
