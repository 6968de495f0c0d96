// Brings train.html to life: controls go to the worker, and what it reports becomes curves and pictures.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./page.css";
import { languageHash, place, preferredOf } from "../words/place.js";
import type { Point, Report, Request } from "./messages.js";
import { fetchMnist } from "./mnist.js";
import { languages, type TrainingWords } from "./words.js";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const [start, againButton] = [
  element<HTMLButtonElement>("start"),
  element<HTMLButtonElement>("again"),
];
const [save, fetchButton] = [
  element<HTMLButtonElement>("save"),
  element<HTMLButtonElement>("fetch"),
];
const language = element<HTMLSelectElement>("language");
const noise = element<HTMLInputElement>("noise");
const state = element("state");
const trouble = element("trouble");

const worker = new Worker(new URL("train-worker.js", location.href), { type: "module" });
const ask = (request: Request) => worker.postMessage(request);
worker.addEventListener("message", ({ data }: MessageEvent<Report>) => hear(data));
worker.addEventListener("error", ({ message }) => hear({ kind: "fault", message }));

let words = languages.en as TrainingWords;
// What is said at the moment, so that it can be said again in another language.
const said = new Map<HTMLElement, (words: TrainingWords["says"]) => string>();

function say(where: HTMLElement, text: (words: TrainingWords["says"]) => string): void {
  said.set(where, text);
  where.textContent = text(words.says);
}

function speak(name: string): void {
  words = languages[name] as TrainingWords;
  place(words.page, name);
  const hash = languageHash(name, preferred);
  element<HTMLAnchorElement>("back").hash = hash;
  history.replaceState(null, "", location.pathname + location.search + hash);
  for (const [where, text] of said) where.textContent = text(words.says);
  for (const [digit, input] of document.querySelectorAll("#digits input").entries()) {
    input.setAttribute("aria-label", words.says.digit(digit));
  }
}

const preferred = preferredOf(languages);
const wanted = /\blang=(\w+)/.exec(location.hash)?.[1] ?? "";
language.value = Object.hasOwn(languages, wanted) ? wanted : preferred;

let isRunning = false;
let points: Point[] = [];

function setRunning(now: boolean): void {
  isRunning = now;
  say(start, ({ pause, start }) => (now ? pause : start));
  ask({ kind: "run", isRunning: now });
}

function hear(report: Report): void {
  if (report.kind === "fault") {
    trouble.textContent = report.message;
    trouble.hidden = false;
    setRunning(false);
    say(state, () => "");
  } else if (report.kind === "ready") {
    showDigits(report.digits);
    start.disabled = againButton.disabled = false;
    say(state, ({ ready }) => ready(report.images, report.tested));
  } else if (report.kind === "progress") showProgress(report);
  else if (report.kind === "maps") {
    paint("gradient", report.gradient);
    paint("smooth", report.smooth);
    const { label, said, probability } = report.verdict;
    say(element("verdict"), ({ verdict }) => verdict(label, said, probability));
  } else {
    setRunning(false);
    start.disabled = true;
    say(state, ({ done }) => done(report.accuracy));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([report.onnx]));
    link.download = "mnist-small.onnx";
    save.onclick = () => link.click();
    save.hidden = false;
  }
}

function showProgress({ point, steps, epoch }: Extract<Report, { kind: "progress" }>): void {
  points.push(point);
  drawCurves();
  say(state, (says) => says.progress(point, steps, epoch));
}

function showDigits(digits: readonly ImageData[]): void {
  const choices = digits.map((picture, digit) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "digit", checked: digit === 0 });
    input.setAttribute("aria-label", words.says.digit(digit));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.width, picture.height];
    canvas.getContext("2d")!.putImageData(picture, 0, 0);
    label.append(input, canvas);
    input.addEventListener("change", () => {
      paint("image", picture);
      ask({ kind: "digit", digit });
    });
    return label;
  });
  element("digits").replaceChildren(...choices);
  paint("image", digits[0] as ImageData);
}

function paint(id: string, picture: ImageData): void {
  const canvas = element<HTMLCanvasElement>(id);
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext("2d")!.putImageData(picture, 0, 0);
}

function curve(id: string, name: string, range: uPlot.Scale.Range): uPlot {
  const box = element(id);
  const style = getComputedStyle(document.documentElement);
  // light-dark() is resolved where it is used, so ask an element that uses it.
  const color = (property: string, variable: string) => {
    const probe = document.createElement("i");
    probe.style.setProperty(property, `var(${variable})`);
    box.append(probe);
    const value = getComputedStyle(probe).getPropertyValue(property);
    probe.remove();
    return value;
  };
  const [ink, line, accent] = ["--soft", "--line", "--accent"].map((v) => color("color", v));
  const rem = Number.parseFloat(style.fontSize);
  const axis = {
    ...{ stroke: ink!, grid: { stroke: line!, width: 1 }, ticks: { stroke: line!, width: 1 } },
    font: `${0.75 * rem}px ${style.fontFamily}`,
    size: 3 * rem,
  };
  return new uPlot(
    {
      ...{ width: box.clientWidth, height: 200, legend: { show: false } },
      scales: { x: { time: false }, y: { range } },
      axes: [axis, axis],
      series: [
        { label: "step" },
        {
          label: name,
          stroke: accent!,
          width: 1.5,
          points: { show: (plot) => plot.data[0].length < 3 },
        },
      ],
    },
    [[], []],
    box,
  );
}

const curves = {
  loss: curve("loss", "loss", (_plot, _low, high) => [0, Math.max(0.1, high)]),
  accuracy: curve("accuracy", "right", (_plot, low) => [Math.min(90, low), 100]),
};

function drawCurves(): void {
  const x = points.map(({ step }) => step);
  curves.loss.setData([x, points.map(({ loss }) => loss)]);
  curves.accuracy.setData([x, points.map(({ accuracy }) => 100 * accuracy)]);
}

addEventListener("resize", () => {
  for (const [id, plot] of Object.entries(curves)) {
    plot.setSize({ width: element(id).clientWidth, height: 200 });
  }
});

function take(files: readonly File[]): void {
  trouble.hidden = true;
  say(state, ({ reading }) => reading);
  ask({ kind: "files", files });
}

element<HTMLInputElement>("files").addEventListener("change", ({ target }) =>
  take([...((target as HTMLInputElement).files ?? [])]),
);

fetchButton.addEventListener("click", async () => {
  trouble.hidden = fetchButton.disabled = true;
  const show = (part: number) => say(state, ({ downloading }) => downloading(part));
  try {
    take(await fetchMnist(show, words.says.otherBytes));
  } catch (error) {
    hear({ kind: "fault", message: words.says.notFetched((error as Error).message) });
  } finally {
    fetchButton.disabled = false;
  }
});

noise.addEventListener("input", () => {
  element("noise-value").textContent = noise.valueAsNumber.toFixed(2);
  // The filled part of the track (style/controls.css).
  noise.style.setProperty("--part", String(noise.valueAsNumber / Number(noise.max)));
  ask({ kind: "noise", noise: noise.valueAsNumber });
});

start.addEventListener("click", () => setRunning(!isRunning));

againButton.addEventListener("click", () => {
  setRunning(false);
  points = [];
  drawCurves();
  start.disabled = false;
  save.hidden = true;
  say(state, ({ anew }) => anew);
  ask({ kind: "again" });
});

language.addEventListener("input", () => speak(language.value));
say(state, ({ begin }) => begin);
say(start, (says) => says.start);
speak(language.value);
