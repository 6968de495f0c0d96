// The example pages as `npm start` serves them: what they show, at every width, in light and dark, and for those who
// do not see it. The network is a small one made here, in the place of the real one.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { AxeResults } from "axe-core";
import type { Page } from "puppeteer";
import * as assert from "uvu/assert";
import type { SensitivityMapElement } from "../../src/element/sensitivity-map.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { openTab } from "../support/browser.js";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";

const test = suite("examples");

const DIGITS = "zero one two three four five six seven eight nine".split(" ");

/** As the shipped network: [N,1,28,28] in, ten logits out. */
function network(): Uint8Array {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 1, 28, 28]);
  const conv = g.node("Conv", [x, g.weight("w1", [4, 1, 5, 5])], { strides: [4, 4] });
  const flat = g.node("Flatten", [g.node("Relu", [conv])]);
  g.output(g.node("Gemm", [flat, g.weight("w2", [10, 144], { std: 1 })], { transB: 1 }));
  return g.bytes();
}

const opening = onDemand(open);

async function open() {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-examples-"));
  // The build script finds its own folder, so it must not be bundled into the tests.
  const { buildDemo } = await import(pathToFileURL(resolve("build.mjs")).href);
  await buildDemo(join(folder, "demo"));
  await writeFile(join(folder, "network.onnx"), network());
  const { page, close } = await openTab(
    new Map([
      ["/demo/models/mnist-clean.onnx", { file: join(folder, "network.onnx") }],
      ["/demo/", { folder: join(folder, "demo") }],
    ]),
  );
  const faults: string[] = [];
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  return { page, close, folder, faults };
}

async function go(name: string): Promise<Page> {
  const { page } = await opening;
  await page.goto(new URL(`/demo/examples/${name}.html`, page.url()).href);
  return page;
}

/** Waits until the nth map of the article is done; it must be in sight for that. */
async function settled(page: Page, index: number): Promise<void> {
  await page.$$eval("sensitivity-map[src]", (tags, i) => tags[i]!.scrollIntoView(), index);
  await page.waitForFunction(
    (i) => {
      const tags = document.querySelectorAll<SensitivityMapElement>("sensitivity-map[src]");
      return tags[i]!.map?.samples === tags[i]!.samples;
    },
    {},
    index,
  );
}

/** What axe-core finds against a page, of what it calls serious or critical. */
async function findings(page: Page): Promise<string[]> {
  // A page with a strict policy takes no script but its own; the browser's devtools may run one all the same.
  await page.evaluate(await readFile("node_modules/axe-core/axe.min.js", "utf8"));
  const { violations } = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } };
    return axe.run();
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`);
}

test("the article's figures come to life", async () => {
  const page = await go("article");
  const count = await page.$$eval("sensitivity-map[src]", (tags) => tags.length);
  assert.is(count, 5);
  for (let i = 0; i < count; i++) await settled(page, i);
  const labels = await page.$$eval("form :is(input, select)", (controls) =>
    controls.map((control) => (control as HTMLInputElement).labels?.length),
  );
  assert.ok(labels.every((count) => count === 1));
  const errors = await page.$$eval("sensitivity-map", (tags) =>
    tags.map((tag) => tag.shadowRoot!.querySelector("[part=error]")!.textContent),
  );
  assert.is(errors.join(""), "");
});

test("its sliders and its select rule the figure beside them", async () => {
  const page = await go("article");
  await settled(page, 2);
  const set = (name: string, value: string) =>
    page.evaluate(
      (name, value) => {
        const control = document.querySelector<HTMLInputElement>(`.play [name=${name}]`)!;
        control.value = value;
        control.dispatchEvent(new Event("input", { bubbles: true }));
      },
      name,
      value,
    );
  await set("samples", "12");
  await set("target", "eight");
  await settled(page, 2);
  await page.waitForFunction(() => {
    const tag = document.querySelector(".play sensitivity-map")!;
    const caption = tag.shadowRoot!.querySelector("[part=caption]")!.textContent!;
    return /^eight.*12\ssamples/.test(caption);
  });
  assert.is(await page.$eval(".play output", (output) => output.textContent), "0.3");
});

test("the plain page's script is what it shows, and runs", async () => {
  const page = await go("plain");
  const script = await readFile("demo/examples/plain.js", "utf8");
  assert.is(await page.$eval("code", (code) => code.textContent), script.trimEnd());
  assert.ok(script.trimEnd().split("\n").length <= 22);
  await page.waitForFunction(() => /100 samples/.test(document.querySelector("output")!.value));
  const said = await page.$eval("output", (output) => output.value);
  assert.match(said, new RegExp(`^(${DIGITS.join("|")}): 100 samples, ± \\d+ %$`));
});

for (const name of ["article", "plain"]) {
  test(`the ${name} page fits its widths, and axe finds nothing serious in light and dark`, async () => {
    const page = await go(name);
    for (const width of [390, 768, 1440]) {
      await page.setViewport({ width, height: 800 });
      const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.is(widths[0], widths[1], `${width}`);
    }
    for (const value of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
      assert.equal(await findings(page), [], value);
    }
  });
}

test("they complain of nothing under a strict policy", async () => {
  const { page, close, folder, faults } = await opening;
  const policy = "meta[http-equiv=Content-Security-Policy]";
  assert.not.match(await page.$eval(policy, (meta) => (meta as HTMLMetaElement).content), /unsafe/);
  await close();
  await rm(folder, { recursive: true });
  assert.equal(faults, []);
});

test.run();
