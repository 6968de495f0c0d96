// What becomes of colors before a network sees them: guessed, told by a card beside the file, and entered by hand.

import * as assert from "uvu/assert";
import { en } from "../../demo/words/en.js";
import { presets } from "../../src/options/preprocess.js";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";
import { openDemo } from "./page.js";

const test = suite("demo/preprocess");

const opening = onDemand(openDemo);

const formula = async (text: string) =>
  (await opening).page.waitForFunction(
    (text) => document.querySelector("#formula")?.textContent === text,
    {},
    text,
  );

test("the shipped network's card says what it sees", async () => {
  const { settled } = await opening;
  await settled(50);
  await formula(`${en.says.guessed.card} RGB: color ∕ 255`);
});

test("a classifier that is refused leaves the one before as it was, with its names", async () => {
  const { page, upload, textOf } = await opening;
  await upload("#model-file", "broken.onnx");
  await page.waitForSelector("#trouble:not([hidden])");
  await page.waitForFunction(
    () => document.querySelector("#pictures")?.getAttribute("aria-busy") === "false",
  );
  assert.match(await textOf("#caption b"), /^\d$/);
  assert.match(await textOf("#top b"), /^\d$/);
});

test("a network of the reader's own is guessed", async () => {
  const { upload, set, settled } = await opening;
  await upload("#photo-file", "photo.bmp");
  await upload("#model-file", "network.onnx");
  await formula(
    `${en.says.guessed.channels} RGB: (color ∕ 255 − (0.485, 0.456, 0.406)) ∕ (0.229, 0.224, 0.225)`,
  );
  await set("samples", "3");
  await settled(3);
});

test("a card beside it goes before the guess", async () => {
  const { upload, changesMap } = await opening;
  await changesMap("the card", () => upload("#labels-file", "card.json"));
  await formula(`${en.says.guessed.card} BGR: (color − (60, 70, 80)) ∕ (50, 60, 70)`);
});

test("every number can be another one", async () => {
  const { page, set, changesMap, settled } = await opening;
  assert.is(
    await page.$eval("[name=mean]", (mean) => (mean as HTMLInputElement).placeholder),
    "60, 70, 80",
  );
  await changesMap("the mean", () => set("mean", "10, 20 30"));
  await formula(`${en.says.guessed.card} BGR: (color − (10, 20, 30)) ∕ (50, 60, 70)`);
  await changesMap("the order", () => set("channels", "rgb"));
  await changesMap("the cut", () => set("resize", "stretch"));
  await changesMap("the deviation", () => set("std", "40"));
  await formula(`${en.says.guessed.card} RGB: (color − (10, 20, 30)) ∕ 40`);
  // What is no list of numbers is not taken.
  await set("mean", "red");
  await settled(3);
  await formula(`${en.says.guessed.card} RGB: (color − (10, 20, 30)) ∕ 40`);
  await set("mean", "");
  await formula(`${en.says.guessed.card} RGB: (color − (60, 70, 80)) ∕ 40`);
});

test("a preset takes the place of the guess, and another network is guessed anew", async () => {
  const { set, upload } = await opening;
  await set("std", "");
  await set("channels", "");
  await set("preprocess", "tf");
  await formula("RGB: color ∕ 127.5 − 1");
  await set("scale", "0.5");
  await formula("RGB: color ∕ 2 − 1");
  await upload("#model-file", "sigmoid.onnx");
  await formula(
    `${en.says.guessed.channels} RGB: (color ∕ 255 − (0.485, 0.456, 0.406)) ∕ (0.229, 0.224, 0.225)`,
  );
});

test("what cannot be trusted is said beside the map, in the language of the page", async () => {
  const { page, upload, set } = await opening;
  const says = (...starts: string[]) =>
    page.waitForFunction(
      (starts) => {
        const said = [...document.querySelectorAll("#warnings p")].map((p) => p.textContent ?? "");
        return (
          said.length === starts.length && said.every((text, i) => text.startsWith(starts[i]!))
        );
      },
      {},
      starts,
    );
  const guess = "Preprocessing: imagenet, guessed from the 3 channels. If the network";
  await set("scale", "");
  await says(guess);
  await upload("#model-file", "unsure.onnx");
  await says(guess, "No class stands out: the most probable of 40, ");
  await page.select("#language", "ko");
  await says("전처리: imagenet, 채널 수(3개)로 짐작했다.", "두드러지는 클래스가 없다.");
  await page.select("#language", "en");
  // What the reader chooses is no guess.
  await set("preprocess", "imagenet");
  await says("No class stands out");
  // Each preset is a button, with the class that the network then sees.
  for (const preset of Object.keys(presets)) {
    await page.waitForFunction(
      (preset) =>
        [...document.querySelectorAll("#suggestions:not([hidden]) button")].some(
          ({ textContent }) => new RegExp(`^${preset}: class \\d+ \\d`).test(textContent ?? ""),
        ),
      {},
      preset,
    );
  }
  await set("preprocess", "");
  await upload("#model-file", "network.onnx");
  await says(guess);
});

/** Clicks an element wherever it is by now: what appears above it moves it away from under a mouse. */
async function press(selector: string): Promise<void> {
  const { page } = await opening;
  await page.$eval(selector, (element) => (element as HTMLElement).click());
}

test("what is only guessed is offered otherwise, each with what the network then sees", async () => {
  const { page, upload } = await opening;
  const buttons = () =>
    page.$$eval("#suggestions button", (all) =>
      all.map((each) => ({
        text: each.textContent ?? "",
        isPressed: each.getAttribute("aria-pressed") === "true",
      })),
    );
  const offered = (name: string) =>
    page.waitForFunction(
      (name) => {
        const pressed = document.querySelector("#suggestions [aria-pressed=true]");
        return pressed?.textContent?.startsWith(`${name}: `);
      },
      {},
      name,
    );
  await upload("#model-file", "caffe.onnx");
  // Until then the buttons are those of the network before.
  await page.waitForFunction(() =>
    [...document.querySelectorAll("#suggestions button")].some(({ textContent }) =>
      /^caffe: class 0 \d+\u00a0%$/.test(textContent ?? ""),
    ),
  );
  await offered("imagenet");
  const found = await buttons();
  assert.is(found.length, 8);
  // The surest come first. Of a gray picture both orders of the colors make the same.
  assert.match(found[0]!.text, /^caffe/);
  const caffe = found.findIndex(({ text }) => text.startsWith("caffe: "));
  assert.not(found[0]!.isPressed);
  await press(`#suggestions button:nth-of-type(${caffe + 1})`);
  await offered("caffe");
  await formula("BGR: color − (103.939, 116.779, 123.68)");
  await page.waitForFunction(() => document.querySelector("#caption b")?.textContent === "class 0");
  // Colors in the other order are numbers of their own.
  const twin = (await buttons()).findIndex(({ text }) => text.startsWith("caffe, RGB: "));
  await press(`#suggestions button:nth-of-type(${twin + 1})`);
  await offered("caffe, RGB");
  await formula("RGB: color − (123.68, 116.779, 103.939)");
});

/** Waits until figure 8 is drawn, and gives the colors of its panels. */
async function training(): Promise<string[]> {
  const { page } = await opening;
  await page.waitForFunction(() => {
    const all = [...document.querySelectorAll("#panels canvas")];
    const isBusy = document.querySelector("#figure[aria-busy=true]") !== null;
    return !isBusy && all.length === 4 && all.every((each) => !each.classList.contains("stale"));
  });
  return page.$$eval("#panels canvas", (all) =>
    all.map((each) => (each as HTMLCanvasElement).toDataURL()),
  );
}

test("figure 8 takes the page's own networks and a drawn digit, whatever the classifier and the photo", async () => {
  const { page, textOf } = await opening;
  await press("#tab-training");
  const ofPhoto = await training();
  assert.ok((await textOf("#figure-caption")).endsWith(en.panel.digit));
  await press("#draw");
  await page.waitForFunction(() => document.querySelector("#panels canvas.stale"));
  assert.equal(await training(), ofPhoto);
  assert.is(await textOf("#figure-caption"), en.figures.training.caption);
});

test("a suggestion is for the network that it was made for", async () => {
  const { page, upload } = await opening;
  await formula("RGB: color − (123.68, 116.779, 103.939)");
  await upload("#model-file", "network.onnx");
  await formula(
    `${en.says.guessed.channels} RGB: (color ∕ 255 − (0.485, 0.456, 0.406)) ∕ (0.229, 0.224, 0.225)`,
  );
  assert.is(await page.$eval("[name=preprocess]", (node) => (node as HTMLSelectElement).value), "");
});

test("complains of nothing", async () => {
  const { close, faults } = await opening;
  await close();
  assert.equal(faults, []);
});

test.run();
