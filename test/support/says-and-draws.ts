// The README's six lines, opened in a page: they say a class, its probability and the standard error, and draw the map.

import type { Page } from "puppeteer";
import * as assert from "uvu/assert";

/**
 * Opens the page at a path of its server, and fails unless it says what the README's lines log, and its canvas has a map
 * of the network's square.
 */
export async function saysAndDraws(page: Page, path: string): Promise<void> {
  const said = new Promise<string>((hear, fail) => {
    page.on("console", (message) => hear(message.text()));
    page.on("pageerror", (error) => fail(error));
  });
  await page.goto(new URL(path, page.url()).href);
  assert.match(await said, /^class \d 0\.\d+ 0\.\d+$/);
  const canvas = await page.waitForSelector("canvas");
  const box = await canvas?.boundingBox();
  assert.is(box?.width, box?.height);
  const screenshot = await canvas?.screenshot({ encoding: "base64" });
  const colors = await page.evaluate(async (png) => {
    const image = await createImageBitmap(await (await fetch(png)).blob());
    const context = new OffscreenCanvas(64, 64).getContext("2d")!;
    context.drawImage(image, 0, 0, 64, 64);
    return new Set(context.getImageData(0, 0, 64, 64).data).size;
  }, `data:image/png;base64,${screenshot}`);
  assert.ok(colors > 8, "the canvas is blank");
}
