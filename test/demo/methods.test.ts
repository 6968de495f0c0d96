// Every method of the library in the page, with the options that belong to it, and what is said where a choice cannot
// be. One page serves all tests, in order.

import * as assert from "uvu/assert";
import { en } from "../../demo/words/en.js";
import {
  type MethodName,
  type MethodOption,
  methods,
  optionsOf,
  type SensitivityOptions,
} from "../../src/index.js";
import { methodWords } from "../../src/methods/words.js";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";
import { openDemo, variety } from "./page.js";

const test = suite("demo/methods");

const opening = onDemand(openDemo);

const SAMPLES = 4;

/** The options that a method reads and that have no control in the page: bounds of the z-box are black and white. */
const WITHOUT_CONTROL: MethodOption[] = ["box"];

test("all methods of the library are there, in groups", async () => {
  const { page, upload, uses, set, settled } = await opening;
  const listed = await page.$$eval("[name=method] optgroup option", (options) =>
    options.map((option) => (option as HTMLOptionElement).value),
  );
  assert.equal(listed.sort(), Object.keys(methods).sort());
  assert.equal(Object.keys(en.methods), Object.keys(methods), "each has a name for people");
  await upload("#photo-file", "photo.bmp");
  await upload("#model-file", "network.onnx");
  await uses("network.onnx");
  await set("samples", String(SAMPLES));
  await settled(SAMPLES);
});

test("the layers to choose from are the model's", async () => {
  const { page } = await opening;
  const layers = await page.$$eval("[name=layer] option", (options) => options.length);
  assert.ok(layers > 2, `${layers} layers`);
});

/** One of each kind. */
const SOME = [
  "gradient",
  "integrated-gradients",
  "smoothdiff",
  "occlusion",
  "grad-cam",
  "lrp",
  "deeplift",
];

for (const method of Object.keys(methods) as MethodName[]) {
  test(
    `${method} makes a map, with the options that it reads and no others`,
    async () => {
      const { page, set, settled, textOf, changesMap, picture } = await opening;
      const change = async () => set("method", method);
      if (method === "gradient") await change();
      else await changesMap(method, change);
      const shown = await page.$$eval("#instrument [data-option]:not([hidden])", (rows) =>
        rows.map((row) => (row as HTMLElement).dataset.option),
      );
      const own = optionsOf(method).filter((option) => !WITHOUT_CONTROL.includes(option));
      assert.equal(shown.sort(), [...own].sort());
      if (own.includes("steps")) await set("steps", "3");
      if (own.includes("window")) await set("window", "12");
      await settled(SAMPLES);
      assert.ok(variety(await picture("map")) > 8, "the map is flat");
      assert.match(
        await textOf("#method-about"),
        new RegExp(methodWords[method].paper.slice(0, 8)),
      );
      assert.is(await page.$eval("#trouble", (box) => (box as HTMLElement).hidden), true);
    },
    { long: !SOME.includes(method) },
  );
}

/** A method, and a control of each option that it reads with a value that changes its map. */
const CHANGES: readonly [
  string,
  Readonly<Partial<Record<keyof SensitivityOptions | string, string | boolean>>>,
][] = [
  ["grad-cam", { layer: "1" }],
  ["integrated-gradients", { steps: "2", baseline: "white", quadrature: "random" }],
  ["blur-ig", { maxSigma: "1" }],
  ["occlusion", { window: "6", stride: "6", baseline: "blur" }],
  ["lrp", { epsilon: "0.5" }],
  ["lrp-gamma", { gamma: "4" }],
  ["lrp-alpha-beta", { alpha: "1" }],
  [
    "gradient",
    {
      of: "probability",
      weightNoise: "30",
      weightSamples: "2",
      noiseScale: "adaptive",
      antithetic: true,
    },
  ],
];

for (const [method, changes] of CHANGES) {
  test(
    `the options of ${method} change its map`,
    async () => {
      const { page, set, settled, changesMap } = await opening;
      await set("method", method);
      await settled(SAMPLES);
      for (const [option, value] of Object.entries(changes)) {
        const chosen =
          option === "layer"
            ? await page.$eval(
                "[name=layer] option:nth-child(2)",
                (o) => (o as HTMLOptionElement).value,
              )
            : value!;
        // With steps given there are no random places.
        if (value === "random") await set("steps", "");
        await changesMap(option, () => set(option, chosen));
        await settled(SAMPLES);
      }
      for (const [option, value] of Object.entries(changes)) {
        await set(option, typeof value === "boolean" ? false : option === "weightNoise" ? "0" : "");
      }
    },
    { long: !["gradient", "integrated-gradients"].includes(method) },
  );
}

test("a choice that cannot be is explained in a sentence, and forgotten when it is taken back", async () => {
  const { page, set, settled, textOf } = await opening;
  const complaint = (words: RegExp) =>
    page.waitForFunction(
      (words) => {
        const box = document.querySelector<HTMLElement>("#trouble")!;
        return !box.hidden && new RegExp(words).test(box.querySelector("p")!.textContent ?? "");
      },
      {},
      words.source,
    );
  const fine = () =>
    page.waitForFunction(() => document.querySelector<HTMLElement>("#trouble")!.hidden);
  await set("samples", "5");
  await settled(5);
  await set("antithetic", true);
  await complaint(/^Antithetic samples come in pairs: samples must be even, got 5\.$/);
  await set("samples", "6");
  await fine();
  await set("antithetic", false);
  await set("samples", String(SAMPLES));
  await set("method", "lrp-alpha-beta");
  await set("alpha", "3");
  await set("beta", "1");
  await complaint(/^Alpha − beta must be 1, got 3 − 1\.$/);
  await set("beta", "2");
  await fine();
  await set("method", "gradient");
  await set("weightSamples", "2");
  await complaint(/^WeightSamples are draws of noisy weights/);
  await set("weightSamples", "");
  await settled(SAMPLES);
  assert.is(await textOf("#trouble p").then((text) => text.length > 0), true);
});

test("a method that the network has no rules for names the node", async () => {
  const { page, set, upload, uses } = await opening;
  await upload("#model-file", "sigmoid.onnx");
  await uses("sigmoid.onnx");
  await set("method", "guided-backprop");
  await page.waitForFunction(() =>
    /Sigmoid/.test(document.querySelector("#trouble:not([hidden]) p")?.textContent ?? ""),
  );
  await upload("#model-file", "network.onnx");
  await uses("network.onnx");
  await page.waitForFunction(() => document.querySelector<HTMLElement>("#trouble")!.hidden);
  await set("method", "gradient");
});

test("two classes: a difference of scores, or of maps in blue and red", async () => {
  const { page, set, settled, textOf, changesMap, picture } = await opening;
  await settled(SAMPLES);
  const other = await page.$eval(
    "[name=against] option:nth-child(3)",
    (o) => (o as HTMLOptionElement).value,
  );
  await changesMap("another class", () => set("against", other));
  await settled(SAMPLES);
  assert.match(await textOf("#caption b"), /^class \d − class \d$/);
  await changesMap("two maps", () => set("comparison", "contrast"));
  await settled(SAMPLES);
  const pixels = (await picture("map")).split(",").map(Number);
  const count = (isIt: (r: number, b: number) => boolean) =>
    pixels.filter((_, i) => i % 4 === 0 && isIt(pixels[i]!, pixels[i + 2]!)).length;
  assert.ok(count((r, b) => r > b + 30) > 5 && count((r, b) => b > r + 30) > 5, "blue and red");
  await set("against", "");
  await settled(SAMPLES);
});

test("sampling ends when the error is small enough", async () => {
  const { page, set, textOf } = await opening;
  await set("stop", "0.2");
  await set("samples", "200");
  await page.waitForFunction(
    () =>
      document.querySelector("#stop")?.hasAttribute("hidden") &&
      /^\d+ of 200 /.test(document.querySelector("#progress-line")?.textContent ?? ""),
  );
  const line = await textOf("#progress-line");
  const [, samples, error] = /^(\d+) of 200 samples, standard error (\d+)/.exec(line) ?? [];
  assert.ok(Number(samples) < 200 && Number(error) <= 20, line);
});

test("complains of nothing in the console", async () => {
  const { close, faults } = await opening;
  await close();
  assert.equal(faults, []);
});

test.run();
