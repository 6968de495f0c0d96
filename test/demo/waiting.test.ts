// What keeps a reader from waiting, counted: how many passes and submits a change costs, what is read back, and what is
// still begun after a change. How many milliseconds that takes is told by `npm run bench -- page`. One page serves all
// tests, in order.

import * as assert from "uvu/assert";
import { en } from "../../demo/words/en.js";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";
import { openDemo } from "./page.js";
import { recordOf } from "./record.js";

const test = suite("demo/waiting");

const opening = onDemand(openDemo);
const record = onDemand(async () => recordOf((await opening).page));

/** Passes through the network: of a map, of a pixel's line. */
const MODEL = /^submit (passes|places)/;

const SAMPLES = 8;
const MANY = 60;

/** What the worker still does between hearing another wish, in the middle of its passes, and beginning the map of it. */
async function doneAfterChange(): Promise<string[]> {
  const { until, all } = await record;
  await until(/^hear wish/, (await until(MODEL)).time);
  const notes = (await all()).map(({ what }) => what);
  const heard = notes.indexOf(
    "hear wish",
    notes.findIndex((what) => MODEL.test(what)),
  );
  await until(/^buffer input/, (await all())[heard]!.time);
  const later = (await all()).map(({ what }) => what);
  return later
    .slice(heard, later.indexOf("buffer input", heard))
    .filter((what) => /^(submit|compute|read|compile)/.test(what));
}

/** What the worker does from a change until it is painted and nothing more comes. */
async function costOf(change: () => Promise<void>): Promise<string[]> {
  const { quiet, clear, until, all } = await record;
  await quiet();
  await clear();
  await change();
  await until(/^painted/);
  await quiet();
  return (await all()).map(({ what }) => what);
}

test("a map of 224 × 224 pixels lies on its photo", async () => {
  const { page, upload, uses, set, settled } = await opening;
  await page.goto(new URL("/watched/index.html", page.url()).href);
  await upload("#photo-file", "photo.bmp");
  await upload("#model-file", "large.onnx");
  await uses("large.onnx");
  await set("samples", String(SAMPLES));
  await settled(SAMPLES);
  await page.click("[name=view][value=overlay] + span");
});

for (const [name, values] of [
  ["percentile", ["98", "97"]],
  ["opacity", ["80", "70"]],
  ["palette", ["inferno", "viridis"]],
  ["reduce", ["signed", "max"]],
] as const) {
  test(`another ${name} costs one submit of a picture: no model, no memory, nothing compiled or read back`, async () => {
    const { set } = await opening;
    for (const value of values) {
      const cost = await costOf(() => set(name, value));
      assert.equal(
        cost.filter((what) => !what.startsWith("compute")),
        ["hear look", "render paint", "submit picture", "painted"],
      );
      const passes = cost.filter((what) => what.startsWith("compute"));
      assert.ok(
        passes.every((what) => /^compute (scores|range|percentiles)$/.test(what)),
        passes.join(", "),
      );
    }
  });
}

test("a control that moves is heard once a frame, and then as it stands", async () => {
  const { page, set, settled, textOf } = await opening;
  const { all } = await record;
  await set("samples", String(SAMPLES));
  await settled(SAMPLES);
  await costOf(() =>
    page.evaluate(async () => {
      const control = (name: string) => document.querySelector<HTMLInputElement>(`[name=${name}]`)!;
      await new Promise((done) => requestAnimationFrame(done));
      for (let i = 0; i < 20; i++) {
        for (const [name, value] of [
          ["noise", 10 + i],
          ["percentile", 91 + i / 10],
        ] as const) {
          control(name).value = String(value);
          control(name).dispatchEvent(new Event("input", { bubbles: true }));
        }
      }
    }),
  );
  await settled(SAMPLES);
  const done = (await all()).map(({ what }) => what);
  const heard = done.filter((what) => what.startsWith("hear"));
  assert.equal(heard.sort(), ["hear look", "hear wish"]);
  assert.ok(
    done.some((what) => MODEL.test(what)),
    "a new map is made of passes",
  );
  assert.match(await textOf("#caption"), /29\s%/);
});

for (const [name, changed] of [
  ["noise", { noise: 0.4, samples: SAMPLES }],
  ["method", { method: "guided-backprop", samples: SAMPLES }],
  ["samples", { samples: SAMPLES }],
] as const) {
  test(`another ${name} ends the map under way: no further pass of it is begun`, async () => {
    const { set, settled } = await opening;
    const { quiet, clear, interrupt } = await record;
    await set("samples", String(SAMPLES));
    await settled(SAMPLES);
    await quiet();
    await clear();
    await interrupt(MODEL, changed);
    await set("samples", String(MANY));
    assert.equal(await doneAfterChange(), []);
    await settled(SAMPLES);
  });
}

for (const tab of ["noise", "pixel"]) {
  test(
    `a change ends the figure "${tab}" that is being drawn: no further pass of it is begun`,
    async () => {
      const { page, set, settled } = await opening;
      const { quiet, clear, interrupt, until } = await record;
      await set("samples", String(SAMPLES));
      await settled(SAMPLES);
      await quiet();
      await clear();
      await interrupt(MODEL, { noise: 0.33 });
      await page.click(`#tab-${tab}`);
      assert.equal(await doneAfterChange(), []);
      const figure = await until(/^tell (figure done|line)/);
      const { time } = await until(/^hear wish/);
      assert.ok(figure.time > time, "the figure was done before");
      await page.click("#tab-idea");
    },
    { long: tab === "pixel" },
  );
}

test("while samples are taken, the worker hears the page between two submits", async () => {
  const { page, set, settled } = await opening;
  const { quiet, clear, all } = await record;
  await set("samples", String(SAMPLES));
  await settled(SAMPLES);
  await quiet();
  await clear();
  // A message to itself with every submit: how many more are made before it is heard?
  await page.workers()[0]!.evaluate((source) => {
    const scope = globalThis as unknown as { noted: ((what: string) => void) | undefined };
    const { port1, port2 } = new MessageChannel();
    const delays: number[] = [];
    let count = 0;
    port2.onmessage = ({ data }) => delays.push(count - data);
    scope.noted = (what) => {
      if (!new RegExp(source).test(what)) return;
      count++;
      port1.postMessage(count);
    };
    Object.assign(scope, { delays });
  }, MODEL.source);
  await set("samples", String(MANY));
  await settled(MANY);
  const delays = await page.workers()[0]!.evaluate(() => {
    const scope = globalThis as unknown as { noted: unknown; delays: number[] };
    scope.noted = undefined;
    return scope.delays;
  });
  const submits = (await all()).filter(({ what }) => MODEL.test(what)).length;
  assert.is(delays.length, submits);
  assert.ok(submits >= 3, `${MANY} samples in ${submits} submits`);
  assert.ok(Math.max(...delays) <= 2, `heard after ${delays} further submits`);
});

test("the page itself computes nothing: it hears a few numbers for each step and writes a few words", async () => {
  const { page, set, settled } = await opening;
  await page.evaluate(() => {
    const seen = { changes: 0, gpu: 0, pixels: 0 };
    const { requestAdapter } = GPU.prototype;
    GPU.prototype.requestAdapter = function (options) {
      seen.gpu++;
      return requestAdapter.call(this, options);
    };
    const { getImageData, putImageData } = CanvasRenderingContext2D.prototype;
    Object.assign(CanvasRenderingContext2D.prototype, {
      getImageData(...all: Parameters<typeof getImageData>) {
        seen.pixels++;
        return getImageData.apply(this as unknown as CanvasRenderingContext2D, all);
      },
      putImageData(...all: Parameters<typeof putImageData>) {
        seen.pixels++;
        return putImageData.apply(this as unknown as CanvasRenderingContext2D, all);
      },
    });
    const observer = new MutationObserver((records) => {
      seen.changes += records.length;
    });
    observer.observe(document, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
    Object.assign(globalThis, { seen, observer });
  });
  const { quiet, clear, all } = await record;
  await quiet();
  await clear();
  await set("samples", String(MANY));
  await settled(MANY);
  const seen = await page.evaluate(() => {
    const { seen, observer } = globalThis as unknown as {
      seen: Record<string, number>;
      observer: MutationObserver;
    };
    observer.disconnect();
    return seen;
  });
  const told = (await all()).filter(({ what }) => what.startsWith("tell"));
  assert.is(seen.gpu, 0);
  assert.is(seen.pixels, 0);
  assert.ok(told.every(({ what }) => what.startsWith("tell progress")));
  assert.ok(told.length <= MANY + 1, `${told.length} reports of ${MANY} samples`);
  // It is about 15 for each.
  assert.ok(
    seen.changes! <= 40 * told.length,
    `${seen.changes} changes for ${told.length} reports`,
  );
});

/** What the worker does for a figure, from the choice of its tab until all of it is painted. */
async function drawingOf(tab: string): Promise<string[]> {
  const { page } = await opening;
  const { quiet, clear, until, all } = await record;
  await page.click("#tab-idea");
  await quiet();
  await clear();
  await page.click(`#tab-${tab}`);
  await until(/^tell figure done/);
  return (await all()).map(({ what }) => what);
}

/** The panels that were painted, each once, in the order of their coming. */
const paintedIn = (notes: readonly string[]) => [
  ...new Set(notes.flatMap((what) => /^tell panel (\d+)/.exec(what)?.[1] ?? []).map(Number)),
];

/** What was done before the last pass through a network. */
function beforeLastPass(notes: readonly string[]): readonly string[] {
  const last = notes.findLastIndex((what) => MODEL.test(what));
  assert.ok(last > 0, "there are no passes");
  return notes.slice(0, last);
}

test("the panels of a figure are painted as they come, the quickest first, and a bar tells which is next", async () => {
  const { page, set, uses, settled } = await opening;
  await page.select("#model", "clean");
  await uses("mnist-clean.onnx");
  await page.click("#draw");
  await set("samples", String(SAMPLES));
  await settled(SAMPLES);
  await page.click("#tab-idea");
  await page.evaluate(() => {
    const figure = document.querySelector("#figure")!;
    const bar = document.querySelector<HTMLProgressElement>("#figure-progress")!;
    const sayings: string[] = [];
    new MutationObserver(() => {
      const isBusy = figure.getAttribute("aria-busy") === "true";
      const saying = isBusy && !bar.hidden ? bar.getAttribute("aria-valuetext")! : "nothing";
      if (saying !== sayings.at(-1)) sayings.push(saying);
    }).observe(figure, { subtree: true, attributes: true });
    Object.assign(globalThis, { sayings });
  });
  const notes = await drawingOf("methods");
  // The path has ten steps: one sample costs more than eight of another method, but not than eight of its own.
  const order = [0, 2, 3, 4, 5, 7, 8, 9, 1, 6];
  assert.equal(paintedIn(notes), order);
  assert.equal(paintedIn(beforeLastPass(notes)), order.slice(0, -1));
  const titles = await page.$$eval("#panels figcaption span", (all) =>
    all.map(({ textContent }) => textContent),
  );
  await page.waitForFunction(() => document.querySelector("#figure[aria-busy=false]"));
  const sayings = await page.evaluate(
    () => (globalThis as unknown as { sayings: string[] }).sayings,
  );
  assert.equal(
    sayings.filter((saying) => saying !== "nothing"),
    order.map((index, i) => `${titles[index]}, ${en.panel.place(i + 1, 10)}`),
  );
  assert.is(sayings.at(-1), "nothing");
  assert.is(await page.$("#panels .under-way"), null);
});

test("the figure of samples comes from one series, snapshot by snapshot", async () => {
  const notes = await drawingOf("samples");
  assert.is(notes.filter((what) => what.startsWith("buffer input")).length, 1);
  assert.equal(paintedIn(notes), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(paintedIn(beforeLastPass(notes)), [0, 1, 2, 3, 4, 5, 6]);
});

test("the panel without noise is the first of its figure", async () => {
  const notes = await drawingOf("noise");
  const passes = notes.slice(0, notes.indexOf("tell panel 0")).filter((what) => MODEL.test(what));
  assert.equal(passes, ["submit passes from 0", "submit passes from 1"], "its samples are alike");
  assert.equal(paintedIn(beforeLastPass(notes)), [0, 1, 2, 3, 4]);
});

for (const tab of ["cap", "sign", "input"]) {
  test(
    `the figure "${tab}" shows the map of the page in other ways, and needs no pass`,
    async () => {
      const notes = await drawingOf(tab);
      assert.ok(paintedIn(notes).length > 1);
      assert.equal(
        notes.filter((what) => MODEL.test(what)),
        [],
      );
    },
    { long: tab !== "sign" },
  );
}

test("the figure of two classes is of those that the map has found", async () => {
  const { page } = await opening;
  const { quiet } = await record;
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  await page.click("#tab-classes");
  const found = new Set<string>();
  for (const digit of [1, 8, 3]) {
    await page.click(`#digits button:nth-child(${digit + 1})`);
    await quiet();
    const textsOf = (selector: string) =>
      page.$$eval(selector, (all) => all.map(({ textContent }) => textContent));
    const [first, second] = await textsOf("#top b");
    found.add(`${first}, ${second}`);
    const titles = await textsOf("#panels figcaption span");
    assert.equal(titles, [first, `${first} − ${second}`, second]);
  }
  assert.ok(found.size > 1, `all digits are ${[...found]}`);
  await page.emulateMediaFeatures([]);
});

test("a figure that is under way goes on in another look, and what is there is painted in it", async () => {
  const { page } = await opening;
  const { relook, quiet } = await record;
  await page.click("#tab-idea");
  await quiet();
  await relook(/^tell panel/, { palette: "viridis" });
  const notes = await drawingOf("noise");
  assert.ok(notes.filter((what) => what === "tell panel 0").length > 1, "it stays as it was");
  await quiet();
  // A map of digits is gray where it is zero, and no color of viridis is gray.
  const grays = await page.$$eval("#panels canvas", (all) =>
    all.map((each) => {
      const { width, height } = each as HTMLCanvasElement;
      const context = (each as HTMLCanvasElement).getContext("2d")!;
      const { data } = context.getImageData(0, 0, width, height);
      return data.filter((red, i) => i % 4 === 0 && red === data[i + 1] && red === data[i + 2])
        .length;
    }),
  );
  assert.equal(grays, [0, 0, 0, 0, 0, 0]);
});

test(
  "the curve of a pixel is there before all of its places are",
  async () => {
    const notes = await drawingOf("pixel");
    assert.is(notes.filter((what) => what === "tell line").length, 2);
    assert.is(beforeLastPass(notes).filter((what) => what === "tell line").length, 1);
  },
  { long: true },
);

test("what the network sees by other preprocessings is told before a figure is begun", async () => {
  const { page, upload } = await opening;
  const { quiet, clear, until, all } = await record;
  await page.click("#tab-noise");
  await quiet();
  await clear();
  await upload("#model-file", "caffe.onnx");
  const { time } = await until(/^tell loaded/);
  for (const what of [/^tell suggestions/, /^tell figure done/]) await until(what, time);
  const notes = (await all()).map(({ what }) => what);
  const later = notes.slice(notes.indexOf("tell loaded"));
  assert.ok(later.indexOf("tell figuring") > later.indexOf("tell suggestions"));
});

test("complains of nothing", async () => {
  const { close, faults } = await opening;
  await close();
  assert.equal(faults, []);
});

test.run();
