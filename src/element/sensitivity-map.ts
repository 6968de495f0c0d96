// The element. It remembers what its attributes wish and works, while it is in sight, until the newest wish is
// fulfilled: the photo, the model, then the map, sample by sample. Out of sight or out of the page it stops.

import { checkOptions, type SensitivityMap, sensitivities } from "../index.js";
import { sampling } from "../options/sampling.js";
import {
  type AttributeName,
  attributes,
  checkNames,
  lookOptions,
  passOptions,
  type Stage,
  valueIn,
  wantedModel,
} from "./attributes.js";
import type { SensitivityMapEvents } from "./events.js";
import { Parts } from "./parts.js";
import { ReflectingElement } from "./reflecting.js";
import { type Claim, claim, isOfLoss, type Wanted } from "./shared.js";
import { doubts, facts, missing, nameOf, sentence, subject } from "./words.js";

/** Milliseconds that a step should take: what the eye calls at once. */
const STEP = 60;
/** Samples that go together at most: more would take memory and save no time. */
const BATCH = 64;

/** The tag <sensitivity-map>: a photo with its sensitivity map. Each attribute is also a property in camel case. */
export class SensitivityMapElement extends ReflectingElement {
  /** @internal */
  static readonly observedAttributes: readonly string[] = Object.keys(attributes);

  readonly #parts = new Parts(this.attachShadow({ mode: "open" }));
  readonly #sight = new IntersectionObserver((seen) => this.#see(seen.at(-1)!.isIntersecting));
  readonly #size = new ResizeObserver(() => this.#resize());
  readonly #changed = new Set<Stage>();
  #isSeen = false;
  #wishes = 0; // how many there have been; what began at another count is out of date
  #fulfilled = 0;
  #work: Promise<void> | undefined;
  #stop = new AbortController();
  #claim: Claim | undefined;
  #losses = 0; // of the device, since there was a map
  #hasFailed = false;
  #map: SensitivityMap | undefined;
  #shown = 0; // samples of the map that can be seen, if it is that of the wish
  #aspect = 1; // of what the network sees

  /** The map that is shown; undefined before the first step, and while there is nothing to show. */
  get map(): SensitivityMap | undefined {
    return this.#map;
  }

  /** @internal */
  connectedCallback(): void {
    this.takeEarlyProperties();
    this.#sight.observe(this);
    this.#size.observe(this.#parts.canvas);
    if (this.#wishes === 0) this.#change("photo");
    else this.#go();
  }

  /** @internal */
  disconnectedCallback(): void {
    // Who moves an element takes it out and puts it in again.
    setTimeout(() => !this.isConnected && this.#close());
  }

  /** @internal */
  attributeChangedCallback(name: AttributeName, before: string | null, now: string | null): void {
    if (before !== now) this.#change(attributes[name].stage);
  }

  // Attributes change together, so what they come to is looked at once.
  #change(stage: Stage): void {
    this.#changed.add(stage);
    if (this.#changed.size === 1) queueMicrotask(() => this.#wish());
  }

  #wish(): void {
    const changed = new Set(this.#changed);
    this.#changed.clear();
    const has = (...stages: Stage[]) => stages.some((stage) => changed.has(stage));
    this.#parts.reserve(valueIn(this, "width"), valueIn(this, "height"));
    if (has("photo")) {
      this.#drop();
      this.#parts.load(this.src);
    }
    // What is under way for another photo is of no use; for other options it is better than nothing.
    if (has("photo", "model")) this.#stop.abort();
    if (has("photo", "model", "passes") || this.#hasFailed) {
      this.#wishes++;
      this.#shown = 0;
    }
    this.#attempt(() => this.#look());
    this.#go();
  }

  #see(isSeen: boolean): void {
    this.#isSeen = isSeen;
    if (isSeen) this.#go();
    else this.#stop.abort();
  }

  #go(): void {
    this.#work ??= this.#workOff().finally(() => {
      this.#work = undefined;
      this.#parts.showProgress(undefined);
    });
  }

  async #workOff(): Promise<void> {
    while (this.isConnected && this.#isSeen && this.#fulfilled !== this.#wishes) {
      const wish = this.#wishes;
      this.#stop = new AbortController();
      const { signal } = this.#stop;
      try {
        if (await this.#explain(wish, signal)) this.#fulfilled = wish;
      } catch (error) {
        if (signal.aborted || (await isOfLoss(error, this.#claim))) continue;
        this.#fulfilled = wish;
        this.#fail(error);
      }
    }
  }

  /** Makes the map of a wish; false where it was left unfinished. */
  async #explain(wish: number, signal: AbortSignal): Promise<boolean> {
    checkNames(this);
    const options = passOptions(this);
    checkOptions(options);
    this.#hasFailed = false;
    this.#parts.calm();
    const wanted = wantedModel(this);
    if (!wanted || !this.src) {
      this.#drop();
      this.#parts.describe("", missing(this));
      return true;
    }
    if (!this.#map) this.#parts.describe("", "");
    const stopped = new Promise<undefined>((resolve) => {
      signal.addEventListener("abort", () => resolve(undefined));
    });
    const photo = await Promise.race([this.#parts.decoded(), stopped]);
    if (!photo) return false;
    const held = this.#hold(wanted);
    const trouble = await held.device.then(
      () => undefined,
      (error: Error) => error,
    );
    if (trouble) {
      this.#fail(trouble, true);
      return true;
    }
    const model = await Promise.race([held.model, stopped]);
    if (!model) return false;
    this.#aspect = model.input.width / model.input.height;
    const { samples = sampling.samples.default as number } = options;
    const pace = options.batch === undefined && { batch: Math.min(BATCH, samples), stepTime: STEP };
    const steps = { ...pace, ...options, signal };
    const mayMove = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    let made: SensitivityMap | undefined;
    try {
      for await (const map of sensitivities(model, photo, steps)) {
        made = map;
        this.#losses = 0;
        const isOutdated = wish !== this.#wishes;
        if (signal.aborted && (isOutdated || !this.isConnected)) return false;
        // What was seen before it was out of sight stays until there is more.
        if (mayMove && map.samples >= this.#shown) this.#show(map);
        this.#tell(map, samples);
        if (isOutdated || (signal.aborted && map.samples < samples)) return false;
      }
      this.#finish(made as SensitivityMap);
      return true;
    } finally {
      if (made !== this.#map) made?.destroy();
    }
  }

  /** The claim on a model: the one that is held, or a new one. */
  #hold(wanted: Wanted): Claim {
    const held = this.#claim;
    if (held?.isFor(wanted) && !held.isLost && !held.hasFailed) return held;
    this.#claim = claim(wanted, {
      arriving: (part) => this.#parts.showProgress(part),
      lost: () => this.#recover(),
    });
    held?.release();
    return this.#claim;
  }

  #show(map: SensitivityMap): void {
    if (this.#map !== map) this.#map?.destroy();
    this.#map = map;
    this.#shown = map.samples;
    this.#look();
  }

  #tell({ samples, passes, points, standardError }: SensitivityMap, wanted: number): void {
    const wantedPasses = wanted * points;
    this.#parts.showProgress(passes / wantedPasses);
    this.#fire("progress", { samples, wanted, passes, wantedPasses, standardError });
  }

  #finish(map: SensitivityMap): void {
    this.#show(map);
    this.#parts.announce([nameOf(map, this.alt), ...doubts(map)].join(". "));
    this.#fire("result", map);
  }

  /** Draws and describes what there is: no pass is run. */
  #look(): void {
    const map = this.#map;
    const look = lookOptions(this);
    this.#parts.frame(look.frame === "crop", this.#aspect);
    this.#parts.nameIt(nameOf(map, this.alt));
    if (!map) return;
    // The photo below may be stretched by the page's style.
    map.draw(this.#parts.canvas, { ...look, fit: "fill" });
    this.#parts.showMap();
    const describe = (error: number) =>
      this.#parts.describe(subject(map), facts(map, error), doubts(map));
    const { samples, estimator, standardError } = map;
    if (look.estimator === estimator) describe(standardError);
    else {
      const isCurrent = () => map === this.#map && samples === map.samples;
      map.errorOf(look.estimator).then(
        (error) => isCurrent() && describe(error),
        () => {},
      );
    }
  }

  #resize(): void {
    const { canvas } = this.#parts;
    const pixels = (length: number) => Math.min(8192, Math.round(length * devicePixelRatio));
    const [width, height] = [pixels(canvas.clientWidth), pixels(canvas.clientHeight)];
    if (width === 0 || height === 0) return;
    if (canvas.width === width && canvas.height === height) return;
    Object.assign(canvas, { width, height });
    this.#attempt(() => this.#look());
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown, hasNoDevice = false): void {
    const detail = sentence(error);
    this.#hasFailed = true;
    if (hasNoDevice) this.#parts.showFallback(detail);
    else this.#parts.complain(detail);
    this.#fire("error", detail);
  }

  #fire<Type extends keyof SensitivityMapEvents>(
    type: Type,
    detail: SensitivityMapEvents[Type]["detail"],
  ): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  // A device that is lost again before it has made a map would be lost for ever.
  #recover(): void {
    this.#drop();
    this.#wishes++;
    if (++this.#losses > 1) {
      this.#fulfilled = this.#wishes;
      this.#fail("the GPU was lost again: reload the page, or try a smaller model");
    }
    this.#go();
  }

  #drop(): void {
    this.#map?.destroy();
    this.#map = undefined;
    this.#shown = 0;
    this.#parts.hideMap();
    this.#parts.describe("", "");
  }

  /** Gives everything back; the next time in a page begins anew. */
  async #close(): Promise<void> {
    this.#sight.disconnect();
    this.#size.disconnect();
    this.#isSeen = false;
    this.#stop.abort();
    await this.#work;
    if (this.isConnected) return;
    this.#drop();
    this.#wishes++;
    this.#claim?.release();
    this.#claim = undefined;
  }
}
