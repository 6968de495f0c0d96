// The demo as a person uses it, in a real Chrome: the built page, a photo and a network made here, every control,
// the keyboard, files that are wrong, a GPU that goes away. One page serves all tests, in order.

import * as assert from "uvu/assert";
import { en } from "../../demo/words/en.js";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";
import { bitmapFile } from "./bitmap.js";
import { type Demo, network, openDemo, variety } from "./page.js";

const test = suite("demo");

const opening = onDemand(openDemo);
const pageOf = async () => (await opening).page;
type Hand<K extends keyof Demo> = Demo[K] extends (...args: infer A) => Promise<infer R>
  ? (...args: A) => Promise<R>
  : never;
const hand = <K extends keyof Demo>(name: K) =>
  (async (...args: unknown[]) =>
    ((await opening)[name] as (...args: unknown[]) => unknown)(...args)) as Hand<K>;
const upload = hand("upload");
const textOf = hand("textOf");
const set = hand("set");
const settled = hand("settled");
const uses = hand("uses");
const changesMap = hand("changesMap");
const picture = hand("picture");

test("draws a digit and explains it before anything is clicked", async () => {
  const page = await pageOf();
  await page.waitForFunction(() => document.querySelector(".smooth")?.getAttribute("d"));
  await settled(50);
  assert.ok(variety(await picture("map")) > 20);
  assert.match(await textOf("#caption b"), /^\d$/);
  // White strokes on black, as the network was trained.
  const drawing = (await picture("photo")).split(",").map(Number);
  const white = drawing.filter((v, i) => i % 4 === 0 && v > 200).length;
  assert.ok(white > 20 && white < 200, `${white} of 576 pixels are white`);
});

test("the sliders rule the figure of the idea", async () => {
  const page = await pageOf();
  const curve = () => page.$eval(".smooth", (path) => path.getAttribute("d"));
  await set("samples", "20");
  const before = await curve();
  await set("noise", "30");
  await page.waitForFunction(
    (before) => document.querySelector(".smooth")?.getAttribute("d") !== before,
    {},
    before,
  );
  assert.match(await textOf(".readout"), /SmoothGrad [+−]\d\.\d\d\s±\s\d\.\d\d/);
  await settled(20);
});

test("the map follows the pen", async () => {
  const page = await pageOf();
  await page.click("#clear");
  const box = (await (await page.$("#photo"))!.boundingBox())!;
  const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
  await changesMap("a line of the pen", async () => {
    await page.mouse.move(...at(0.3, 0.25));
    await page.mouse.down();
    for (let i = 0; i <= 10; i++) await page.mouse.move(...at(0.3 + 0.04 * i, 0.25));
  });
  await changesMap("the next line, before the pen is lifted", async () => {
    for (let i = 0; i <= 10; i++) await page.mouse.move(...at(0.7 - 0.02 * i, 0.25 + 0.05 * i));
  });
  await page.mouse.up();
  await settled(20);
  await changesMap("a digit of the page's", () => page.click("#digits button:nth-child(5)"));
  await settled(20);
});

test("shows a photo as the network will see it", async () => {
  await upload("#photo-file", "photo.bmp");
  const page = await pageOf();
  await page.waitForFunction(
    () => document.querySelector("#photo-name")?.textContent === "photo.bmp, 60 × 40",
  );
  assert.ok(variety(await picture("photo")) > 20);
  assert.is(await page.$eval("#digits", (row) => (row as HTMLElement).hidden), true);
});

test("explains the most probable class, sample by sample", async () => {
  await set("samples", "16");
  await upload("#model-file", "network.onnx");
  await uses("network.onnx");
  await settled(16);
  assert.ok(variety(await picture("map")) > 20);
  assert.match(await textOf("#model-name"), /^network\.onnx: 24 × 24 × 3 in, 10 classes out$/);
  const page = await pageOf();
  const names = await page.$$eval("#top b", (rows) => rows.map((row) => row.textContent ?? ""));
  assert.is(names.length, 5);
  for (const name of names) assert.match(name, /^class \d$/);
  assert.is(await textOf("#caption b"), names[0]);
  assert.match(
    await textOf("#caption"),
    /mean of the gradients at 16 noisy copies, σ\s=\s30\s% .* seed 0$/,
  );
});

test("names the classes once it has their names", async () => {
  await upload("#labels-file", "names.txt");
  const page = await pageOf();
  await page.waitForFunction(() => document.querySelector("#top b")?.textContent?.match(/^name/));
  assert.match(await textOf("#caption b"), /^name \d$/);
});

test("every control changes the map", async () => {
  const page = await pageOf();
  for (const [name, value] of [
    ["noise", "10"],
    ["samples", "24"],
    ["seed", "7"],
    ["preprocess", "tf"],
    ["estimator", "variance"],
    ["reduce", "signed"],
    ["palette", "viridis"],
    ["percentile", "90"],
    ["multiplyInput", true],
  ] as const) {
    await changesMap(name, () => set(name, value));
  }
  await changesMap("another seed", () => page.click("#reseed"));
  await changesMap("the class", () => page.click("#top label:nth-child(3)"));
  await settled(24);
  assert.is(await textOf("#caption b"), await textOf("#top label:nth-child(3) b"));
  await changesMap("overlay", () => page.click(".views label:nth-child(3)"));
  await changesMap("opacity", () => set("opacity", "20"));
  await changesMap("photo", () => page.click(".views label:nth-child(1)"));
  await changesMap("map", () => page.click(".views label:nth-child(2)"));
});

test("what needs no pass runs none", async () => {
  const page = await pageOf();
  await settled(24);
  const worker = page.workers()[0]!;
  const passes = () => worker.evaluate(() => (globalThis as unknown as { passes: number }).passes);
  await worker.evaluate(() => {
    const { createCommandEncoder } = GPUDevice.prototype;
    const counted = Object.assign(globalThis, { passes: 0 });
    GPUDevice.prototype.createCommandEncoder = function (descriptor) {
      if (descriptor?.label?.startsWith("passes")) counted.passes++;
      return createCommandEncoder.call(this, descriptor);
    };
  });
  await changesMap("percentile", () => set("percentile", "99"));
  assert.is(await passes(), 0);
  await changesMap("the seed", () => page.click("#reseed"));
  await settled(24);
  assert.ok((await passes()) > 0, "passes are counted");
});

test("stops on request and starts over", async () => {
  const page = await pageOf();
  const stopped = page.evaluate(
    () =>
      new Promise<void>((done) => {
        const stop = document.querySelector<HTMLButtonElement>("#stop")!;
        new MutationObserver((_, observer) => {
          if (stop.hidden) return;
          observer.disconnect();
          stop.click();
          done();
        }).observe(stop, { attributes: true });
      }),
  );
  await set("samples", "80");
  await stopped;
  await new Promise((later) => setTimeout(later, 300));
  assert.is(await textOf("#stop"), "Start over");
  assert.not.match(await textOf("#progress-line"), /^80 of 80/);
  await page.click("#stop");
  await settled(80);
});

test("wrong files are explained and change nothing", async () => {
  const page = await pageOf();
  const before = await picture("map");
  const name = await textOf("#model-name");
  const chosen = await page.$eval("#model", (select) => (select as HTMLSelectElement).value);
  for (const [id, file, words] of [
    ["#model-file", "broken.onnx", /not an ONNX model/],
    ["#model-file", "foreign.onnx", /StringNormalizer \(strange\)/],
    ["#photo-file", "broken.jpg", /^broken\.jpg is not a picture/],
    ["#labels-file", "few.json", /^The 2 names do not fit the 10 classes/],
  ] as const) {
    await upload(id, file);
    await page.waitForFunction(
      (words) => new RegExp(words).test(document.querySelector("#trouble p")?.textContent ?? ""),
      {},
      words.source,
    );
    assert.is(await page.$eval("#trouble", (box) => (box as HTMLElement).hidden), false);
    // The map of before is not waited for, and the complaint not over because of it.
    await page.waitForFunction(
      () => document.querySelector("#pictures")?.getAttribute("aria-busy") === "false",
    );
    assert.is(await page.$eval("#trouble", (box) => (box as HTMLElement).hidden), false);
    await page.click("#trouble button");
    assert.is(await textOf("#model-name"), name);
    assert.is(await page.$eval("#model", (select) => (select as HTMLSelectElement).value), chosen);
  }
  assert.is(await page.$eval("#map", (canvas) => canvas.className), "");
  assert.is(await picture("map"), before);
  await upload("#labels-file", "names.txt");
});

test("takes files that are dropped and pasted", async () => {
  const page = await pageOf();
  const give = (kind: "drop" | "paste", name: string, bytes: number[]) =>
    page.evaluate(
      (kind, name, bytes) => {
        const files = new DataTransfer();
        files.items.add(
          new File([new Uint8Array(bytes)], name, {
            type: name.endsWith("bmp") ? "image/bmp" : "",
          }),
        );
        const event =
          kind === "drop"
            ? new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true })
            : new ClipboardEvent("paste", {
                clipboardData: files,
                bubbles: true,
                cancelable: true,
              });
        document.body.dispatchEvent(event);
      },
      kind,
      name,
      bytes,
    );
  await set("samples", "9");
  await settled(9);
  const other = bitmapFile(40, 40, (x, y) => [255 - 5 * x, (9 * y) % 256, (x + y) % 2 ? 200 : 20]);
  await changesMap("a pasted photo", () => give("paste", "pasted.bmp", [...other]));
  await settled(9);
  assert.is(await textOf("#photo-name"), "pasted.bmp, 40 × 40");
  await give("drop", "again.onnx", [...network()]);
  await uses("again.onnx");
  await settled(9);
  await give("drop", "paper.pdf", [1, 2, 3]);
  await page.waitForFunction(() =>
    /^paper\.pdf is neither a photo/.test(
      document.querySelector("#trouble:not([hidden]) p")?.textContent ?? "",
    ),
  );
});

test("a complaint is over when the next map is there", async () => {
  const page = await pageOf();
  await page.click("#reseed");
  await page.waitForFunction(() => document.querySelector<HTMLElement>("#trouble")!.hidden);
});

test("everything can be reached and moved by keyboard", async () => {
  const page = await pageOf();
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.$$eval("details", (all) => {
    for (const each of all) each.open = true;
  });
  const reached = new Set<string>();
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press("Tab");
    const control = await page.evaluate(() => {
      const { id, name } = document.activeElement as HTMLInputElement;
      return name || id;
    });
    reached.add(control);
  }
  const wanted =
    "language map view draw photo-file camera model model-file labels-file preprocess target against of method noise samples stop seed reseed noiseScale antithetic weightNoise weightSamples estimator reduce palette percentile opacity multiplyInput";
  for (const control of wanted.split(" ")) assert.ok(reached.has(control), `Tab misses ${control}`);
  await page.focus("#noise");
  await changesMap("an arrow key", () => page.keyboard.press("ArrowRight"));
  assert.match(await textOf("output[for=noise]"), /^11\s%$/);
});

test("every control has a name", async () => {
  const page = await pageOf();
  const tree = await page.accessibility.snapshot();
  const nameless: string[] = [];
  const roles = [
    "button",
    "slider",
    "checkbox",
    "radio",
    "combobox",
    "spinbutton",
    "image",
    "progressbar",
  ];
  const visit = (node: typeof tree) => {
    if (!node) return;
    if (roles.includes(node.role) && !node.name) nameless.push(node.role);
    node.children?.forEach(visit);
  };
  visit(tree);
  assert.equal(nameless, []);
});

test("gets over a lost GPU", async () => {
  const page = await pageOf();
  await settled(9);
  const worker = page.workers()[0]!;
  await worker.evaluate(() => {
    const { createCommandEncoder } = GPUDevice.prototype;
    GPUDevice.prototype.createCommandEncoder = function (descriptor) {
      GPUDevice.prototype.createCommandEncoder = createCommandEncoder;
      setTimeout(() => this.destroy());
      return createCommandEncoder.call(this, descriptor);
    };
  });
  await set("samples", "12");
  await settled(12);
  assert.is(await page.$eval("#trouble", (box) => (box as HTMLElement).hidden), true);
  await changesMap("the noise", () => set("noise", "40"));
});

test("says in a sentence that there is no WebGPU, and still shows the idea", async () => {
  const page = await pageOf();
  await page.goto(new URL("/bare/index.html", page.url()).href);
  await page.waitForSelector("#trouble:not([hidden])");
  assert.match(await textOf("#trouble p"), /^This browser has no WebGPU: .*\.$/);
  await page.waitForFunction(() => document.querySelector(".smooth")?.getAttribute("d"));
});

test("says in a sentence that a part of it is missing", async () => {
  const { page, faults } = await opening;
  const before = faults.length;
  await page.goto(new URL("/torn/index.html", page.url()).href);
  await page.waitForSelector("#trouble:not([hidden])");
  assert.is(await textOf("#trouble p"), en.says.incomplete);
  // What the browser says of it is no fault of the page.
  assert.equal(
    faults.splice(before).filter((fault) => !/worker/i.test(fault)),
    [],
  );
});

test("complains of nothing and asks no one else", async () => {
  const { page, close, faults, hosts } = await opening;
  const policy = "meta[http-equiv=Content-Security-Policy]";
  assert.not.match(await page.$eval(policy, (meta) => (meta as HTMLMetaElement).content), /unsafe/);
  const host = new URL(page.url()).host;
  await close();
  assert.equal(faults, []);
  assert.equal([...hosts], [host]);
});

test.run();
