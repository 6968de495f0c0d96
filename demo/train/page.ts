// Brings train.html to life: controls go to the worker, and what it reports becomes curves and pictures.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./page.css";
import type { Point, Report, Request } from "./messages.js";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const [start, againButton] = [
  element<HTMLButtonElement>("start"),
  element<HTMLButtonElement>("again"),
];
const save = element<HTMLButtonElement>("save");
const noise = element<HTMLInputElement>("noise");
const state = element("state");
const trouble = element("trouble");

const worker = new Worker(new URL("train-worker.js", location.href), { type: "module" });
const ask = (request: Request) => worker.postMessage(request);
worker.addEventListener("message", ({ data }: MessageEvent<Report>) => hear(data));
worker.addEventListener("error", ({ message }) => hear({ kind: "fault", message }));

let isRunning = false;
let points: Point[] = [];

function setRunning(now: boolean): void {
  isRunning = now;
  start.textContent = now ? "Pause" : "Start";
  ask({ kind: "run", isRunning: now });
}

function hear(report: Report): void {
  if (report.kind === "fault") {
    trouble.textContent = report.message;
    trouble.hidden = false;
    setRunning(false);
    state.textContent = "";
  } else if (report.kind === "ready") {
    showDigits(report.digits);
    start.disabled = againButton.disabled = false;
    state.textContent = `${report.images} images to learn from, ${report.tested} for the test.`;
  } else if (report.kind === "progress") showProgress(report);
  else if (report.kind === "maps") {
    paint("gradient", report.gradient);
    paint("smooth", report.smooth);
    const { label, said, probability } = report.verdict;
    const percent = (100 * probability).toFixed(1);
    element("verdict").textContent = `It is a ${label}; the network says ${said}, ${percent} %.`;
  } else {
    setRunning(false);
    start.disabled = true;
    state.textContent = `Done: ${(100 * report.accuracy).toFixed(2)} % of the test images are right.`;
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
  const { step, loss, accuracy, imagesPerSecond } = point;
  const right = (100 * accuracy).toFixed(1);
  state.textContent =
    `Epoch ${epoch + 1}, step ${step} of ${steps}: loss ${loss.toFixed(3)}, ${right} % right, ` +
    `${imagesPerSecond.toFixed(0)} images a second.`;
}

function showDigits(digits: readonly ImageData[]): void {
  const choices = digits.map((picture, digit) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "digit", checked: digit === 0 });
    input.setAttribute("aria-label", `Digit ${digit}`);
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
  const axis = {
    ...{ stroke: ink!, grid: { stroke: line!, width: 1 }, ticks: { stroke: line!, width: 1 } },
    font: `12px ${style.fontFamily}`,
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

element<HTMLInputElement>("files").addEventListener("change", ({ target }) => {
  trouble.hidden = true;
  state.textContent = "Reading the files …";
  ask({ kind: "files", files: [...((target as HTMLInputElement).files ?? [])] });
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
  state.textContent = "From the beginning.";
  ask({ kind: "again" });
});
