// What a reader does with a map: looks closer, turns to the paper's figures, saves and passes it on; in both languages,
// by ear as well as by eye. One page serves all tests, in order.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { en } from "../../demo/words/en.js";
import { ko } from "../../demo/words/ko.js";
import { readNpy } from "../../src/tensor/npy.js";
import { drawsOf } from "../random-graphs/draws.js";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";
import { eventually, openDemo, variety } from "./page.js";

const test = suite("demo/instrument");

const opening = onDemand(openDemo);
const downloads = mkdtemp(join(tmpdir(), "smoothgrad-saved-"));

/** Waits until all panels of the open figure are painted. */
async function painted(count: number): Promise<void> {
  const { page } = await opening;
  await page.waitForFunction(
    (count) => {
      if (document.querySelector("#figure[aria-busy=true]")) return false;
      const canvases = [...document.querySelectorAll("#panels canvas")];
      return canvases.length === count && canvases.every((c) => !c.classList.contains("stale"));
    },
    {},
    count,
  );
}

/** What the panels show, each as a word. */
const panels = async () =>
  (await opening).page.$$eval("#panels canvas", (all) =>
    all.map((each) => {
      const { width, height } = each as HTMLCanvasElement;
      const context = new OffscreenCanvas(width, height).getContext("2d", {
        willReadFrequently: true,
      })!;
      context.drawImage(each as HTMLCanvasElement, 0, 0);
      return context.getImageData(0, 0, width, height).data.join();
    }),
  );

async function saved(what: string): Promise<Buffer> {
  const { page } = await opening;
  const folder = await downloads;
  const client = await page.createCDPSession();
  await client.send("Page.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
  // It is heard from before on: other news may take its place before one looks.
  const said = page.evaluate(
    (begin, end) =>
      new Promise<string>((resolve) => {
        const news = document.querySelector("#news") as Element;
        new MutationObserver((_, observer) => {
          const text = news.textContent ?? "";
          if (!text.includes(begin) || !text.endsWith(end)) return;
          observer.disconnect();
          resolve(text);
        }).observe(news, { childList: true, characterData: true, subtree: true });
      }),
    `-${what}.`,
    en.says.saved(""),
  );
  await page.click(`[data-save=${what}]`);
  const name = (await said).split(" ")[0] as string;
  let file: Buffer | undefined;
  await eventually(`${name} was not saved`, async () => {
    file = await readFile(join(folder, name)).catch(() => undefined);
    return file !== undefined && file.length > 0;
  });
  return file!;
}

/** Width, height and number of colors of a PNG, as a browser reads it. */
const pictureOf = async (png: Buffer) =>
  (await opening).page.evaluate(async (bytes) => {
    const image = await createImageBitmap(
      new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))]),
    );
    const { width, height } = image;
    const context = new OffscreenCanvas(width, height).getContext("2d")!;
    context.drawImage(image, 0, 0);
    return { width, height, colors: new Set(context.getImageData(0, 0, width, height).data).size };
  }, png.toString("base64"));

test("zooms both pictures by keys, and shows what is under the pointer", async () => {
  const { page, settled, set, changesMap, picture, textOf } = await opening;
  await settled(50);
  await set("samples", "12");
  await settled(12);
  await page.focus("#map");
  const before = await picture("photo");
  await changesMap("zooming in", () => page.keyboard.press("+"));
  assert.is.not(await picture("photo"), before, "the other picture zooms along");
  await changesMap("moving", () => page.keyboard.press("ArrowRight"));
  await changesMap("all of it", () => page.click("#unzoom"));
  assert.is(await page.$eval("#unzoom", (button) => (button as HTMLElement).hidden), true);
  await page.hover("#map");
  await page.waitForFunction(() => document.querySelector("#probe")?.textContent);
  // The middle of 28 × 28.
  assert.match(await textOf("#probe"), /^Pixel 14, 1[34]: −?\d.*; gradient [+−]\d\.\d{4}$/);
});

test("zooms by two fingers, which draw nothing", async () => {
  const { page, changesMap, picture } = await opening;
  const client = await page.createCDPSession();
  const drawing = await picture("photo");
  for (const id of ["map", "photo"] as const) {
    const { x, y, width, height } = (await (await page.$(`#${id}`))!.boundingBox())!;
    // Two fingers, so far to either side of the middle.
    const fingers = (part: number) =>
      [-part, part].map((off, id) => ({ id, x: x + (0.5 + off) * width, y: y + height / 2 }));
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", part?: number) =>
      client.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: part === undefined ? [] : fingers(part),
      });
    const pinch = async (from: number, to: number) => {
      await client.send("Input.dispatchTouchEvent", {
        type: "touchStart",
        touchPoints: fingers(from).slice(0, 1),
      });
      await touch("touchStart", from);
      await touch("touchMove", (from + to) / 2);
      await touch("touchMove", to);
      await touch("touchEnd");
    };
    await changesMap(`two fingers apart on the ${id}`, () => pinch(0.1, 0.3));
    assert.is.not(await picture("photo"), drawing, "the other picture zooms along");
    await pinch(0.4, 0.1);
    await page.waitForFunction(() => document.querySelector<HTMLElement>("#unzoom")!.hidden);
    assert.is(await picture("photo"), drawing, `after fingers on the ${id}`);
  }
});

test("saves the map as pictures, numbers and settings", async () => {
  const map = await pictureOf(await saved("map"));
  assert.equal([map.width, map.height], [672, 672]);
  assert.ok(map.colors > 20);
  const pair = await pictureOf(await saved("pair"));
  assert.is(pair.width, 2 * 672 + 3 * 24);
  assert.ok(pair.height > 672 + 48, "there is a caption below");
  const { data, shape } = readNpy(await saved("npy"));
  assert.equal(shape, [1, 28, 28]);
  assert.ok(data.some((v) => v !== 0));
  const { settings, caption } = JSON.parse(String(await saved("json")));
  assert.is(settings.samples, 12);
  assert.is(settings.options.samples, 12);
  assert.match(caption, /12 noisy copies/);
});

test("the standard error is that of the statistic that is shown", async () => {
  const { page, set } = await opening;
  const says = (words: RegExp) =>
    page.waitForFunction(
      (words) =>
        new RegExp(words).test(document.querySelector("#progress-line")!.textContent ?? ""),
      {},
      words.source,
    );
  await says(/ of the map$/);
  const before = await page.$eval("#progress-line", (line) => line.textContent);
  await set("estimator", "variance");
  await page.waitForFunction(
    (before) => document.querySelector("#progress-line")!.textContent !== before,
    {},
    before,
  );
  await says(/ of the map$/);
  await set("estimator", "mean");
  await says(new RegExp(`^${before}$`));
});

for (const [name, count] of [
  ["noise", 6],
  ["samples", 8],
  ["methods", 10],
  ["classes", 3],
  ["training", 4],
  ["cap", 4],
  ["sign", 3],
  ["input", 2],
] as const) {
  test(
    `figure "${name}" is live`,
    async () => {
      const { page, set, settled } = await opening;
      await page.click(`#tab-${name}`);
      await painted(count);
      const first = await panels();
      // Grad-CAM has nothing to say of an untrained network, and so plain and smoothed alike.
      const flat = first.filter((each) => variety(each) < 6).length;
      assert.ok(flat <= (name === "methods" ? 2 : 0), `${flat} panels are flat`);
      // Both networks that stand in for the page's are the same.
      const alike = count - new Set(first).size;
      assert.ok(alike <= (name === "training" ? 2 : flat), `${alike} panels are alike`);
      // Another seed, another figure: all of it.
      await page.click("#reseed");
      await settled(12);
      await painted(count);
      const second = await panels();
      const differ = second.filter((each, i) => each !== first[i]).length;
      assert.ok(differ >= Math.floor(count / 2), `${differ} of ${count} panels have changed`);
      await set("seed", "0");
      await settled(12);
    },
    { long: name !== "training" },
  );
}

/** Goes through all tabs in rounds of a random order, now and then before a figure is drawn, now and then after. */
async function goThroughTabs(rounds: number): Promise<void> {
  const { page, faults } = await opening;
  const { draw } = drawsOf(rounds);
  await page.$eval("#trouble", (box) => {
    (box as HTMLElement).hidden = true;
  });
  const names = Object.keys(en.figures);
  for (let round = 0; round < rounds; round++) {
    const left = [...names];
    while (left.length > 0) {
      const [name] = left.splice(draw(left.length), 1);
      await page.$eval(`#tab-${name}`, (tab) => (tab as HTMLElement).click());
      const frames = [0, 1, 2, 5, 12, 30][draw(6)]!;
      await page.evaluate(async (frames) => {
        for (let i = 0; i < frames; i++) await new Promise((done) => requestAnimationFrame(done));
      }, frames);
      assert.equal(faults, [], `round ${round}, ${name}`);
    }
  }
  assert.is(await page.$("#trouble:not([hidden])"), null);
}

test("whoever goes through the tabs without waiting for the figures meets no error", async () => {
  const { set, settled } = await opening;
  await set("samples", "10");
  await settled(10);
  await goThroughTabs(2);
});

test("nor does who goes through them twenty times", () => goThroughTabs(20), { long: true });

test("a map that is being saved may be followed by the next one", async () => {
  const { page, set, settled, textOf, faults } = await opening;
  const worker = page.workers()[0]!;
  // The first of two pictures is read back only after the next map is there.
  await worker.evaluate(() => {
    const scope = globalThis as unknown as { held: boolean; letGo(): void };
    const { mapAsync } = GPUBuffer.prototype;
    GPUBuffer.prototype.mapAsync = async function (mode) {
      await mapAsync.call(this, mode);
      if (this.size < 1e6) return;
      GPUBuffer.prototype.mapAsync = mapAsync;
      await new Promise<void>((letGo) => Object.assign(scope, { held: true, letGo }));
    };
  });
  await page.click("[data-save=pair]");
  await eventually("nothing is read back", () =>
    worker.evaluate(() => (globalThis as unknown as { held?: boolean }).held === true),
  );
  await page.click("#reseed");
  await settled(10);
  await worker.evaluate(() => (globalThis as unknown as { letGo(): void }).letGo());
  await eventually("nothing is saved", async () => (await textOf("#saved")).includes("-pair.png"));
  assert.equal(faults, []);
  await set("seed", "0");
  await page.click("#tab-idea");
});

test("a figure follows the palette without a pass", async () => {
  const { page, set } = await opening;
  await page.click("#tab-cap");
  await painted(4);
  const before = await panels();
  await set("palette", "viridis");
  await eventually("the figure keeps its palette", async () => (await panels())[0] !== before[0]);
  await set("palette", "");
});

/** How far the colors of each panel go from gray. */
const reaches = async () =>
  (await panels()).map((panel) => {
    const bytes = panel.split(",").map(Number);
    return bytes.reduce((most, red, i) => {
      return i % 4 === 0 ? Math.max(most, Math.abs(red - bytes[i + 2]!)) : most;
    }, 0);
  });

for (const [name, count, isShared] of [
  ["noise", 6, false],
  ["samples", 8, true],
] as const) {
  test(`the panels of figure "${name}" are on one scale, or each on its own`, async () => {
    const { page, set } = await opening;
    await set("palette", "diverging");
    await page.click(`#tab-${name}`);
    await painted(count);
    const isShown = () => page.$eval("#scale", (label) => !(label as HTMLElement).hidden);
    assert.ok(await isShown(), "there is no switch");
    // On its own scale each goes to the end of the palette, on a common one only those of the widest range do.
    const end = Math.max(...(await reaches()));
    const atEnd = (all: readonly number[]) => all.filter((reach) => reach === end).length;
    const shows = (wanted: boolean) =>
      eventually(
        async () => `${await reaches()} are ${wanted ? "not " : ""}on one scale`,
        async () => {
          const full = atEnd(await reaches());
          return wanted ? full > 0 && full < count : full === count;
        },
      );
    await shows(isShared);
    await page.click("#scale input");
    await shows(!isShared);
    await page.waitForFunction(
      (word) => location.hash.includes(word),
      {},
      `sharedScale=${!isShared}`,
    );
    await page.click("#scale input");
    await shows(isShared);
    await page.waitForFunction(() => !location.hash.includes("sharedScale"));
    await set("palette", "");
    await page.click("#tab-cap");
    assert.is(await isShown(), false, "there is nothing to compare");
  });
}

test("one pixel on its way is plotted, and another one where it is clicked", async () => {
  const { page } = await opening;
  await page.click("#tab-pixel");
  const curve = () => page.$eval("#plot .curve", (path) => path.getAttribute("d"));
  await page.waitForFunction(
    () => document.querySelector("#plot .curve")?.getAttribute("d")?.split("L").length === 200,
  );
  const before = await curve();
  await (await page.$("#map"))!.click({ offset: { x: 120, y: 140 } });
  await page.waitForFunction(
    (before) => document.querySelector("#plot .curve")?.getAttribute("d") !== before,
    {},
    before,
  );
});

test("tabs go by arrow keys", async () => {
  const { page } = await opening;
  await page.focus("#tab-pixel");
  await page.keyboard.press("ArrowLeft");
  assert.is(await page.evaluate(() => document.activeElement?.id), "tab-idea");
  assert.is(await page.$eval("#idea", (idea) => (idea as HTMLElement).hidden), false);
  await page.keyboard.press("End");
  assert.is(await page.evaluate(() => document.activeElement?.id), "tab-input");
});

test("the address holds the map: opened again, it is the same", async () => {
  const { page, set, settled, picture, textOf } = await opening;
  await page.click("#digits button:nth-child(8)");
  await set("samples", "9");
  await set("noise", "25");
  await set("method", "integrated-gradients");
  await set("steps", "4");
  await set("palette", "inferno");
  await settled(9);
  await page.click("#top label:nth-child(2)");
  await settled(9);
  const shown = [await picture("map"), await textOf("#caption")];
  await page.waitForFunction(() => location.hash.includes("target="));
  const url = page.url();
  for (const word of ["digit=7", "method=integrated-gradients", "noise=25", "tab=input"]) {
    assert.ok(url.includes(word), `${word} is not in ${url}`);
  }
  await page.goto("about:blank");
  await page.goto(url);
  await settled(9);
  assert.equal([await picture("map"), await textOf("#caption")], shown);
  assert.is(await page.$eval("#tab-input", (tab) => tab.getAttribute("aria-selected")), "true");
});

test("speaks Korean where it is asked to, all of it", async () => {
  const { page, upload, textOf } = await opening;
  await painted(2);
  await upload("#photo-file", "broken.jpg");
  await page.waitForSelector("#trouble:not([hidden])");
  await saved("json");
  await page.hover("#map");
  await page.waitForFunction(() => document.querySelector("#probe")?.textContent);
  const [probe, readout] = [await textOf("#probe"), await textOf(".readout")];
  await page.select("#language", "ko");
  assert.is(await page.evaluate(() => document.documentElement.lang), "ko");
  assert.is(await textOf("header p"), ko.page.lead);
  assert.is(await textOf("#tab-noise"), ko.figures.noise.tab);
  assert.match(await textOf("#caption"), /노이즈를 더한 사본 9개의 적분 그래디언트 평균/);
  assert.match(await textOf("#progress-line"), /^샘플 9개 중 9개/);
  // So does what the page has said before.
  assert.ok((await textOf("#saved")).endsWith(ko.says.saved("-json.json")));
  const numbers = (text: string) => text.match(/[−+]?\d[\d.]*/g);
  assert.is(await textOf("#trouble p"), ko.says.noPicture("broken.jpg"));
  await page.click("#trouble button");
  assert.match(await textOf("#probe"), /^픽셀/);
  assert.equal(numbers(await textOf("#probe")), numbers(probe));
  assert.match(await textOf(".readout"), /^이곳의/);
  assert.equal(numbers(await textOf(".readout")), numbers(readout));
  const english = await page.evaluate(() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    while (texts.nextNode()) {
      const { parentElement, data } = texts.currentNode as Text;
      const isSaid = parentElement?.checkVisibility() && !parentElement.closest("[lang=en]");
      if (isSaid && /\b[a-z]+ [a-z]+ [a-z]+\b/.test(data)) found.push(data);
    }
    return found;
  });
  assert.equal(english, []);
  // The open figure is still that of the map.
  assert.is(await textOf("#panels figcaption span"), ko.panel.plainInput);
  assert.is(await page.$("#panels canvas.stale"), null);
  await page.waitForFunction(() => location.hash.includes("lang=ko"));
  const trainHref = () => page.$eval("#train", (link) => (link as HTMLAnchorElement).href);
  assert.ok((await trainHref()).endsWith("/train.html#lang=ko"), await trainHref());
});

test("has no serious finding of axe-core, in any state", async () => {
  const { page } = await opening;
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(axe);
  const findings = async () =>
    page.evaluate(async () => {
      type Axe = {
        run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
      };
      const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" ")}`);
    });
  await page.$$eval("details", (all) => {
    for (const each of all) each.open = true;
  });
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    assert.equal(await findings(), [], scheme);
  }
  await page.click("#tab-noise");
  assert.equal(await findings(), [], "a figure");
  await page.emulateMediaFeatures([]);
  await page.select("#language", "en");
});

test("complains of nothing", async () => {
  const { close, faults } = await opening;
  await close();
  await rm(await downloads, { recursive: true });
  assert.equal(faults, []);
});

test.run();
