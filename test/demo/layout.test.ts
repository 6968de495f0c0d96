// The pages hold their layout on phones, in wide fonts, with letters spaced apart and at twice the size of text (WCAG
// 1.4.4, 1.4.10, 1.4.12): nothing sticks out, is cut or lies on something else. One browser serves all tests, in order.

import * as assert from "uvu/assert";
import { en } from "../../demo/words/en.js";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";
import { findingsAt, SETTINGS, type Setting, setText, textSizes } from "./layout.js";
import { openDemo } from "./page.js";

const test = suite("demo/layout");

const opening = onDemand(openDemo);
// As the page was opened: what it shows later has no origin.
const origin = onDemand(async () => new URL((await opening).page.url()).origin);

const PHONES = [320, 360, 390];
const settings = Object.keys(SETTINGS) as Setting[];
const LARGE: Setting = "a wide font at 200 %";

/** Opens one of the pages afresh. */
async function go(name: string, lang = "en") {
  const { page } = await opening;
  const start = await origin;
  // Another address in the same page would reload it by itself, too.
  await page.goto("about:blank");
  await page.goto(`${start}/demo/${name}.html#lang=${lang}`);
  return page;
}

/** Holds the open page to its layout at these widths, in every setting of its text. */
async function holds(widths: readonly number[], what = ""): Promise<void> {
  const { page } = await opening;
  const wrong: string[] = [];
  for (const setting of settings) {
    await setText(page, setting);
    for (const width of widths) {
      const found = await findingsAt(page, width);
      // What a list has chosen stands in one line. Where that is too long at twice the size, opening the list shows it.
      const isList = (finding: string) =>
        /^(select|input).* is narrower than its text/.test(finding);
      const counted = setting === LARGE ? found.filter((each) => !isList(each)) : found;
      wrong.push(...counted.map((finding) => `${width} px, ${setting}: ${finding}`));
    }
  }
  assert.is(wrong.join("\n"), "", `${what} ${wrong.join("\n")}`);
}

/** Everything that the page may show is in sight at once, with long words in the places of short ones. */
async function showAll(): Promise<void> {
  const { page } = await opening;
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
    const hidden = "#instrument [hidden], #unzoom, #stop, #machine, #trouble, #scale";
    for (const each of document.querySelectorAll<HTMLElement>(hidden)) each.hidden = false;
    const say = (selector: string, text: string) => {
      document.querySelector(selector)!.textContent = text;
    };
    const file = "A_photo_with_a_very_long_name_from_a_camera_20260101_120000.jpg";
    say("#trouble p", `${file} is not a picture that this browser can show.`);
    say("#photo-name", `${file}, 6000 × 4000`);
    say("#top b", "Staffordshire bullterrier, Staffordshire bull terrier");
    say("#probe", "Pixel 123, 145: −0.1234; gradient +0.0123, −0.0456, +0.0789");
    say("#saved", `${file} was saved.`);
  });
}

test("what is wrong with a layout is found, and in which element", async () => {
  const page = await go("index");
  await page.goto("about:blank");
  await page.setContent(`<!doctype html><body style="margin: 0; font: 20px/1.5 monospace">
    <p id="wide" style="width: 120vw; margin: 0">word</p>
    <p id="cut" style="width: 60px; overflow: hidden; white-space: nowrap">far too long for it</p>
    <button id="full" style="width: 40px; white-space: nowrap; padding: 0">overflowing</button>
    <p style="overflow-x: auto; white-space: nowrap">${"it scrolls by itself ".repeat(20)}</p>
    <div style="display: flex; height: 30px"><b id="below">below</b><i style="margin-left: -30px">on it</i></div>
    <svg width="100" height="20"><text id="high" y="8">too high</text></svg>
    <input name="narrow" style="width: 20px" value="1234567"></body>`);
  const found = await findingsAt(page, 320);
  for (const expected of [
    /^button#full “overflowing” runs out of button#full: \d+ px$/m,
    /^p#cut “far too long for it” is cut by p#cut: \d+ px$/m,
    /^i “on it” lies on b#below “below”: \d+ px$/m,
    /^text#high “too high” is cut by svg: \d+ px$/m,
    /^input\[name=narrow\] “1234567” is narrower than its text: \d+ px$/m,
    /^the document scrolls sideways: 64 px$/m,
  ]) {
    assert.match(found.join("\n"), expected);
  }
  assert.not.match(found.join("\n"), /it scrolls by itself/);
  await page.evaluate(() => {
    document.body.innerHTML =
      '<p id="right" style="margin-left: 310px; white-space: nowrap">to the right</p>';
  });
  assert.match(
    (await findingsAt(page, 320)).join("\n"),
    /^p#right “to the right” sticks out of the window: \d+ px$/m,
  );
});

/** Checks that all small words of the page double with the reader's size of text; titles are large already. */
async function grows(): Promise<void> {
  const { page } = await opening;
  await setText(page, "a wide font");
  const before = await textSizes(page);
  assert.ok(before.length > 5);
  await setText(page, LARGE);
  const after = new Map(await textSizes(page));
  const left = before.filter(([text, size]) => size < 24 && (after.get(text) ?? 0) < 1.9 * size);
  assert.equal(left, [], "words that do not grow");
}

/** Waits until the page has its map and its first figure. */
async function drawn(): Promise<void> {
  const { page } = await opening;
  await page.waitForFunction(
    () =>
      document.querySelector("#pictures")?.getAttribute("aria-busy") === "false" &&
      document.querySelector("#caption b") &&
      document.querySelector("#idea .smooth")?.getAttribute("d"),
  );
}

for (const lang of ["en", "ko"]) {
  test(
    `the page fits, in ${lang}, with everything that it may show`,
    async () => {
      await go("index", lang);
      await drawn();
      await showAll();
      await holds([...PHONES, 1280]);
      await grows();
    },
    { long: lang === "en" },
  );
}

test("every figure fits, in both languages", async () => {
  const page = await go("index");
  await drawn();
  for (const name of Object.keys(en.figures)) {
    await page.$eval(`#tab-${name}`, (tab) => (tab as HTMLElement).click());
    const part = { idea: "#idea .smooth[d]", pixel: "#plot .curve" }[name] ?? "#panels canvas";
    await page.waitForSelector(part);
    for (const lang of ["en", "ko"]) {
      await page.select("#language", lang);
      await holds([320], `figure "${name}" in ${lang}`);
    }
    if (name === "pixel") await grows();
  }
});

for (const lang of ["en", "ko"]) {
  test(`the training page fits, in ${lang}`, async () => {
    const page = await go("train", lang);
    await page.waitForSelector("#loss canvas");
    await page.evaluate(() => {
      for (const each of document.querySelectorAll<HTMLElement>("[hidden]")) each.hidden = false;
      document.querySelector("#trouble")!.textContent =
        "train-images-idx3-ubyte.from-the-folder-of-downloads.gz is no file of MNIST.";
      const digit = '<label><input type="radio"><canvas width="28" height="28"></canvas></label>';
      document.querySelector("#digits")!.innerHTML = digit.repeat(10);
    });
    await holds([...PHONES, 1280]);
    await grows();
  });
}

test(
  "the article fits, with its maps",
  async () => {
    const page = await go("examples/article");
    const count = await page.$$eval("sensitivity-map[src]", (tags) => tags.length);
    for (let i = 0; i < count; i++) {
      // A tag works while it is in sight.
      await page.$$eval("sensitivity-map[src]", (tags, i) => tags[i]!.scrollIntoView(), i);
      await page.waitForFunction(
        (i) => {
          const tag = document.querySelectorAll("sensitivity-map[src]")[i]!;
          return tag.shadowRoot!.querySelector(".words")!.textContent!.includes("sample");
        },
        {},
        i,
      );
    }
    await holds([...PHONES, 768, 1440]);
    await grows();
  },
  { long: true },
);

test(
  "the plain example fits",
  async () => {
    const page = await go("examples/plain");
    await page.waitForFunction(() => /100 samples/.test(document.querySelector("output")!.value));
    await holds([...PHONES, 768, 1440]);
    await grows();
  },
  { long: true },
);

test("complains of nothing", async () => {
  const { close, faults } = await opening;
  await close();
  assert.equal(faults, []);
});

test.run();
