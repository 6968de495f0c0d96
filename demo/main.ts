// The page. Images, files and settings come in, wishes go out to the worker (worker.ts), its reports are shown. Nothing
// here computes maps, so the page answers at once whatever the GPU does.

import { startClassifier } from "./classifiers/classifier.js";
import { readAddress, type Setting, writeAddress } from "./controls/address.js";
import { startInstrument } from "./controls/instrument.js";
import { startSuggestions } from "./controls/suggestions.js";
import { startDesk } from "./figures/desk.js";
import { type IdeaOptions, startIdea } from "./figures/idea.js";
import { startHearing } from "./hear.js";
import { startSource } from "./image/source.js";
import { startZoom } from "./image/zoom.js";
import { soon, startLink } from "./link.js";
import type { Pass, Wish } from "./messages.js";
import { startResult } from "./stage/result.js";
import { startSharing } from "./stage/share.js";
import {
  announce,
  calm,
  complain,
  moveOn,
  onStop,
  setStale,
  showBusy,
  showProgress,
  showStop,
  watchSize,
} from "./stage/stage.js";
import { languageHash } from "./words/place.js";
import { languages, preferredLanguage, sentence, speak, words } from "./words.js";

const element = <T extends HTMLElement = HTMLElement>(id: string) =>
  document.getElementById(id) as T;

// What the page knows.
let isIntroduction = true;

const language = element<HTMLSelectElement>("language");
language.value = preferredLanguage();
speakAsChosen();

function speakAsChosen(): void {
  speak(language.value);
  element<HTMLAnchorElement>("train").hash = languageHash(language.value, preferredLanguage());
}

const canvas = element<HTMLCanvasElement>("map");
const { ask, ...link } = startLink(
  canvas,
  (report) => hearing.hear(report),
  (message) => {
    showBusy(false);
    complain(() => (message ? sentence(message) : words.says.incomplete));
  },
);

function wish(part: Wish, isOther = false): void {
  if ("pass" in part) result.isStopped = part.pass === undefined;
  showBusy(!result.isStopped);
  link.wish(part, isOther);
}

// The controls.
const form = element<HTMLFormElement>("instrument");
const instrument = startInstrument(form, {
  passChanged(name) {
    moveOn();
    showBusy(true);
    link.foresee();
    if (instrument.isOfPreprocess(name)) {
      instrument.choose(undefined);
      suggestions.show();
    }
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

const suggestions = startSuggestions(element<HTMLFieldSetElement>("suggestions"), {
  nameOf,
  chosen: instrument.preprocess,
  choose(preprocess) {
    instrument.setPreprocess(preprocess);
    see();
    wish({ pass: instrument.pass(), isGentle: false });
    remember();
  },
});
const result = startResult({ form, canvas, nameOf, look: instrument.look });
let zoomed: Float32Array | undefined;

function askLook(): void {
  const look = { ...instrument.look(), zoom: zoomed };
  ask({ kind: "look", look });
  result.show();
}

onStop(() => {
  wish({ pass: result.isStopped ? instrument.pass() : undefined });
  showStop(result.isStopped ? "stopped" : "running");
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
let isOther = false; // since the last frame
let isDrawn = true; // the pen is lifted
const source = startSource(zoom, {
  imageChanged({ isNew, isDone }) {
    isDrawn = isDone;
    if (isNew) {
      isOther = true;
      calm();
      suggestions.clear();
      instrument.choose(undefined);
      setStale(true);
    }
    if (!isIntroduction && !source.isFilming) moveOn();
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

const aspect = () => {
  const { width = 1, height = 1 } = classifier.model ?? {};
  return width / height;
};

function see(): void {
  const { model } = classifier;
  if (!model) return;
  element("pictures").style.setProperty("--aspect", String(aspect()));
  source.see({ input: model, preprocess: instrument.preprocess() });
}

for (const each of [photoCanvas, canvas]) {
  each.addEventListener("pointermove", (event) => {
    const [x, y] = zoom.place(each, event);
    if (result.progress && x >= 0 && x < 1 && y >= 0 && y < 1)
      soon("probe", () => ask({ kind: "probe", x, y }));
  });
  each.addEventListener("click", (event) => {
    const [x, y] = zoom.place(each, event);
    desk.look({ x, y });
  });
}

// The figures.
const idea = startIdea(element("idea"), ({ samples, wanted, standardError }) => {
  if (hearing.isWithoutGpu) showProgress(samples, wanted, standardError);
});
const desk = startDesk({
  ask,
  basis: () =>
    result.progress && {
      pass: instrument.pass(),
      look: instrument.look(),
      digit: source.digit,
      isDrawn: source.isDrawn,
      isOfDigits: classifier.model?.channels === 1 && classifier.model.classes === 10,
      top: result.progress.top.map(({ index }) => index),
      nameOf,
      words,
    },
  aspect,
  needOwnModels() {
    for (const name of ["clean", "noise"] as const) {
      classifier.own(name).then(
        (file) => ask({ kind: "model", name, file }),
        (error) => complain(() => words.says.notFetched(words.models[name], error.message)),
      );
    }
  },
  changed: remember,
  lookChanged: askLook,
});

// Classifiers and other files.
const classifier = startClassifier({
  form,
  takePhoto: source.takePhoto,
  takeModel: (file) => wish({ file }),
  renamed: result.show,
  cardTaken() {
    fit();
    see();
    wish({ pass: instrument.pass() });
  },
});

function nameOf(index: number): string {
  return classifier.nameOf(index);
}

/** Gives what was chosen before the model was there and what it does not have. */
function fit(): string[] {
  return classifier.model ? instrument.fit(classifier.model, classifier.card) : [];
}

// What the worker says.
const sharing = startSharing({
  ask,
  nameOf,
  model: () => classifier.model,
  look: instrument.look,
  address() {
    writeDown();
    return location.href;
  },
  ownFiles: () => [source.ownFile ?? [], classifier.ownFiles].flat(),
});
const hearing = startHearing({
  ...{ link, classifier, instrument, source, desk, result, suggestions, sharing },
  taken(model) {
    classifier.take(model);
    foreign.push(...fit());
    const unknown = foreign.splice(0).join(", ");
    if (unknown) complain(() => words.says.foreign(unknown));
    askLook();
    see();
    remember();
    wish({ pass: instrument.pass(), ...(source.image && { image: source.image }) }, true);
    desk.update();
  },
});

// The address.
const spoken: Setting = {
  name: "lang",
  word: () => (language.value === preferredLanguage() ? undefined : language.value),
  take(word) {
    if (!Object.hasOwn(languages, word)) return false;
    language.value = word;
    refresh();
    return true;
  },
};
const settings = [spoken, ...source.settings, classifier.setting, ...instrument.settings];
settings.push(...desk.settings);

function remember(): void {
  soon("address", writeDown);
}

function writeDown(): void {
  // What is chosen for a file would be foreign to the network that a link opens without it.
  const ofModel = classifier.isOwn ? [] : instrument.modelSettings;
  const hash = writeAddress([...settings, ...ofModel]);
  history.replaceState(null, "", hash === "" ? location.pathname + location.search : `#${hash}`);
}

// The language of everything that is there already.
function refresh(): void {
  speakAsChosen();
  instrument.refresh();
  classifier.refresh();
  source.refresh();
  desk.refresh();
  suggestions.show();
  result.show();
  announce("");
}

language.addEventListener("input", () => {
  refresh();
  remember();
});

// An address typed into the open page is to be shown.
addEventListener("hashchange", () => location.reload());

// As the address says, or as the page begins.
classifier.refresh();
desk.refresh();
const foreign = readAddress(location.hash.slice(1), [...settings, ...instrument.modelSettings]);
desk.open();
idea.set(ideaOf(instrument.pass()));
askLook();
classifier.begin();
source.begin();
