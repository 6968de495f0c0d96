// The half of the page that works on the GPU. It remembers what the page wishes and works until the newest wish
// is fulfilled: a device, then the model, then the map, sample by sample. Between two batches it looks whether
// the wish has changed. A lost device is replaced, and everything that was on it is made again.

import {
  type Contrast,
  contrast,
  loadModel,
  type Model,
  requestDevice,
  type SensitivityMap,
  sensitivitiesOfClasses,
} from "../src/index.js";
import {
  type Look,
  type Pass,
  type Progress,
  pictureOptions,
  type Report,
  type Request,
  type Wish,
} from "./messages.js";

const STEP = 60; // milliseconds that a step should take: what the eye calls at once
const BATCH = 32; // passes that go together at most: more would take memory and save no time
const PATIENCE = 100; // milliseconds that a new wish waits for the step that is under way

let wish: Wish = {};
let serial = 0; // the page's number of the wish
let wishes = 0; // how many there have been; work that began at another count is out of date
let isWorking = false;
let canvas: OffscreenCanvas | undefined;
let look: Look | undefined;

// What is on the device.
let device: Promise<GPUDevice> | undefined;
let loaded: { file: File; model: Model } | undefined;
let shown: { maps: SensitivityMap[]; pair: Contrast | undefined } | undefined;
let running: AbortController | undefined;
let finished: { model: Model; photo: ImageBitmap; pass: Pass } | undefined;
let isRecovering = false;

const report = (message: Report) => postMessage(message);
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  if (data.kind === "wish") {
    serial = data.serial;
    want(data.wish);
    return;
  }
  if (data.kind === "canvas") canvas = data.canvas;
  else if (data.kind === "look") look = data.look;
  else if (canvas) Object.assign(canvas, { width: data.width, height: data.height });
  draw();
});

async function want(part: Wish): Promise<void> {
  wish = { ...wish, ...part };
  wishes++;
  const late = running;
  if (wish.pass) setTimeout(() => late?.abort(), PATIENCE);
  if (isWorking) return;
  isWorking = true;
  for (let begun = -1; begun !== wishes; ) {
    begun = wishes;
    await work();
  }
  isWorking = false;
}

/** Does what is missing for the wish of now. */
async function work(): Promise<void> {
  try {
    await openDevice();
  } catch (error) {
    device = undefined;
    report({ kind: "failed", message: messageOf(error) });
    return;
  }
  if (wish.file && wish.file !== loaded?.file) await load(wish.file);
  if (loaded && wish.photo && wish.pass) await explain(loaded.model, wish.photo, wish.pass);
}

function openDevice(): Promise<GPUDevice> {
  device ??= requestDevice().then((opened) => {
    opened.addEventListener("uncapturederror", ({ error }) =>
      report({ kind: "failed", message: error.message }),
    );
    opened.lost.then(({ message }) => recover(message));
    report({ kind: "opened", isSoftware: opened.adapterInfo.isFallbackAdapter });
    return opened;
  });
  return device;
}

// A device that is lost again before it has made a map would be lost for ever.
function recover(message: string): void {
  device = loaded = shown = undefined;
  report({ kind: "lost", message, again: !isRecovering });
  const isHopeless = isRecovering;
  isRecovering = true;
  if (!isHopeless) want({});
}

async function load(file: File): Promise<void> {
  const began = device;
  report({ kind: "loading", name: file.name });
  try {
    const model = await loadModel(await openDevice(), await file.arrayBuffer());
    const { input, classes, layers } = model;
    if (input.channels !== 1 && input.channels !== 3) {
      model.destroy();
      throw new Error(`its input has ${input.channels} channels, a photo has 1 or 3`);
    }
    loaded?.model.destroy();
    loaded = { file, model };
    wish = { ...wish, pass: undefined };
    report({ kind: "loaded", model: { name: file.name, ...input, classes, layers } });
  } catch (error) {
    if (device !== began) return;
    if (wish.file === file) wish = { ...wish, file: loaded?.file };
    report({ kind: "refused", name: file.name, message: messageOf(error) });
  }
}

async function explain(model: Model, photo: ImageBitmap, pass: Pass): Promise<void> {
  const isFinished =
    finished?.model === model && finished.photo === photo && finished.pass === pass;
  if (isFinished) return;
  const began = device;
  const begun = { serial, wishes };
  const { target = "top1", ...options } = pass.options;
  const targets = pass.contrast === undefined ? [target] : [target, pass.contrast];
  const { samples = 50 } = options;
  const estimator = look?.estimator ?? "mean";
  const { signal } = (running = new AbortController());
  let last: Progress | undefined;
  let made: readonly SensitivityMap[] | undefined;
  try {
    const steps = { ...options, estimator, batch: BATCH, stepTime: STEP, signal };
    for await (const maps of sensitivitiesOfClasses(model, photo, targets, steps)) {
      if (maps !== made) await show((made = maps));
      isRecovering = false;
      // A map of settings that are moving is better than none, a map of another photo is not.
      if (wish.photo === photo && wish.file === loaded?.file) {
        draw();
        last = { ...facts(maps), options: pass.options, wanted: samples, isDone: false };
        report({ kind: "progress", serial: begun.serial, progress: last });
      }
      if (begun.wishes !== wishes) return;
    }
    finished = { model, photo, pass };
    if (last)
      report({ kind: "progress", serial: begun.serial, progress: { ...last, isDone: true } });
  } catch (error) {
    // The library has destroyed the maps of a run that failed.
    if (made && shown?.maps === made) shown = undefined;
    if (device === began && !signal.aborted) {
      report({ kind: "impossible", serial: begun.serial, message: messageOf(error) });
    }
  }
}

/** Puts the maps of a run in the place of those before. */
async function show(maps: SensitivityMap[]): Promise<void> {
  const [first, second] = maps as [SensitivityMap, SensitivityMap?];
  const pair = second && (await contrast(first, second));
  shown?.pair?.destroy();
  for (const map of shown?.maps ?? []) map.destroy();
  shown = { maps, pair };
}

function facts([map, second]: readonly SensitivityMap[]) {
  const { samples, standardError, estimator, noise, sigma, top, target, versus } =
    map as SensitivityMap;
  const other = versus ?? second?.target;
  return { samples, standardError, estimator, noise, sigma, top, target, other };
}

function draw(): void {
  if (!shown || !canvas || !look) return;
  try {
    const [map] = shown.maps as [SensitivityMap];
    (shown.pair ?? map).draw(canvas, pictureOptions(look));
  } catch (error) {
    report({ kind: "failed", message: messageOf(error) });
  }
}
