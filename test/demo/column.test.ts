// The settings show that they go on below: they fade out at the window's lower edge until their end is in sight.

import * as assert from "uvu/assert";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";
import { openDemo } from "./page.js";

const test = suite("demo/column");

const opening = onDemand(openDemo);
const HEIGHT = 800;

/** How far up, in pixels, from their lower edge in the window the settings look another way without the fade, row by row. */
async function fadedRows(): Promise<number[]> {
  const { page } = await opening;
  const clip = await page.$eval("#instrument", (form) => {
    const { x, width, bottom } = form.getBoundingClientRect();
    return { x, width, height: 120, y: scrollY + Math.min(bottom, innerHeight) - 120 };
  });
  // The window stays as high as it is.
  const shot = { clip, encoding: "base64", captureBeyondViewport: false } as const;
  const show = (isShown: boolean) =>
    page.evaluate(async (isShown) => {
      const sheet = new CSSStyleSheet();
      if (!isShown) sheet.replaceSync(".desk::after { display: none !important; }");
      document.adoptedStyleSheets = [sheet];
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }, isShown);
  await show(true);
  const faded = await page.screenshot(shot);
  await show(false);
  const bare = await page.screenshot(shot);
  await show(true);
  return page.evaluate(
    async (shots) => {
      const [a, b] = await Promise.all(
        shots.map(async (png) => {
          const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
          const image = await createImageBitmap(new Blob([bytes]));
          const context = new OffscreenCanvas(image.width, image.height).getContext("2d")!;
          context.drawImage(image, 0, 0);
          return context.getImageData(0, 0, image.width, image.height);
        }),
      );
      const rows = new Set<number>();
      a!.data.forEach((v, i) => {
        if (Math.abs(v - b!.data[i]!) > 8) rows.add(120 - Math.floor(i / 4 / a!.width));
      });
      return [...rows];
    },
    [faded, bare],
  );
}

/** Scrolls the page and the settings. */
const scroll = async (top: number, inner: number) =>
  (await opening).page.evaluate(
    (top, inner) => {
      scrollTo(0, top);
      document.querySelector("#instrument")!.scrollTop = inner;
    },
    top,
    inner,
  );

const END = 1e6;

for (const scheme of ["light", "dark"]) {
  test(`settings fade out below the window's edge, and their end does not, in ${scheme}`, async () => {
    const { page, settled } = await opening;
    await settled(50);
    await page.setViewport({ width: 1200, height: HEIGHT });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    // At the head of the page the window cuts the settings, wherever they are scrolled to.
    for (const [top, inner] of [
      [0, 0],
      [0, 150],
      [END, 0],
      [END, 150],
    ] as const) {
      await scroll(top, inner);
      const rows = await fadedRows();
      assert.ok(rows.length > 4, `${rows.length} rows fade at ${top}, ${inner}`);
      assert.ok(Math.max(...rows) < 60, `it reaches ${Math.max(...rows)} px up`);
    }
    await scroll(400, END);
    assert.equal(await fadedRows(), [], "at their end");
  });
}

test("settings that are in sight to their end do not fade", async () => {
  const { page } = await opening;
  await page.setViewport({ width: 1200, height: 3000 });
  await scroll(0, 0);
  const end = await page.$eval("#instrument", (form) => form.getBoundingClientRect().bottom);
  assert.ok(end < 3000, `they end at ${end}`);
  const ends = await page.$eval("#instrument", (form) => form.scrollHeight - form.clientHeight);
  assert.is(ends, 0);
});

test("a control that has the focus lies above the fade", async () => {
  const { page } = await opening;
  await page.setViewport({ width: 1200, height: HEIGHT });
  await scroll(0, 0);
  const low = await page.$$eval("#instrument :is(input, select, button)", (controls) =>
    controls.flatMap((control) => {
      if (!control.checkVisibility()) return [];
      (control as HTMLElement).focus();
      const { bottom } = control.getBoundingClientRect();
      return bottom > innerHeight - 55
        ? [`${control.id || control.getAttribute("name")}: ${bottom}`]
        : [];
    }),
  );
  assert.equal(low, []);
});

test("is not printed, and nothing else of the page fades", async () => {
  const { page } = await opening;
  const shown = () =>
    page.$eval(".desk", (desk) => {
      const { display, content } = getComputedStyle(desk, "::after");
      return content !== "none" && display !== "none";
    });
  assert.is(await shown(), true);
  await page.emulateMediaType("print");
  assert.is(await shown(), false);
  await page.emulateMediaType("screen");
  // Narrow pages have their settings in the page itself.
  await page.setViewport({ width: 800, height: HEIGHT });
  assert.is(await shown(), false);
});

test("complains of nothing", async () => {
  const { close, faults } = await opening;
  await close();
  assert.equal(faults, []);
});

test.run();
