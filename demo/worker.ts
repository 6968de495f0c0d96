// The half of the page that works on the GPU. It remembers what the page wishes and works until the newest wish
// is fulfilled: a device, then the model, then the map, sample by sample, then the figure below. Between two steps it
// looks whether the wish has changed. A lost device is replaced, and everything that was on it is made again.

import {
  type ClassesOptions,
  type Contrast,
  contrast,
  type Guess,
  loadModel,
  type Model,
  requestDevice,
  type SensitivityMap,
  sensitivities,
  suggestPreprocess,
} from "../src/index.js";
import { type Drawn, startFigure } from "./gpu/figure.js";
import { probeAt, savedOf } from "./gpu/readout.js";
import {
  type Figure,
  type Image,
  type Look,
  type ModelFacts,
  type Pass,
  type Progress,
  pictureOptions,
  type Report,
  type Request,
  type Wish,
} from "./messages.js";

const STEP = 60; // milliseconds that a step should take: what the eye calls at once
const BATCH = 32; // passes that go together at most: more would take memory and save no time
const LEAST = 80; // milliseconds that a map has before it gives way to the next: one of a pen's line is to be seen
// Where samples are to be seen to arrive: after which ones there is a picture, and for how many milliseconds.
const BEATS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20, 24, 28, 32, 36, 40, 45];
const BEAT = 90;

/** A map that has all its samples, and the wish that it fulfills. */
interface Finished {
  readonly model: Model;
  readonly image: Image;
  readonly pass: Pass;
  readonly serial: number;
  readonly progress: Progress;
}

let wish: Wish = {};
let serial = 0; // the page's number of the wish
let wishes = 0; // how many there have been; a map that was begun at another count is out of date
let changes = 0; // of wishes, figures and models: there may be something to do
let isWorking = false;
let isAnswered = true; // the page knows what became of the file that it wished
let canvas: OffscreenCanvas | undefined;
let look: Look | undefined;
let figure: { serial: number; figure: Figure } | undefined;

// What is on the device.
let device: Promise<GPUDevice> | undefined;
let loaded: { file: File; model: Model; facts: ModelFacts } | undefined;
const others = new Map<string, { file: File; model: Promise<Model> | undefined }>();
let shown: { maps: SensitivityMap[]; pair: Contrast | undefined; progress: Progress } | undefined;
let drawn: Drawn | undefined;
let running: { readonly stop: AbortController; readonly begun: number } | undefined;
let figuring: AbortController | undefined;
let finished: Finished | undefined;
let suggested: { model: Model; image: Image } | undefined;
let isRecovering = false;

// What reads the shown maps. They are destroyed only after it: a submit must find its buffers.
let uses: Promise<unknown> = Promise.resolve();

function use<T>(work: Promise<T>): Promise<T> {
  uses = Promise.allSettled([uses, work]);
  return work;
}

function discard(maps: readonly ({ destroy(): void } | undefined)[]): void {
  uses.then(() => {
    for (const each of maps) each?.destroy();
  });
}

const report = (message: Report, transfer: Transferable[] = []) =>
  postMessage(message, { transfer });
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  switch (data.kind) {
    case "wish":
      serial = data.serial;
      want(data.wish);
      return;
    case "figure":
      figure = data.figure && { serial: data.serial, figure: data.figure };
      goOn();
      return;
    case "model":
      if (others.get(data.name)?.file === data.file) return;
      others.set(data.name, { file: data.file, model: undefined });
      dropFigure();
      goOn();
      return;
    case "probe":
      if (shown)
        use(probeAt(shown, look, data)).then(
          (probe) => report({ kind: "probe", probe }),
          () => {},
        );
      return;
    case "save":
      // After what is under way, the error of another statistic too.
      use(uses.then(() => shown && look && savedOf(shown, look, data))).then(
        (saved) => saved && report({ kind: "saved", saved }),
        (error) => report({ kind: "failed", message: messageOf(error) }),
      );
      return;
    case "canvas":
      canvas = data.canvas;
      break;
    case "look":
      look = data.look;
      if (drawn) repaint(drawn, look);
      use(tellError()).catch(() => {});
      break;
    case "size":
      if (canvas) Object.assign(canvas, { width: data.width, height: data.height });
  }
  draw();
});

function want(part: Wish): void {
  const { image, file } = wish;
  wish = { ...wish, ...part };
  wishes++;
  if (part.file) isAnswered = false;
  // A map of settings that are moving is better than none, a map of another photo is not.
  const isOther = wish.image?.name !== image?.name || wish.file !== file;
  if (wish.pass && running) stopAfter(running, isOther ? 0 : LEAST);
  goOn();
}

/** Stops the making of a map when it has had so many milliseconds. */
function stopAfter({ stop, begun }: NonNullable<typeof running>, least: number): void {
  const left = begun + least - performance.now();
  if (left <= 0) stop.abort();
  else setTimeout(() => stop.abort(), left);
}

/** Works until there is nothing left to do. */
async function goOn(): Promise<void> {
  changes++;
  figuring?.abort();
  if (isWorking) return;
  isWorking = true;
  for (let begun = -1; begun !== changes; ) {
    begun = changes;
    await work();
  }
  isWorking = false;
}

/** Does what is missing for the wish of now. */
async function work(): Promise<void> {
  const begun = wishes;
  try {
    await openDevice();
  } catch (error) {
    device = undefined;
    report({ kind: "missing", message: messageOf(error) });
    return;
  }
  if (wish.file && wish.file !== loaded?.file) await load(wish.file);
  else if (loaded && !isAnswered) tellLoaded(loaded.facts);
  if (!loaded || !wish.image || !wish.pass) return;
  await explain(loaded.model, wish.image, wish.pass);
  if (begun !== wishes || finished?.pass !== wish.pass) return;
  // It takes a few passes, a figure takes hundreds.
  await suggest(finished);
  if (begun === wishes) await drawWanted(finished);
}

function openDevice(): Promise<GPUDevice> {
  device ??= requestDevice().then((opened) => {
    // What the browser says of it is for the console.
    opened.addEventListener("uncapturederror", () => report({ kind: "fault" }));
    opened.lost.then(({ message }) => recover(message));
    report({ kind: "opened", isSoftware: opened.adapterInfo.isFallbackAdapter });
    return opened;
  });
  return device;
}

// A device that is lost again before it has made a map would be lost for ever.
function recover(message: string): void {
  device = loaded = shown = drawn = undefined;
  for (const other of others.values()) other.model = undefined;
  report({ kind: "lost", message, again: !isRecovering });
  const isHopeless = isRecovering;
  isRecovering = true;
  if (!isHopeless) want({});
}

/** The file that the page wished is in use. */
function tellLoaded(model: ModelFacts): void {
  isAnswered = true;
  wish = { ...wish, pass: undefined };
  report({ kind: "loaded", model });
}

async function load(file: File): Promise<void> {
  const began = device;
  isAnswered = true;
  report({ kind: "loading", name: file.name });
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const model = await loadModel(await openDevice(), bytes, { name: file.name });
    const { input, classes, layers, labels, labelsFrom } = model;
    if (input.channels !== 1 && input.channels !== 3) {
      model.destroy();
      throw new Error(`its input has ${input.channels} channels, a photo has 1 or 3`);
    }
    const { from, ...preprocess } = model.preprocess;
    const guess = { preprocess, from } as Guess;
    const names = labels && { labels, labelsFrom };
    const facts = { name: file.name, ...input, classes, layers, guess, ...names };
    discard([loaded?.model]);
    loaded = { file, model, facts };
    tellLoaded(facts);
  } catch (error) {
    if (device !== began) return;
    if (wish.file === file) wish = { ...wish, file: loaded?.file };
    report({ kind: "refused", name: file.name, message: messageOf(error) });
  }
}

async function explain(model: Model, image: Image, pass: Pass): Promise<void> {
  const before = finished;
  if (before?.model === model && before.image === image && before.pass === pass) {
    // A wish that changes nothing, as that of a file that is refused, waits for an answer all the same.
    if (before.serial !== serial) report({ kind: "progress", serial, progress: before.progress });
    finished = { ...before, serial };
    return;
  }
  const began = device;
  const begun = { serial, wishes, time: performance.now() };
  running = { stop: new AbortController(), begun: begun.time };
  const { signal } = running.stop;
  const { target = "top1", ...options } = pass.options;
  const targets = pass.contrast === undefined ? [target] : [target, pass.contrast];
  const estimator = look?.estimator ?? "mean";
  const pace = { batch: BATCH, stepTime: STEP, ...(wish.isGentle && { stepsAt: BEATS }) };
  let lastBeat = performance.now();
  let progress: Progress | undefined;
  let made: readonly SensitivityMap[] | undefined;
  try {
    const steps = { ...options, ...pace, estimator, signal };
    for await (const maps of sensitivities(model, image.bitmap, {
      ...{ ...steps, target: targets },
    } as ClassesOptions)) {
      const isFirst = maps !== made;
      made = maps;
      progress = {
        ...facts(maps),
        options: pass.options,
        wanted: options.samples ?? 50,
        isDone: false,
      };
      if (isFirst) await show(maps, progress);
      if (shown) shown.progress = progress;
      isRecovering = false;
      if (wish.image?.name === image.name && wish.file === loaded?.file) {
        draw();
        report({ kind: "progress", serial: begun.serial, progress });
      }
      if (begun.wishes !== wishes && performance.now() - begun.time > LEAST) return;
      if (wish.isGentle) await untilTime(lastBeat + BEAT, signal);
      lastBeat = performance.now();
    }
    if (!progress) return;
    progress = { ...progress, isDone: true };
    finished = { model, image, pass, serial: begun.serial, progress };
    if (shown) shown.progress = progress;
    report({ kind: "progress", serial: begun.serial, progress });
    use(tellError()).catch(() => {});
  } catch (error) {
    // Some samples may have come after the last step.
    if (made && shown?.maps === made) shown.progress = { ...shown.progress, ...facts(made) };
    if (device === began && !signal.aborted) {
      report({ kind: "impossible", serial: begun.serial, message: messageOf(error) });
    }
  }
}

const untilTime = (time: number, signal: AbortSignal) =>
  new Promise((later) => {
    setTimeout(later, Math.max(time - performance.now(), 0));
    signal.addEventListener("abort", later);
  });

/** Puts the maps of a run in the place of those before. */
async function show(maps: SensitivityMap[], progress: Progress): Promise<void> {
  const [first, second] = maps as [SensitivityMap, SensitivityMap?];
  const pair = second && (await contrast(first, second));
  // A figure may look at the maps of before.
  if (drawn?.usesAbove) await dropFigure();
  discard([shown?.pair, ...(shown?.maps ?? [])]);
  shown = { maps, pair, progress };
}

function facts([map, second]: readonly SensitivityMap[]) {
  const { samples, standardError, estimator, noise, sigma, top, target, versus } =
    map as SensitivityMap;
  const { warnings, preprocess } = map as SensitivityMap;
  const other = versus ?? second?.target;
  const made = { samples, standardError, estimator, noise, sigma, preprocess };
  return { ...made, top, target, other, warnings };
}

/** Tells the standard error of the statistic that is shown, where that is another than sampling went by. */
async function tellError(): Promise<void> {
  const [before, estimator] = [finished, look?.estimator];
  if (!before || !shown || shown.progress !== before.progress || !estimator) return;
  if (before.progress.estimator === estimator) return;
  const [map] = shown.maps as [SensitivityMap];
  const standardError = await map.errorOf(estimator);
  if (finished?.progress !== before.progress || look?.estimator !== estimator) return;
  const progress = { ...before.progress, estimator, standardError };
  finished = { ...finished, progress };
  shown.progress = progress;
  report({ kind: "progress", serial: finished.serial, progress });
}

/** Draws the figure that the page has open, unless that is done. */
async function drawWanted({ model, image, pass }: NonNullable<typeof finished>): Promise<void> {
  if (!look || drawn?.serial === figure?.serial) return;
  const { signal } = (figuring = new AbortController());
  await dropFigure();
  if (signal.aborted || !figure || !hasModels(figure.figure)) return;
  const modelOf = async (name: string | undefined) =>
    name === undefined ? model : otherModel(name);
  const own = "panels" in figure.figure ? figure.figure.image : undefined;
  const above = own || !shown ? undefined : { pass, maps: shown.maps, pair: shown.pair };
  const picture = own ?? image.bitmap;
  const begun = startFigure({ ...figure, image: picture, look, above, modelOf, signal, report });
  drawn = begun;
  try {
    await begun.done;
  } catch (error) {
    if (!signal.aborted) report({ kind: "failed", message: messageOf(error) });
  }
  if (signal.aborted) await dropFigure();
}

/** Whether the models of a figure have come; with the last of them there is something to do again. */
function hasModels(wanted: Figure): boolean {
  return "x" in wanted || wanted.panels.every(({ model }) => !model || others.has(model));
}

async function dropFigure(): Promise<void> {
  const old = drawn;
  drawn = undefined;
  await old?.end();
}

function repaint(painted: Drawn, next: Look): void {
  painted.repaint(next).catch((error) => {
    if (drawn === painted) report({ kind: "failed", message: messageOf(error) });
  });
}

/** The warnings that another preprocessing may be the way out of. */
const IN_DOUBT = /^(Preprocessing: |No class stands out)/;

/** Asks once what the network sees in the image by other preprocessings, where that of the map is in doubt. */
async function suggest({ model, image, progress }: Finished): Promise<void> {
  const { warnings } = progress;
  if (suggested?.model === model && suggested.image === image) return;
  if (image.name === "camera" || !warnings.some((warning) => IN_DOUBT.test(warning))) return;
  const { signal } = (figuring = new AbortController());
  try {
    const suggestions = await suggestPreprocess(model, image.bitmap, { signal });
    suggested = { model, image };
    report({ kind: "suggestions", serial, suggestions });
  } catch (error) {
    if (!signal.aborted) report({ kind: "failed", message: messageOf(error) });
  }
}

function otherModel(name: string): Promise<Model> {
  const other = others.get(name)!;
  other.model ??= other.file
    .arrayBuffer()
    .then(async (bytes) => loadModel(await openDevice(), bytes));
  return other.model;
}

function draw(): void {
  if (!shown || !canvas || !look) return;
  try {
    const [map] = shown.maps as [SensitivityMap];
    // The canvas has the photo's pixels beside it, to the last one.
    (shown.pair ?? map).draw(canvas, { ...pictureOptions(look), fit: "fill" });
  } catch (error) {
    report({ kind: "failed", message: messageOf(error) });
  }
}

// The device is the first that everything waits for, so it is not waited for until somebody wishes something.
goOn();
