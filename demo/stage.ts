// The left half of the page: the two pictures, how far the map is, what it is of, and what went wrong.

import type { Estimator, Preprocess, Preset } from "../src/index.js";
import type { ModelFacts, Progress } from "./messages.js";
import { paintPhoto } from "./photo.js";
import { caption, progressLine, says, statistics } from "./words.js";

const element = <T extends HTMLElement = HTMLElement>(id: string) =>
  document.getElementById(id) as T;

const photoCanvas = element<HTMLCanvasElement>("photo");
const mapCanvas = element<HTMLCanvasElement>("map");
const trouble = element("trouble");
const stop = element<HTMLButtonElement>("stop");

// Before there is a model, the photo is cut as most of them want it.
const USUAL = { channels: 3, height: 224, width: 224 };

/** What the pictures show. */
export interface Shown {
  readonly photo: ImageBitmap | undefined;
  readonly model: ModelFacts | undefined;
  readonly preprocess: Preset | Preprocess | undefined;
}

/** Shows the photo, and what is missing for a map. */
export function showPhoto({ photo, model, preprocess }: Shown): void {
  element("missing").textContent = model ? "" : says.needsModel;
  if (!photo) {
    element("caption").textContent = model ? says.needsPhoto : "";
    return;
  }
  const input = model ?? USUAL;
  element("pictures").hidden = false;
  element("pictures").style.setProperty("--aspect", String(input.width / input.height));
  paintPhoto(photoCanvas, photo, input, preprocess);
}

/** What is on the second canvas belongs to something that has changed. */
export function setStale(isStale: boolean): void {
  mapCanvas.classList.toggle("stale", isStale);
}

/** Tells the pixels of the map's canvas whenever they change; the photo's canvas has as many. */
export function watchSize(tell: (width: number, height: number) => void): void {
  const observer = new ResizeObserver(([entry]) => {
    const { width, height } = entry!.contentRect;
    if (width === 0) return;
    const pixels = (length: number) => Math.max(1, Math.round(length * devicePixelRatio));
    Object.assign(photoCanvas, { width: pixels(width), height: pixels(height) });
    tell(pixels(width), pixels(height));
  });
  observer.observe(mapCanvas);
}

/** Whether the map is still on its way. */
export function showBusy(isBusy: boolean): void {
  element("pictures").setAttribute("aria-busy", String(isBusy));
}

/** How many of the samples are done. */
export function showProgress(...[samples, wanted, ...rest]: Parameters<typeof progressLine>): void {
  element<HTMLProgressElement>("progress").value = samples / wanted;
  element("progress-line").textContent = progressLine(samples, wanted, ...rest);
}

/** What a map is of: a class, and a statistic that may be another one than that of the standard error. */
export function showMap(
  progress: Progress,
  nameOf: (index: number) => string,
  estimator: Estimator,
): void {
  const { samples, wanted, standardError, target, other, isDone } = progress;
  const label = nameOf(target.index) + (other ? ` − ${nameOf(other.index)}` : "");
  setStale(false);
  if (trouble.dataset.until === "map") calm();
  const of = progress.estimator === estimator ? "the map" : `the ${statistics[progress.estimator]}`;
  showProgress(samples, wanted, standardError, of);
  const name = document.createElement("b");
  name.textContent = label;
  element("caption").replaceChildren(name, `: ${caption(progress, estimator)}`);
  mapCanvas.setAttribute("aria-label", `Sensitivity map of ${label}`);
  if (isDone) announce(says.finished(label, samples));
}

/** The button that stops the samples, or begins them again. */
export function showStop(state: "running" | "stopped" | "done"): void {
  stop.hidden = state === "done";
  stop.textContent = state === "running" ? "Stop" : "Start over";
}

/** Hears the button. */
export function onStop(listener: () => void): void {
  stop.addEventListener("click", listener);
}

/** Says something to those who listen to the page. */
function announce(text: string): void {
  element("news").textContent = text;
}

/** Says in the page what went wrong; until somebody takes it away, or a map is there. */
export function complain(text: string, until: "dismissed" | "map" = "dismissed"): void {
  trouble.dataset.until = until;
  trouble.querySelector("p")!.textContent = text;
  trouble.hidden = false;
}

/** Takes the last complaint away. */
export function calm(): void {
  trouble.hidden = true;
}

trouble.querySelector("button")!.addEventListener("click", calm);
