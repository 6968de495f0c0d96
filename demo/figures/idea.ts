// The figure before the first photo: the score of the toy network, its jumping gradient, and the mean of the
// gradient over noisy copies, computed here sample by sample. The page's own sliders rule it.

import { signed } from "../words/numbers.js";
import { say, words } from "../words.js";
import { gradient, makeToy, normals, type Smoothed, score, smoothed } from "./toy.js";

/** The settings that the figure obeys. */
export interface IdeaOptions {
  /** σ as a part of the width of the figure. */
  readonly noise: number;
  readonly samples: number;
  readonly seed: number;
}

/** How far the figure is, in the terms of a map. */
export interface IdeaProgress {
  readonly samples: number;
  readonly wanted: number;
  readonly standardError: number;
}

const PLACES = 300;
const SETTLE = 3500; // milliseconds until all samples have arrived, the first time
const MARGIN = 6;

const toy = makeToy();
const places = Array.from({ length: PLACES + 1 }, (_, i) => i / PLACES);

/** Starts the figure; it lets `tick` know how far it is, and obeys whatever is set. */
export function startIdea(figure: HTMLElement, tick: (progress: IdeaProgress) => void) {
  const svg = figure.querySelector("svg")!;
  const part = (name: string) => svg.querySelector<SVGElement>(`.${name}`)!;
  const place = figure.querySelector<HTMLInputElement>("input")!;
  const readout = figure.querySelector<HTMLElement>(".readout")!;
  let options: IdeaOptions = { noise: 0, samples: 1, seed: 0 };
  let shifts: number[] = [];
  let shown = 0;
  let frame = 0;
  let began: number | undefined;
  let isAwaited = false; // it plays as soon as it is seen
  let scales = scalesOf(svg);

  function paintScore() {
    const { width, height } = svg.getBoundingClientRect();
    svg.setAttribute("viewBox", `0 0 ${Math.max(width, 1)} ${Math.max(height, 1)}`);
    scales = scalesOf(svg);
    const { x, s, g } = scales;
    part("score").setAttribute("d", line(places.map((t) => [x(t), s(score(toy, t))])));
    part("gradient").setAttribute("d", stairs(x, g));
    part("zero").setAttribute("d", `M${x(0)} ${g(0)}H${x(1)}`);
    for (const name of ["gradient-name", "smooth-name"]) {
      part(name).setAttribute("y", String(scales.split));
    }
  }

  function paintSmoothed() {
    const { x, g } = scales;
    const sample = shifts.slice(0, shown);
    const curve = places.map((t) => smoothed(toy, t, sample));
    part("smooth").setAttribute("d", line(curve.map(({ mean }, i) => [x(places[i]!), g(mean)])));
    const square = (f: (at: Smoothed) => number) => curve.reduce((sum, at) => sum + f(at) ** 2, 0);
    const standardError = Math.sqrt(square((at) => at.error) / square((at) => at.mean));
    tick({ samples: shown, wanted: shifts.length, standardError });
    paintPlace(sample);
  }

  function paintPlace(sample: readonly number[]) {
    const { x, g, split, height } = scales;
    const at = place.valueAsNumber;
    const { mean, error } = smoothed(toy, at, sample);
    const dots = sample
      .map((shift) => at + shift)
      .filter((t) => t >= 0 && t <= 1)
      .map((t) => `M${x(t).toFixed(1)} ${g(gradient(toy, t)).toFixed(1)}h0`);
    part("dots").setAttribute("d", dots.join(""));
    part("here").setAttribute("d", `M${x(at)} 0V${height}`);
    part("mean").setAttribute("d", `M${x(at)} ${g(mean)}h0`);
    const reach = Number.isFinite(error) ? error : 0;
    part("error").setAttribute("d", `M${x(at)} ${g(mean - reach)}V${g(mean + reach)}`);
    part("bell").setAttribute("d", bell(at, options.noise, x, height, (height - split) / 4));
    const plus = Number.isFinite(error) ? `\u00a0±\u00a0${error.toFixed(2)}` : "";
    say(readout, () => words.says.idea(signed(gradient(toy, at)), signed(mean) + plus));
  }

  function play(now: number) {
    began ??= now;
    const part = Math.min((now - began) / SETTLE, 1);
    shown = Math.max(1, Math.floor(shifts.length * part ** 1.6));
    paintSmoothed();
    if (part < 1) frame = requestAnimationFrame(play);
  }

  // Before it is seen, nobody is to wait for it, and the map has better use for the time.
  const sight = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      sight.disconnect();
      frame = requestAnimationFrame(play);
    },
    { threshold: 0.5 },
  );

  function set(wanted: IdeaOptions) {
    options = wanted;
    const normal = normals(options.seed);
    shifts = Array.from({ length: options.samples }, () => options.noise * normal());
    const mayMove = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (mayMove && began === undefined && !isAwaited) {
      isAwaited = true;
      sight.observe(svg);
      return;
    }
    sight.disconnect();
    cancelAnimationFrame(frame);
    began = 0;
    shown = shifts.length;
    paintSmoothed();
  }

  function look(event: PointerEvent) {
    const { left, width } = svg.getBoundingClientRect();
    place.valueAsNumber = (event.clientX - left - MARGIN) / (width - 2 * MARGIN);
    paintPlace(shifts.slice(0, shown));
  }

  place.addEventListener("input", () => paintPlace(shifts.slice(0, shown)));
  svg.addEventListener("pointermove", look);
  svg.addEventListener("pointerdown", look);
  const resizes = new ResizeObserver(() => {
    paintScore();
    paintSmoothed();
  });
  resizes.observe(svg);

  return {
    set,
    stop() {
      cancelAnimationFrame(frame);
      resizes.disconnect();
    },
  };
}

/** The gradient as it is: flat on every piece. */
function stairs(x: Scale, g: Scale): string {
  const from = toy.knots.findIndex((b) => b > 0);
  const to = toy.knots.findIndex((b) => b > 1);
  const start = `M${x(0)} ${g(gradient(toy, 0)).toFixed(1)}`;
  const steps = Array.from(
    toy.knots.subarray(from, to),
    (b, i) => `H${x(b).toFixed(1)}V${g(toy.slopes[from + i]!).toFixed(1)}`,
  );
  return `${start}${steps.join("")}H${x(1)}`;
}

type Scale = (value: number) => number;

/** From the toy's numbers to pixels of the figure: the score on top, the gradients below it. */
function scalesOf(svg: SVGSVGElement) {
  const { width, height } = svg.viewBox.baseVal;
  const split = height * 0.34;
  const scores = places.map((t) => score(toy, t));
  const steepest = Math.max(...places.map((t) => Math.abs(gradient(toy, t))));
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  return {
    height,
    split,
    x: (t: number) => MARGIN + t * (width - 2 * MARGIN),
    s: (value: number) => split - 14 - ((value - low) / (high - low)) * (split - 40),
    g: (value: number) =>
      (split + height) / 2 + 8 - (value / steepest) * ((height - split) / 2 - 14),
  };
}

function line(points: readonly (readonly [number, number])[]): string {
  return `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
}

/** The density of the noise around a place, standing on the figure's lower edge. */
function bell(at: number, sigma: number, x: Scale, bottom: number, height: number): string {
  const width = Math.max(sigma, 0.002);
  const points = Array.from({ length: 61 }, (_, i) => (i - 30) / 10);
  const rise = points.map(
    (z) => [x(at + z * width), bottom - height * Math.exp(-z * z * 0.5)] as const,
  );
  return `${line([[x(at - 3 * width), bottom], ...rise, [x(at + 3 * width), bottom]])}Z`;
}
