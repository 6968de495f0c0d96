// The page. Images, files and settings come in, wishes go out to the worker (worker.ts), its reports are shown. Nothing
// here computes maps, so the page answers at once whatever the GPU does.

import { parseLabels } from "../src/labels.js";
import { startChooser } from "./classifiers/chooser.js";
import { receiveFiles, sort } from "./classifiers/files.js";
import { fillShelf } from "./classifiers/shelf.js";
import { applyAddress, readAddress, writeAddress } from "./controls/address.js";
import { showClasses, showOthers } from "./controls/classes.js";
import { startInstrument } from "./controls/instrument.js";
import { startDesk } from "./figures/desk.js";
import { type IdeaOptions, startIdea } from "./figures/idea.js";
import { startSource } from "./image/source.js";
import { startZoom } from "./image/zoom.js";
import type { ModelFacts, Pass, Progress, Report, Request, SaveKind, Wish } from "./messages.js";
import { fileOf, keep } from "./stage/save.js";
import {
  announce,
  calm,
  caption,
  complain,
  labelOf,
  onStop,
  setStale,
  showBusy,
  showMap,
  showProgress,
  showStop,
  watchSize,
} from "./stage/stage.js";
import { signed } from "./words/numbers.js";
import { preferredLanguage, sentence, speak, words } from "./words.js";

const element = <T extends HTMLElement = HTMLElement>(id: string) =>
  document.getElementById(id) as T;

const PICTURE = 672; // pixels of a saved picture's width: three times those of most networks

// What the page knows.
const address = readAddress();
let model: ModelFacts | undefined;
let labels: readonly string[] | undefined;
let ownLabels: readonly string[] | undefined;
let progress: Progress | undefined;
let isStopped = false;
let isRecovering = false;
let isIntroduction = true;
let isWithoutGpu = false;

const language = element<HTMLSelectElement>("language");
language.value = address.get("lang") ?? preferredLanguage();
speak(language.value);

// The worker paints the map itself.
const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const ask = (request: Request, transfer: Transferable[] = []) =>
  worker.postMessage(request, transfer);
worker.addEventListener("message", ({ data }: MessageEvent<Report>) => hear(data));
worker.addEventListener("error", ({ message }) => complain(sentence(message)));
const canvas = element<HTMLCanvasElement>("map");
const offscreen = canvas.transferControlToOffscreen();
ask({ kind: "canvas", canvas: offscreen }, [offscreen]);

let serial = 0;
let since = 0; // the wish with which the image or the model became another one

function wish(part: Wish): void {
  if ("pass" in part) isStopped = part.pass === undefined;
  showBusy(!isStopped);
  ask({ kind: "wish", serial: ++serial, wish: part });
}

// The controls. While a slider moves, the newest value of a frame is enough.
const form = element<HTMLFormElement>("instrument");
const instrument = startInstrument(form, {
  passChanged(name) {
    showBusy(true);
    if (name === "preprocess") instrument.choose(undefined);
    soon("pass", () => {
      const pass = instrument.pass();
      idea.set(ideaOf(pass));
      see();
      wish({ pass, isGentle: false });
      desk.update();
    });
    remember();
  },
  lookChanged() {
    soon("look", askLook);
    remember();
  },
});

let zoomed: Float32Array | undefined;

function askLook(): void {
  const look = { ...instrument.look(), zoom: zoomed };
  document.body.dataset.view = look.view;
  ask({ kind: "look", look });
  showResult();
}

const waiting = new Set<string>();

function soon(what: string, action: () => void): void {
  if (waiting.has(what)) return;
  waiting.add(what);
  requestAnimationFrame(() => {
    waiting.delete(what);
    action();
  });
}

onStop(() => {
  wish({ pass: isStopped ? instrument.pass() : undefined });
  showStop(isStopped ? "stopped" : "running");
});

// The toy's input has no range of colors and no bounds: it knows noise as a part of its range only.
function ideaOf({ options }: Pass): IdeaOptions {
  const { noise = 0, noiseScale = "range", samples = 1, seed = 0 } = options;
  return { noise: noiseScale === "range" ? noise : 0.15, samples, seed };
}

// The pictures.
const photoCanvas = element<HTMLCanvasElement>("photo");
const zoom = startZoom([photoCanvas, canvas], (view) => {
  zoomed = view;
  element("unzoom").hidden = view === undefined;
  source.paint();
  soon("look", askLook);
});
element("unzoom").addEventListener("click", zoom.reset);
const source = startSource(zoom, {
  imageChanged({ isNew, isDone }) {
    if (isNew) {
      calm();
      instrument.choose(undefined);
      setStale(true);
    }
    soon("image", () => {
      const { image } = source;
      if (!image) return;
      wish({ image, pass: instrument.pass(), isGentle: isIntroduction && isDone && mayMove() });
      if (isNew) since = serial;
      if (isDone) {
        isIntroduction = false;
        desk.update();
        remember();
      }
    });
  },
  complain,
});
const mayMove = () => !matchMedia("(prefers-reduced-motion: reduce)").matches;

watchSize((width, height) => {
  ask({ kind: "size", width, height });
  source.paint();
});

function see(): void {
  if (!model) return;
  element("pictures").style.setProperty("--aspect", String(model.width / model.height));
  source.see({ input: model, preprocess: instrument.pass().options.preprocess });
}

for (const each of [photoCanvas, canvas]) {
  each.addEventListener("pointermove", (event) => {
    const [x, y] = zoom.place(each, event);
    if (progress && x >= 0 && x < 1 && y >= 0 && y < 1)
      soon("probe", () => ask({ kind: "probe", x, y }));
  });
  each.addEventListener("click", (event) => {
    const [x, y] = zoom.place(each, event);
    desk.look({ x, y });
  });
}

// The figures.
const idea = startIdea(element("idea"), ({ samples, wanted, standardError }) => {
  if (isWithoutGpu) showProgress(samples, wanted, standardError);
});
const desk = startDesk({
  ask,
  basis: () =>
    progress && {
      pass: instrument.pass(),
      look: instrument.look(),
      top: progress.top.map(({ index }) => index),
      nameOf,
      words,
    },
  aspect: () => (model ? model.width / model.height : 1),
  needOwnModels() {
    for (const name of ["clean", "noise"] as const) {
      chooser.own(name).then(
        (file) => ask({ kind: "model", name, file }),
        () => {},
      );
    }
  },
  changed: remember,
});

// Classifiers and other files.
const chooser = startChooser(element("model"), element("download"), {
  model(file, names) {
    ownLabels = undefined;
    labels = names;
    wish({ file });
  },
  status: (text) => {
    element("model-name").textContent = text;
  },
  complain,
});
const receiver = {
  photo: source.takePhoto,
  model(file: File) {
    chooser.showFile();
    labels = ownLabels;
    wish({ file });
  },
  async labels(file: File) {
    try {
      labels = ownLabels = parseLabels(await file.text());
    } catch (error) {
      return complain(words.says.labelsRefused(file.name, (error as Error).message));
    }
    calm();
    element("labels-name").textContent = `${file.name}, ${words.says.names(labels.length)}`;
    checkLabels();
    showResult();
  },
  other: (file: File) => complain(words.says.neither(file.name)),
};
receiveFiles(form, receiver);
fillShelf(element("shelf"), (file) => sort([file], receiver));

// What the worker says.
function hear(report: Report): void {
  desk.hear(report);
  switch (report.kind) {
    case "opened":
      element("machine").hidden = !report.isSoftware;
      if (isRecovering) calm();
      break;
    case "missing":
      isWithoutGpu = true;
      showBusy(false);
      complain(words.says.noWebGpu(sentence(report.message)));
      break;
    case "loading":
      setStale(true);
      nameModel(words.says.loading(report.name));
      break;
    case "loaded":
      // The first one is that of the address, and so is its class.
      if (model && !isRecovering) instrument.choose(undefined);
      model = report.model;
      calm();
      nameModel();
      isRecovering = false;
      checkLabels();
      instrument.fit(model);
      askLook();
      see();
      since = serial + 1;
      wish({ pass: instrument.pass(), ...(source.image && { image: source.image }) });
      break;
    case "progress":
      // While a pen or a slider moves, the map of a moment ago is news, too.
      if (report.serial >= since) showNews(report.progress, report.serial === serial);
      break;
    case "probe": {
      const { x, y, score, gradient } = report.probe;
      const values = gradient.map((g) => signed(g, 4)).join(", ");
      element("probe").textContent = words.says.probe(
        x,
        y,
        score.toPrecision(3).replace("-", "−"),
        values,
      );
      break;
    }
    case "saved":
      save(report);
      break;
    case "refused":
      nameModel();
      setStale(progress === undefined);
      complain(words.says.modelRefused(report.name, report.message));
      break;
    case "impossible":
      if (report.serial !== serial) break;
      setStale(true);
      showBusy(false);
      showStop("done");
      complain(sentence(report.message), "map");
      break;
    case "failed":
      complain(sentence(report.message));
      break;
    case "lost":
      isRecovering = true;
      complain(report.again ? words.says.lost(report.message) : words.says.lostAgain);
      break;
  }
}

function showNews(news: Progress, isNewest: boolean): void {
  const isFirst = progress === undefined;
  progress = isNewest ? news : { ...news, isDone: false };
  if (progress.isDone) showBusy(false);
  showResult();
  if (isFirst) desk.update();
  if (progress.isDone && source.isFilming) source.next();
}

function nameModel(text?: string): void {
  const { modelLine } = words.says;
  element("model-name").textContent =
    text ??
    (model
      ? `${model.name}: ${modelLine(model.channels, model.height, model.width, model.classes)}`
      : "");
}

function checkLabels(): void {
  if (!model || !labels || labels.length === model.classes) return;
  complain(words.says.labelsMisfit(labels.length, model.classes));
}

function nameOf(index: number): string {
  return labels?.length === model?.classes ? labels![index]! : words.says.classNumber(index);
}

function showResult(): void {
  if (!progress) return;
  const { top, target, isDone } = progress;
  element("classes").hidden = false;
  showClasses(element("top"), top, target.index, nameOf);
  showOthers(form, top, nameOf);
  showMap(progress, nameOf, instrument.look().estimator);
  showStop(isDone ? "done" : isStopped ? "stopped" : "running");
  canvas.setAttribute(
    "aria-label",
    `${words.says.mapOf(labelOf(progress, nameOf))}. ${words.page.map}`,
  );
}

// Save and share.
for (const button of document.querySelectorAll<HTMLElement>("[data-save]")) {
  const what = button.dataset.save as SaveKind;
  button.addEventListener("click", () => ask({ kind: "save", what, width: PICTURE }));
}
element("share").addEventListener("click", async () => {
  remember();
  await navigator.clipboard.writeText(location.href).catch(() => {});
  announce(words.says.copied);
});

async function save({ saved }: Extract<Report, { kind: "saved" }>): Promise<void> {
  const { progress: of, what } = saved;
  const { options, top, sigma, standardError, samples } = of;
  const title = `${model?.name}: ${labelOf(of, nameOf)}`;
  const settings = {
    model: model?.name,
    options,
    look: instrument.look(),
    samples,
    sigma,
    standardError,
    top,
  };
  const legend = { title, caption: caption(of, instrument.look().estimator), settings };
  const ending = what === "npy" || what === "json" ? what : "png";
  const name = `smoothgrad-${nameOf(of.target.index)}-${what}.${ending}`.replaceAll(
    /[^\w.-]+/g,
    "-",
  );
  keep(await fileOf(saved, legend), name);
  announce(words.says.saved(name));
}

function remember(): void {
  soon("address", () => {
    const { value: modelKey } = element<HTMLSelectElement>("model");
    writeAddress(form, {
      ...source.address,
      target: instrument.chosen === undefined ? undefined : String(instrument.chosen),
      model: modelKey === "clean" || modelKey === "file" ? undefined : modelKey,
      tab: desk.name === "idea" ? undefined : desk.name,
      lang: language.value === preferredLanguage() ? undefined : language.value,
    });
  });
}

// The language of everything that is there already.
function refresh(): void {
  speak(language.value);
  instrument.refresh();
  chooser.refresh();
  source.refresh();
  desk.refresh();
  nameModel();
  showResult();
}

language.addEventListener("input", () => {
  refresh();
  remember();
});

// As the address says, or as the page begins.
chooser.refresh();
desk.refresh();
applyAddress(form, address);
instrument.restored(new Set(address.keys()));
const target = address.get("target");
if (target && /^\d{1,6}$/.test(target)) instrument.choose(Number(target));
desk.show(address.get("tab") ?? "idea");
idea.set(ideaOf(instrument.pass()));
askLook();
chooser.choose(address.get("model") ?? "clean");
if (!source.restore(address)) source.draw("3");
