// A map that is passed on is the same map: settings are drawn, set as a hand would, copied as a link and opened anew,
// and what the page then shows and saves is compared. One page serves all tests, in order.

import * as assert from "uvu/assert";
import { en } from "../../demo/words/en.js";
import { type Draw, drawsOf } from "../random-graphs/draws.js";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";
import { openDemo } from "./page.js";

const test = suite("demo/links");

/** What the page hands to the browser: a link for the clipboard, a file to keep. */
interface Handed {
  link: string | undefined;
  file: Blob | undefined;
}

const opening = onDemand(async () => {
  const demo = await openDemo();
  const { page } = demo;
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  await page.evaluateOnNewDocument(() => {
    const handed = globalThis as unknown as Handed;
    if (navigator.clipboard) {
      navigator.clipboard.writeText = async (text) => {
        handed.link = text;
      };
    }
    const { createObjectURL } = URL;
    URL.createObjectURL = (file) => {
      handed.file = file as Blob;
      return createObjectURL(file);
    };
    HTMLAnchorElement.prototype.click = () => {};
  });
  return demo;
});

const start = onDemand(async () => (await opening).page.url());

/** Opens an address anew. */
async function open(hash: string): Promise<void> {
  const { page } = await opening;
  const url = await start;
  await page.goto("about:blank");
  await page.goto(`${url}#${hash}`);
  await rest();
}

/** Waits until the page has done all that was asked of it, or said why not. */
async function rest(): Promise<void> {
  const { page } = await opening;
  await page.evaluate(async () => {
    // What a control has changed is wished in the next frame.
    for (let i = 0; i < 2; i++) await new Promise((done) => requestAnimationFrame(done));
  });
  await page.waitForFunction(
    () => document.querySelector("#pictures")?.getAttribute("aria-busy") === "false",
  );
}

/** Clicks an element wherever it is. */
async function press(selector: string): Promise<void> {
  await (await opening).page.$eval(selector, (element) => (element as HTMLElement).click());
}

/** What "Copy link" copies. */
async function copied(): Promise<string> {
  const { page } = await opening;
  await page.evaluate(() => Object.assign(globalThis, { link: undefined }));
  await press("#share");
  await page.waitForFunction(() => (globalThis as unknown as Handed).link);
  return page.evaluate(() => (globalThis as unknown as Handed).link!);
}

/** What the page is set to, shows and saves. */
async function shown() {
  const { page } = await opening;
  const seen = await page.evaluate(() => {
    const form = document.querySelector<HTMLFormElement>("#instrument")!;
    const controls = [...form.elements].flatMap((each) => {
      const { name, type, value, checked } = each as HTMLInputElement;
      if (name === "" || type === "file" || (type === "radio" && !checked)) return [];
      // Of which classes there is a list, and which of them is explained, comes with the map.
      if (name === "target") return [];
      return [`${name}=${type === "checkbox" ? checked : value}`];
    });
    const trouble = document.querySelector<HTMLElement>("#trouble:not([hidden]) p");
    return {
      controls,
      trouble: trouble?.textContent,
      follows: document.querySelector<HTMLElement>("#unchoose")!.hidden,
      tab: document.querySelector("#tabs [aria-selected=true]")?.id,
      caption: document.querySelector("#caption")!.textContent,
    };
  });
  // A map that cannot be leaves the one before it in the page, and none in a page that is new.
  if (seen.trouble) return { ...seen, caption: undefined, json: undefined };
  await page.evaluate(() => Object.assign(globalThis, { file: undefined }));
  await press("[data-save=json]");
  await page.waitForFunction(() => (globalThis as unknown as Handed).file);
  const json = JSON.parse(
    await page.evaluate(() => (globalThis as unknown as Handed).file!.text()),
  );
  // Where sampling ends at an error, it is looked at from step to step, and steps are as long as the machine likes.
  const { options } = json.settings;
  return options.stop ? { ...seen, caption: undefined, json: options } : { ...seen, json };
}

/** Values for what a hand would type. */
const TYPED: Readonly<Record<string, readonly string[]>> = {
  scale: ["0.004", "0.01"],
  mean: ["0.5", " 0.1"],
  std: ["0.3", "2"],
  shortSide: ["28", "40"],
  steps: ["2", "5"],
  maxSigma: ["1", "2.5"],
  window: ["7", "9"],
  stride: ["5", "9"],
  epsilon: ["0.5", "1e-3"],
  gamma: ["0", "4"],
  alpha: ["1", "3"],
  beta: ["0", "2"],
  seed: ["42", "1234567", "4294967295"],
  weightSamples: ["1", "2"],
};

/** More would take longer and tell no more. */
const SAMPLES = ["2", "4", "6"];

/** A control, and what it can be set to. */
interface Control {
  readonly name: string;
  readonly usual: string;
  readonly values: readonly string[];
}

async function controls(): Promise<Control[]> {
  const { page } = await opening;
  return page.evaluate(
    (typed, samples) => {
      const form = document.querySelector<HTMLFormElement>("#instrument")!;
      const found = new Map<string, { name: string; usual: string; values: string[] }>();
      for (const each of form.elements) {
        const { name, type, value, defaultValue, min, max, step } = each as HTMLInputElement;
        // The class and what it is held against come with the map, layers with the model.
        if (name === "" || type === "file" || ["target", "against", "sharedScale"].includes(name)) {
          continue;
        }
        if (type === "select-one") {
          const values = [...(each as HTMLSelectElement).options].map((option) => option.value);
          found.set(name, { name, usual: values[0]!, values });
        } else if (type === "radio") {
          const values = [...(found.get(name)?.values ?? []), value];
          found.set(name, { name, usual: "map", values });
        } else if (type === "checkbox") {
          found.set(name, { name, usual: "false", values: ["true", "false"] });
        } else if (name === "samples") {
          found.set(name, { name, usual: samples[0]!, values: samples });
        } else if (type === "range") {
          const [low, high, by] = [min, max, step || "1"].map(Number) as [number, number, number];
          const values = [0, 0.2, 0.5, 0.77, 1].map((part) =>
            String(Number((low + by * Math.round((part * (high - low)) / by)).toFixed(3))),
          );
          found.set(name, { name, usual: defaultValue, values });
        } else {
          found.set(name, { name, usual: defaultValue, values: typed[name] ?? [] });
        }
      }
      return [...found.values()];
    },
    TYPED as Record<string, string[]>,
    SAMPLES,
  );
}

/** Sets controls as a hand would, all in one frame; what a value hangs on comes first. */
async function set(values: readonly (readonly [name: string, value: string])[]): Promise<void> {
  const { page } = await opening;
  await page.evaluate((values) => {
    const form = document.querySelector<HTMLFormElement>("#instrument")!;
    for (const [name, value] of values) {
      const control = form.elements.namedItem(name) as HTMLInputElement | RadioNodeList;
      if (control instanceof RadioNodeList) {
        if (control.value === value) continue;
        control.value = value;
        const radio = [...control].find((each) => (each as HTMLInputElement).checked)!;
        radio.dispatchEvent(new Event("input", { bubbles: true }));
        continue;
      }
      const now = control.type === "checkbox" ? String(control.checked) : control.value;
      if (now === value) continue;
      if (control.type === "checkbox") control.checked = value === "true";
      else control.value = value;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }, values);
}

const one = <T>(draw: Draw, of: readonly T[]): T => of[draw(of.length)] as T;

/** Draws settings and sets them; what they are. */
async function settle(draw: Draw): Promise<string> {
  const { page } = await opening;
  const said: string[] = [];
  const model = one(draw, ["clean", "clean", "noise"]);
  if ((await page.$eval("#model", (list) => (list as HTMLSelectElement).value)) !== model) {
    await page.select("#model", model);
    await page.waitForFunction(
      (name) => document.querySelector("#model-name")?.textContent?.startsWith(name),
      {},
      `mnist-${model}.onnx: `,
    );
    said.push(model);
  }
  await press("#unchoose");
  const scale = one(draw, ["", "", "", "rgb", "absolute", "adaptive"]);
  await set([
    ["against", ""],
    ["comparison", "versus"],
    ["noiseScale", scale],
  ]);
  const all = (await controls()).filter(({ name }) => name !== "noiseScale");
  const chosen = new Set(Array.from({ length: draw(7) }, () => draw(all.length)));
  const values = all.map(({ name, usual, values }, i) => {
    assert.ok(values.length > 0, `nothing is known to be typed into ${name}`);
    const value = chosen.has(i) ? one(draw, values) : usual;
    if (value !== usual) said.push(`${name}=${value}`);
    return [name, value] as const;
  });
  // One that is set is chosen, and then no longer the model's.
  await set(values.filter(([name], i) => name !== "reduce" || chosen.has(i)));
  const drawing = draw(4);
  if (drawing === 0) await scribble(draw);
  else if (drawing > 1) await press(`#digits button:nth-child(${1 + draw(10)})`);
  await rest();
  const row = `#top label:nth-child(${1 + draw(5)}) input`;
  if (draw(3) === 0 && (await page.$(row))) {
    said.push("a class");
    await press(row);
    await rest();
  }
  if (draw(3) === 0) {
    const others = await page.$$eval("[name=against] option", (all) =>
      all.map((option) => (option as HTMLOptionElement).value),
    );
    const how = [
      ["against", one(draw, others)],
      ["comparison", one(draw, ["versus", "contrast"])],
    ] as const;
    said.push(how.join());
    await set(how);
  }
  await press(one(draw, ["#tab-idea", "#tab-cap", "#tab-noise", "#tab-pixel"]));
  if (draw(3) === 0) {
    const scale = await page.$("#scale:not([hidden]) input");
    await scale?.evaluate((box) => (box as HTMLElement).click());
  }
  await page.select("#language", one(draw, ["en", "en", "ko"]));
  await rest();
  return said.join(" ");
}

/** Draws a stroke with a pen, out of the picture too. */
async function scribble(draw: Draw): Promise<void> {
  const { page } = await opening;
  const at = Array.from({ length: 6 }, () => [draw(1000) / 900 - 0.05, draw(1000) / 900 - 0.05]);
  await press("#clear");
  await page.$eval(
    "#photo",
    (canvas, at) => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const move = (type: string, [x, y]: number[]) =>
        canvas.dispatchEvent(
          new PointerEvent(type, {
            ...{ pointerId: 1, isPrimary: true, button: 0, bubbles: true },
            ...{ clientX: left + x! * width, clientY: top + y! * height },
          }),
        );
      (canvas as HTMLElement).setPointerCapture = () => {};
      move("pointerdown", at[0]!);
      for (const each of at) move("pointermove", each);
      move("pointerup", at.at(-1)!);
    },
    at,
  );
}

/** Draws settings, copies their link, sets others, and enters the address: what is shown and saved must be as before. */
async function trip(seed: number): Promise<void> {
  const { page } = await opening;
  const { draw } = drawsOf(seed);
  const what = await settle(draw);
  const before = await shown();
  const link = await copied();
  // Whatever stands in the page when the address is entered is not to shine through.
  await set([
    ["seed", "99999"],
    ["noiseScale", "adaptive"],
    ["gamma", "0.125"],
    ["percentile", "91"],
    ["antithetic", "true"],
  ]);
  await page.waitForFunction(() => location.hash.includes("seed=99999"));
  const { hash } = new URL(link);
  await page.evaluate((hash) => {
    Object.assign(globalThis, { isBefore: true });
    location.hash = hash;
  }, hash);
  await page.waitForFunction(
    () => !("isBefore" in globalThis) && document.readyState === "complete",
  );
  await rest();
  const label = `case ${seed}: ${what} ${link}`;
  assert.equal(await shown(), before, label);
  assert.is(await copied(), link, label);
}

test("what an address says counts from the first map on", async () => {
  const { textOf } = await opening;
  await open(
    "seed=42&noiseScale=absolute&noise=1.2&samples=2&against=7&of=log-probability&target=4&comparison=versus",
  );
  assert.match(await textOf("#caption"), /^4 − 7: .*, σ\s=\s1.20, seed 42$/);
  const { json, trouble } = await shown();
  assert.is(trouble, undefined);
  const { seed, noise, noiseScale, versus, of, target } = json.settings.options;
  assert.equal([seed, noise, noiseScale], [42, 1.2, "absolute"]);
  assert.equal([versus, of, target], [7, "log-probability", 4]);
});

test("what an address says and cannot be is left out, and told", async () => {
  const { page, textOf } = await opening;
  await open(
    "noise=banana&steps=0&view=sideways&antithetic=yes&unknown=1&samples=2&target=500&against=ten&layer=nowhere&tab=none&model=file&lang=xx&strokes=AA",
  );
  const told = await textOf("#trouble:not([hidden]) p");
  for (const word of [
    ...["noise=banana", "steps=0", "view=sideways", "antithetic=yes", "unknown=1", "target=500"],
    ...["against=ten", "layer=nowhere", "tab=none", "model=file", "lang=xx", "strokes=AA"],
  ]) {
    assert.ok(told.includes(word), `${word} is not in “${told}”`);
  }
  assert.match(await textOf("#caption"), /at 2 noisy copies, σ\s=\s15\s% .*, seed 0$/);
  assert.is(new URL(await copied()).hash, "#samples=2");
  await page.click("#trouble button");
});

test("a class is in the address only where it was chosen", async () => {
  const { textOf } = await opening;
  assert.not.match(await copied(), /target/);
  await press("#top label:nth-child(2) input");
  await rest();
  assert.match(await copied(), /target=\d$/);
  await press("#unchoose");
  await rest();
  assert.not.match(await copied(), /target/);
  assert.is(await textOf("#saved"), en.says.copied(""));
});

test("an own file is named as not in the link, and what was chosen for it is not there either", async () => {
  const { page, upload, uses, textOf } = await opening;
  await upload("#photo-file", "photo.bmp");
  await upload("#model-file", "network.onnx");
  await uses("network.onnx");
  await rest();
  await press("#top label:nth-child(2) input");
  await set([["preprocess", "caffe"]]);
  await rest();
  await press("#top label:nth-child(3) input");
  await rest();
  const link = await copied();
  assert.is(await textOf("#saved"), en.says.copied("photo.bmp, network.onnx"));
  assert.is(new URL(link).hash, "#samples=2");
  await page.select("#model", "clean");
  await uses("mnist-clean.onnx");
  await rest();
  await copied();
  assert.is(await textOf("#saved"), en.says.copied("photo.bmp"));
});

test("a map that cannot be leaves the choice of classes in reach", async () => {
  const { page, textOf } = await opening;
  await open("samples=3&antithetic=true");
  assert.match(await textOf("#trouble:not([hidden]) p"), /^Antithetic samples come in pairs/);
  assert.ok(await page.$("#classes:not([hidden])"), "the classes are hidden");
  await set([["samples", "2"]]);
  await rest();
  assert.is(await page.$("#trouble:not([hidden])"), null);
  // Another look is no map.
  await set([["samples", "3"]]);
  await rest();
  await set([["palette", "inferno"]]);
  await page.select("#language", "ko");
  assert.match(await textOf("#trouble:not([hidden]) p"), /^Antithetic samples come in pairs/);
  await page.select("#language", "en");
});

const QUICK = 2;
const MANY = 120;

test(`of ${QUICK} drawn settings each is the same when its link is opened`, async () => {
  for (let seed = 0; seed < QUICK; seed++) await trip(seed);
});

test(
  `of ${MANY} drawn settings each is the same when its link is opened`,
  async () => {
    for (let seed = QUICK; seed < MANY; seed++) await trip(seed);
  },
  { long: true, timeLimit: 3_600_000 },
);

test("complains of nothing", async () => {
  const { close, faults } = await opening;
  await close();
  assert.equal(faults, []);
});

test.run();
