// The built demo in a real Chrome, and the hands of a person who uses it. Files are made here: a photo, a network,
// and some that are neither.

import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "puppeteer";
import * as assert from "uvu/assert";
import { caffeNetwork } from "../models/colors.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { tinyModel } from "../models/tiny.js";
import { openTab } from "../support/browser.js";
import { onDemand } from "../support/on-demand.js";
import { bitmapFile } from "./bitmap.js";
import { RECORDER } from "./record.js";

export const CLASSES = 10;

/**
 * A network of two convolutions and a dense layer. Without its biases it would be homogeneous: its gradient the same on
 * the whole way from black, and integrated gradients the same for any number of steps.
 */
export function network(activation = "Relu"): Uint8Array {
  const g = new OnnxBuilder();
  const pads = [1, 1, 1, 1];
  // Exporters number nodes, too.
  const conv = (x: string, i: number, shape: number[]) => {
    const inputs = [x, g.weight(`w${i}`, shape), g.weight(`b${i}`, [8], { std: 0.5 })];
    return g.node("Conv", inputs, { pads }, { name: String(i) });
  };
  const x = g.input("x", ["N", 3, 24, 24]);
  const a = g.node(activation, [conv(x, 1, [8, 3, 3, 3])]);
  const b = g.node(activation, [conv(a, 2, [8, 8, 3, 3])]);
  const flat = g.node("Flatten", [g.node("GlobalAveragePool", [b])]);
  g.output(g.node("Gemm", [flat, g.weight("w3", [CLASSES, 8], { std: 3 })], { transB: 1 }));
  return g.bytes();
}

/** A network that sees a large image and does little with it. */
function large(): Uint8Array {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 3, 224, 224]);
  const strides = [8, 8];
  const a = g.node("Relu", [g.node("Conv", [x, g.weight("w1", [4, 3, 8, 8])], { strides })]);
  const flat = g.node("Flatten", [g.node("GlobalAveragePool", [a])]);
  g.output(g.node("Gemm", [flat, g.weight("w2", [CLASSES, 4], { std: 3 })], { transB: 1 }));
  return g.bytes();
}

/** A network of many classes, none of which ever stands out. */
function unsure(): Uint8Array {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 3, 8, 8]);
  const w = g.weight("w", [40, 192], { std: 1e-4 });
  g.output(g.node("Gemm", [g.node("Flatten", [x]), w], { transB: 1 }));
  return g.bytes();
}

/** What stands in for the networks that come with the page: of the same shape, and untrained. */
function digits(): Uint8Array {
  const g = new OnnxBuilder();
  const pads = [1, 1, 1, 1];
  const x = g.input("x", ["N", 1, 28, 28]);
  const a = g.node("Relu", [g.node("Conv", [x, g.weight("w1", [4, 1, 3, 3])], { pads })]);
  const pool = g.node("MaxPool", [a], { kernel_shape: [2, 2], strides: [2, 2] });
  const flat = g.node("Flatten", [pool]);
  g.output(g.node("Gemm", [flat, g.weight("w2", [CLASSES, 4 * 14 * 14])], { transB: 1 }));
  return g.bytes();
}

const photo = bitmapFile(60, 40, (x, y) => {
  const isInside = (x - 30) ** 2 + (y - 20) ** 2 < 150;
  return isInside ? [230, 120, 40] : [4 * x, 6 * y, 90 + ((x * y) % 60)];
});

const FILES = {
  "photo.bmp": photo,
  "network.onnx": network(),
  "sigmoid.onnx": network("Sigmoid"),
  "large.onnx": large(),
  "caffe.onnx": caffeNetwork(),
  "unsure.onnx": unsure(),
  "names.txt": Array.from({ length: CLASSES }, (_, i) => `name ${i}`).join("\n"),
  "card.json": JSON.stringify({
    image_mean: [60, 70, 80],
    image_std: [50, 60, 70],
    rescale_factor: 1,
    do_flip_channel_order: true,
  }),
  "few.json": '["one", "two"]',
  "broken.onnx": "no model at all",
  "foreign.onnx": tinyModel({
    nodes: [{ op: "StringNormalizer", inputs: ["x"], outputs: ["y"], name: "strange" }],
  }),
  "broken.jpg": "no picture at all",
  "paper.pdf": "%PDF",
};

/** Milliseconds after which something will not come any more. A busy machine takes its time. */
const PATIENCE = 300_000;

/** Waits until something is so; the name is for the message when it never is. */
export async function eventually(
  what: string | (() => Promise<string>),
  isSo: () => Promise<boolean>,
): Promise<void> {
  for (const end = performance.now() + PATIENCE; performance.now() < end; ) {
    if (await isSo()) return;
    await new Promise((later) => setTimeout(later, 50));
  }
  assert.unreachable(typeof what === "string" ? what : await what());
}

/** The demo, opened, with what a person can do to it and see of it. */
export type Demo = Awaited<ReturnType<typeof openDemo>>;

/** The demo's folder, the same for all pages: with networks that stand in for its own. */
const built = onDemand(async () => {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-demo-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  // The build script finds its own folder, so it must not be bundled into the tests.
  const { buildDemo } = await import(pathToFileURL(resolve("build.mjs")).href);
  await buildDemo(folder);
  await mkdir(join(folder, "models"), { recursive: true });
  for (const name of ["clean", "noise"]) {
    await writeFile(join(folder, `models/mnist-${name}.onnx`), digits());
  }
  return folder;
});

// Runs in a worker before its own script: what the GPU says is a fault, whatever the page makes of it.
const GUARD = `(${() => {
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    device.addEventListener("uncapturederror", ({ error }) => console.error(error.message));
    return device;
  };
}})();\n`;

/** Builds the demo and opens it; /bare/ is the same without WebGPU, /torn/ without its worker, /watched/ with a record of what its worker does. */
export async function openDemo(open: typeof openTab = openTab) {
  const demo = await built;
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-files-"));
  for (const [name, content] of Object.entries(FILES)) await writeFile(join(folder, name), content);
  const worker = await readFile(join(demo, "worker.js"), "utf8");
  const noGpu = `Object.defineProperty(navigator, "gpu", { value: undefined });\n${worker}`;
  const routes = new Map([
    ["/demo/worker.js", { type: "text/javascript", body: GUARD + worker }],
    ["/demo/", { folder: demo }],
    ["/bare/worker.js", { type: "text/javascript", body: noGpu }],
    ["/bare/", { folder: demo }],
    ["/torn/worker.js", { type: "text/plain", body: "" }],
    ["/torn/", { folder: demo }],
    ["/watched/worker.js", { type: "text/javascript", body: GUARD + RECORDER + worker }],
    ["/watched/", { folder: demo }],
  ]);
  const { page, close } = await open(routes);
  const faults: string[] = [];
  const hosts = new Set<string>();
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  page.setDefaultTimeout(PATIENCE);
  await page.setViewport({ width: 1200, height: 900 });
  await page.goto(new URL("/demo/index.html", page.url()).href);
  return {
    page,
    /** What the console complained of, and who was asked for something. */
    faults,
    hosts,
    ...handsOn(page, folder),
    async close() {
      await close();
      await rm(folder, { recursive: true });
    },
  };
}

function handsOn(page: Page, folder: string) {
  /** The colors of a canvas, small: what it shows. */
  const picture = (id: "map" | "photo") =>
    page.evaluate(async (id) => {
      await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
      const small = Object.assign(document.createElement("canvas"), { width: 24, height: 24 });
      const context = small.getContext("2d")!;
      context.drawImage(document.querySelector<HTMLCanvasElement>(`#${id}`)!, 0, 0, 24, 24);
      return context.getImageData(0, 0, 24, 24).data.join();
    }, id);

  return {
    picture,
    async upload(id: string, name: keyof typeof FILES): Promise<void> {
      const input = await page.$(`input${id}`);
      if (!input) throw new Error(`there is no input ${id}`);
      await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(
        join(folder, name),
      );
      // It is decoded first. Until then maps are of the picture before it.
      if (name !== "photo.bmp") return;
      await page.waitForFunction(
        (name) => document.querySelector("#photo-name")?.textContent?.startsWith(name),
        {},
        name,
      );
    },
    /** Waits until a classifier is in use; its map is then on its way. */
    async uses(name: string): Promise<void> {
      await page.waitForFunction(
        (begin) => document.querySelector("#model-name")?.textContent?.startsWith(begin),
        {},
        `${name}: `,
      );
    },
    textOf: (selector: string) => page.$eval(selector, (found) => found.textContent?.trim() ?? ""),
    /** Sets a control as a person would have left it. */
    async set(name: string, value: string | boolean): Promise<void> {
      const left = await page.evaluate(
        (name, value) => {
          const control = document.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
          if (typeof value === "boolean") control.checked = value;
          else control.value = value;
          control.dispatchEvent(new Event("input", { bubbles: true }));
          return typeof value === "boolean" ? control.checked : control.value;
        },
        name,
        value,
      );
      assert.is(left, value, `${name} cannot be ${value}`);
    },
    /** Waits until a map of so many samples is done. */
    async settled(samples: number): Promise<void> {
      await page.waitForFunction(
        (begin) =>
          document.querySelector("#progress-line")?.textContent?.startsWith(begin) &&
          document.querySelector("#pictures")?.getAttribute("aria-busy") === "false" &&
          document.querySelector("#caption b"),
        {},
        `${samples} of ${samples} `,
      );
    },
    /** Does something and waits until the map looks different. */
    async changesMap(what: string, action: () => Promise<void>): Promise<void> {
      const before = await picture("map");
      await action();
      await eventually(
        `${what} does not change the map`,
        async () => (await picture("map")) !== before,
      );
    },
  };
}

/** How many values the colors of a picture have. */
export const variety = (pixels: string) => new Set(pixels.split(",")).size;
