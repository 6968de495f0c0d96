// The page. Files and settings come in, wishes go out to the worker (worker.ts), its reports are shown. Nothing
// here computes maps, so the page answers at once whatever the GPU does.

import { parseLabels } from "../src/labels.js";
import { forgetClass, showClasses, showOthers } from "./classes.js";
import { receiveFiles, sort } from "./files.js";
import { type IdeaOptions, startIdea } from "./idea.js";
import { startInstrument } from "./instrument.js";
import type { ModelFacts, Pass, Progress, Report, Request, Wish } from "./messages.js";
import { readPhoto } from "./photo.js";
import { fillShelf } from "./shelf.js";
import {
  calm,
  complain,
  onStop,
  setStale,
  showBusy,
  showMap,
  showPhoto,
  showProgress,
  showStop,
  watchSize,
} from "./stage.js";
import { modelLine, says, sentence } from "./words.js";

const element = <T extends HTMLElement = HTMLElement>(id: string) =>
  document.getElementById(id) as T;

// What the page knows.
let photo: ImageBitmap | undefined;
let model: ModelFacts | undefined;
let labels: readonly string[] | undefined;
let progress: Progress | undefined;
let isStopped = false;
let isRecovering = false;

// The worker paints the map itself.
const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const ask = (request: Request, transfer: Transferable[] = []) =>
  worker.postMessage(request, transfer);
worker.addEventListener("message", ({ data }: MessageEvent<Report>) => hear(data));
worker.addEventListener("error", ({ message }) => complain(sentence(message)));
const canvas = element<HTMLCanvasElement>("map").transferControlToOffscreen();
ask({ kind: "canvas", canvas }, [canvas]);
watchSize((width, height) => {
  ask({ kind: "size", width, height });
  showPictures();
});

let serial = 0;

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
    if (name === "preprocess") forgetClass(form);
    soon("pass", () => {
      const pass = instrument.pass();
      idea.set(ideaOf(pass));
      showPictures();
      wish({ pass });
    });
  },
  lookChanged: () => soon("look", askLook),
});

// The toy's input has no range of colors and no bounds: it knows noise as a part of its range only.
function ideaOf({ options }: Pass): IdeaOptions {
  const { noise = 0, noiseScale = "range", samples = 1, seed = 0 } = options;
  return { noise: noiseScale === "range" ? noise : 0.15, samples, seed };
}

function askLook(): void {
  const look = instrument.look();
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

// The figure before the first photo, which then moves down to the text.
const idea = startIdea(element("idea"), ({ samples, wanted, standardError }) => {
  if (!photo) showProgress(samples, wanted, standardError);
});
idea.set(ideaOf(instrument.pass()));
askLook();
wish({ pass: instrument.pass() });

// Files.
const receiver = {
  async photo(file: File) {
    try {
      photo = await readPhoto(file);
    } catch {
      return complain(says.noPicture(file.name));
    }
    calm();
    element("photo-name").textContent = `${file.name}, ${photo.width} × ${photo.height}`;
    element("idea-place").append(element("idea"));
    forgetClass(form);
    setStale(true);
    showPictures();
    wish({ photo, pass: instrument.pass() });
  },
  model(file: File) {
    wish({ file });
  },
  async labels(file: File) {
    try {
      labels = parseLabels(await file.text());
    } catch (error) {
      return complain(says.labelsRefused(file.name, (error as Error).message));
    }
    calm();
    element("labels-name").textContent = `${file.name}, ${labels.length} names`;
    checkLabels();
    showResult();
  },
  other: (file: File) => complain(says.neither(file.name)),
};
receiveFiles(form, receiver);
fillShelf(element("shelf"), (file) => sort([file], receiver));

// What the worker says.
function hear(report: Report): void {
  switch (report.kind) {
    case "opened":
      element("machine").hidden = !report.isSoftware;
      if (isRecovering) calm();
      break;
    case "loading":
      setStale(true);
      nameModel(says.loading(report.name));
      break;
    case "loaded":
      model = report.model;
      calm();
      nameModel();
      if (!isRecovering) forgetClass(form);
      isRecovering = false;
      checkLabels();
      instrument.fit(model);
      showPictures();
      wish({ pass: instrument.pass() });
      break;
    case "progress":
      if (report.serial !== serial) break;
      progress = report.progress;
      if (progress.isDone) showBusy(false);
      showResult();
      break;
    case "refused":
      nameModel();
      setStale(progress === undefined);
      complain(says.modelRefused(report.name, report.message));
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
      complain(says.lost(report.message, report.again));
      break;
  }
}

function nameModel(text = model ? `${model.name}: ${modelLine(model)}` : says.noModel): void {
  element("model-name").textContent = text;
}

function checkLabels(): void {
  if (!model || !labels || labels.length === model.classes) return;
  complain(says.labelsMisfit(labels.length, model.classes));
}

function nameOf(index: number): string {
  return labels?.length === model?.classes ? labels![index]! : `class ${index}`;
}

function showPictures(): void {
  showPhoto({ photo, model, preprocess: instrument.pass().options.preprocess });
}

function showResult(): void {
  if (!progress) return;
  const { top, target, isDone } = progress;
  element("classes").hidden = false;
  element("looks").hidden = false;
  showClasses(element("top"), top, target.index, nameOf);
  showOthers(form, top, nameOf);
  showMap(progress, nameOf, instrument.look().estimator);
  showStop(isDone ? "done" : isStopped ? "stopped" : "running");
}
