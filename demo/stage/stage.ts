// The pictures' side of the page: how far the map is, what it is of, and what went wrong.

import type { Estimator } from "../../src/index.js";
import type { Progress } from "../messages.js";
import { percent, withPercentages } from "../words/numbers.js";
import { say, words } from "../words.js";

const element = <T extends HTMLElement = HTMLElement>(id: string) =>
  document.getElementById(id) as T;

const photoCanvas = element<HTMLCanvasElement>("photo");
const mapCanvas = element<HTMLCanvasElement>("map");
const trouble = element("trouble");
const stop = element<HTMLButtonElement>("stop");

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

/** How far a map or the toy is; `of` is what the standard error is relative to, if not to the map. */
export function showProgress(
  samples: number,
  wanted: number,
  standardError: number,
  of?: string,
): void {
  element<HTMLProgressElement>("progress").value = samples / wanted;
  say(element("progress-line"), () => {
    const { sampleLine, errorLine } = words.says;
    // One sample has no error, and neither has a method that makes one gradient of all.
    const error = Number.isFinite(standardError) ? errorLine(percent(standardError), of) : "";
    return sampleLine(samples, wanted) + error;
  });
}

/** What a map is of: a class, and a statistic that may be another one than that of the standard error. */
export function showMap(
  progress: Progress,
  nameOf: (index: number) => string,
  estimator: Estimator,
): void {
  const { samples, wanted, standardError } = progress;
  const label = labelOf(progress, nameOf);
  setStale(false);
  const isOther = progress.estimator !== estimator;
  const of = isOther ? words.statistics[progress.estimator] : undefined;
  showProgress(samples, wanted, standardError, of);
  const name = document.createElement("b");
  name.textContent = label;
  element("caption").replaceChildren(name, `: ${caption(progress, estimator)}`);
}

/** What cannot be trusted in the map. What is there already is not said again. */
export function showWarnings(warnings: readonly string[]): void {
  const list = element("warnings");
  const said = warnings.map(words.says.warning);
  if (list.dataset.key === said.join()) return;
  list.dataset.key = said.join();
  list.replaceChildren(
    ...said.map((text, i) => {
      const item = document.createElement("p");
      item.textContent = text;
      // A sentence that has no translation stays English.
      if (text === withPercentages(warnings[i]!)) item.lang = "en";
      return item;
    }),
  );
}

/** The class, and the one that it is held against. */
export function labelOf({ target, other }: Progress, nameOf: (index: number) => string): string {
  return nameOf(target.index) + (other ? ` − ${nameOf(other.index)}` : "");
}

/** What a map is of, in a line: its settings, so that it can be repeated. */
export function caption(
  { samples, noise, sigma, options }: Progress,
  estimator: Estimator,
): string {
  const { method = "gradient", noiseScale = "range", seed = 0, weightNoise = 0 } = options;
  return words.says.caption({
    statistic: words.statistics[estimator],
    method: method === "gradient" ? undefined : words.methods[method],
    samples,
    noise: noiseScale === "range" ? noise : undefined,
    sigma,
    seed,
    weights: weightNoise,
  });
}

/** The button that stops the samples, or begins them again. */
export function showStop(state: "running" | "stopped" | "done"): void {
  stop.hidden = state === "done";
  stop.textContent = state === "running" ? words.says.stop : words.says.again;
}

/** Hears the button. */
export function onStop(listener: () => void): void {
  stop.addEventListener("click", listener);
}

/** Says something to those who listen to the page. */
export function announce(text: string): void {
  element("news").textContent = text;
}

/** Says in the page what went wrong; until somebody takes it away or moves on, or a map is there. */
export function complain(text: () => string, until: "dismissed" | "map" = "dismissed"): void {
  trouble.dataset.until = until;
  say(trouble.querySelector("p")!, text);
  trouble.hidden = false;
}

/** The reader goes on to something else: what was complained of is over when a map comes of it. */
export function moveOn(): void {
  trouble.dataset.until = "map";
}

/** A map is there. */
export function relieve(): void {
  if (trouble.dataset.until === "map") calm();
}

/** Takes the last complaint away. */
export function calm(): void {
  trouble.hidden = true;
}

trouble.querySelector("button")!.addEventListener("click", calm);
