// The page. Images, files and settings come in, wishes go out to the worker (worker.ts), its reports are shown. Nothing
// here computes maps, so the page answers at once whatever the GPU does.

import { cardIn } from "./classifiers/card.js";
import { startChooser } from "./classifiers/chooser.js";
import { receiveFiles, sort } from "./classifiers/files.js";
import { startNames } from "./classifiers/names.js";
import { fillShelf } from "./classifiers/shelf.js";
import { applyAddress, readAddress, writeAddress } from "./controls/address.js";
import { showClasses, showOthers } from "./controls/classes.js";
import { startInstrument } from "./controls/instrument.js";
import { startDesk } from "./figures/desk.js";
import { type IdeaOptions, startIdea } from "./figures/idea.js";
import { startSource } from "./image/source.js";
import { startZoom } from "./image/zoom.js";
import { soon, startLink } from "./link.js";
import type { Pass, Progress, Report, SaveKind, Wish } from "./messages.js";
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
import { languages, preferredLanguage, sentence, speak, words } from "./words.js";

const element = <T extends HTMLElement = HTMLElement>(id: string) =>
  document.getElementById(id) as T;

const PICTURE = 672; // pixels of a saved picture's width: three times those of most networks

// What the page knows.
const address = readAddress();
let progress: Progress | undefined;
let isStopped = false;
let isRecovering = false;
let isIntroduction = true;
let isWithoutGpu = false;

const language = element<HTMLSelectElement>("language");
const asked = address.get("lang") ?? "";
language.value = Object.hasOwn(languages, asked) ? asked : preferredLanguage();
speak(language.value);

const canvas = element<HTMLCanvasElement>("map");
const { ask, ...link } = startLink(
  canvas,
  (report) => hear(report),
  (message) => complain(sentence(message)),
);
const names = startNames(complain);

function wish(part: Wish, isOther = false): void {
  if ("pass" in part) isStopped = part.pass === undefined;
  showBusy(!isStopped);
  link.wish(part, isOther);
}

// The controls.
const form = element<HTMLFormElement>("instrument");
const instrument = startInstrument(form, {
  passChanged(name) {
    showBusy(true);
    link.foresee();
    if (instrument.isOfPreprocess(name)) instrument.choose(undefined);
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
  ask({ kind: "look", look });
  showResult();
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
let card: unknown; // of the classifier
let isOther = false; // since the last frame
let isDrawn = true; // the pen is lifted
const source = startSource(zoom, {
  imageChanged({ isNew, isDone }) {
    isDrawn = isDone;
    if (isNew) {
      isOther = true;
      calm();
      instrument.choose(undefined);
      setStale(true);
    }
    soon("image", () => {
      const { image } = source;
      if (!image) return;
      const isGentle = isIntroduction && isDrawn && mayMove();
      wish({ image, pass: instrument.pass(), isGentle }, isOther);
      isOther = false;
      if (isDrawn) {
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

const aspect = () => (names.model ? names.model.width / names.model.height : 1);

function see(): void {
  const { model } = names;
  if (!model) return;
  element("pictures").style.setProperty("--aspect", String(aspect()));
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
      nameOf: names.of,
      words,
    },
  aspect,
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
  model(file, labels, itsCard) {
    card = itsCard;
    names.expect(labels);
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
    card = undefined;
    names.expect(undefined);
    wish({ file });
  },
  async labels(file: File) {
    try {
      calm();
      const found = await cardIn(file);
      if (found) return useCard(found);
      const count = await names.read(file);
      element("labels-name").textContent = `${file.name}, ${words.says.names(count)}`;
      showResult();
    } catch (error) {
      complain(words.says.labelsRefused(file.name, (error as Error).message));
    }
  },
  other: (file: File) => complain(words.says.neither(file.name)),
};
receiveFiles(form, receiver);
function useCard(found: unknown): void {
  card = found;
  if (!names.model) return;
  instrument.fit(names.model, card);
  see();
  wish({ pass: instrument.pass() });
}
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
      if (names.model && !isRecovering) instrument.choose(undefined);
      calm();
      names.take(report.model);
      nameModel();
      isRecovering = false;
      instrument.fit(report.model, card);
      askLook();
      see();
      wish({ pass: instrument.pass(), ...(source.image && { image: source.image }) }, true);
      break;
    case "progress":
      if (link.isNews(report.serial)) showNews(report.progress, link.isNewest(report.serial));
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
      if (!link.isNewest(report.serial)) break;
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

function nameModel(text = names.line): void {
  element("model-name").textContent = text;
}

function showResult(): void {
  if (!progress) return;
  const { top, target, isDone } = progress;
  element("classes").hidden = false;
  showClasses(element("top"), top, target.index, names.of);
  showOthers(form, top, names.of);
  showMap(progress, names.of, instrument.look().estimator);
  showStop(isDone ? "done" : isStopped ? "stopped" : "running");
  canvas.setAttribute(
    "aria-label",
    `${words.says.mapOf(labelOf(progress, names.of))}. ${words.page.map}`,
  );
}

// Save and share.
for (const button of document.querySelectorAll<HTMLElement>("[data-save]")) {
  const what = button.dataset.save as SaveKind;
  button.addEventListener("click", () => ask({ kind: "save", what, width: PICTURE }));
}
element("share").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    tell(words.says.copied);
  } catch (error) {
    complain(sentence((error as Error).message));
  }
});

function tell(text: string): void {
  element("saved").textContent = text;
  announce(text);
}

async function save({ saved }: Extract<Report, { kind: "saved" }>): Promise<void> {
  const { progress: of, what } = saved;
  const { options, top, sigma, standardError, samples } = of;
  const title = `${names.model?.name}: ${labelOf(of, names.of)}`;
  const settings = {
    model: names.model?.name,
    options,
    look: instrument.look(),
    samples,
    sigma,
    standardError,
    top,
  };
  const legend = { title, caption: caption(of, instrument.look().estimator), settings };
  const ending = what === "npy" || what === "json" ? what : "png";
  const name = `smoothgrad-${names.of(of.target.index)}-${what}.${ending}`.replaceAll(
    /[^\w.-]+/g,
    "-",
  );
  keep(await fileOf(saved, legend), name);
  tell(words.says.saved(name));
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

// Whoever enters another address into the same page wants to see that.
addEventListener("hashchange", () => location.reload());

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
