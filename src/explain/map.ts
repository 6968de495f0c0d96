// A sensitivity map: the moments of its samples on the GPU, and what is known of how they were made. It is a view
// of them, which can be painted at any time.

import { adapterName, whileAlive } from "../gpu/device.js";
import { read } from "../gpu/play.js";
import type { InputTensor } from "../image/image.js";
import type { ResolvedPreprocess } from "../image/preprocess.js";
import { methodOf } from "../methods/methods.js";
import { PATH } from "../model/batch.js";
import type { Engine } from "../model/engine.js";
import type { Classification, ClassScore, Model } from "../model/model.js";
import type { Estimator, PictureOptions, Range } from "../options/drawing.js";
import type { AttributionSize } from "../picture/estimate.js";
import { createPicture, type Picture, type PixelOptions } from "../picture/picture.js";
import { unpackChannels } from "../tensor/channels.js";
import { vec4s } from "../tensor/layout.js";
import type { Accumulator } from "./accumulator.js";
import type { CommonBatch } from "./batch.js";
import { flatNodes } from "./flat-operators.js";
import type { Settings } from "./settings.js";
import { type ValueFacts, warningsOf } from "./warnings.js";

/** The GPU memory that a map took, in bytes. */
export interface MapMemory {
  /** Bytes of the buffers that it needed. */
  readonly peak: number;
  /** Passes in a batch. */
  readonly batch: number;
  /** Bytes that the batch would have taken had every activation been kept. */
  readonly unshared: number;
  /** Bytes that the model keeps on the device, for other methods as well. */
  readonly kept: number;
}

/** The time that a map took, in milliseconds. */
export interface MapTimes {
  /** Turning the photo into a tensor, and the forward pass that finds the class. */
  readonly classify: number;
  /** All batches so far. */
  readonly samples: number;
  /** From the call on. */
  readonly total: number;
}

/** How well the attributions of a path add up to the gain of the target (Sundararajan et al. 2017, proposition 1). */
export interface Completeness {
  /** Σ of the attributions of all channels and pixels. */
  readonly sum: number;
  /** The target at the image (the mean over the noisy samples) minus the target at the baseline. */
  readonly gain: number;
  /** sum − gain. */
  readonly gap: number;
}

/** What does not change while samples arrive. */
type Facts = Pick<
  SensitivityMap,
  | "noise"
  | "seed"
  | "method"
  | "estimator"
  | "points"
  | "shape"
  | "preprocess"
  | "adapter"
  | "memory"
> & {
  readonly group: number;
  /** Whether samples differ by anything that is drawn. */
  readonly isRandom: boolean;
  readonly of: ValueFacts["of"];
  readonly layerWarning: string | undefined;
};

/** A sensitivity map on the GPU. Made by `sensitivity`. */
export class SensitivityMap {
  /** The class that is explained, with its scores for the image without noise. */
  target!: ClassScore;
  /** The class that was subtracted from it; undefined without the option `versus`. */
  versus: ClassScore | undefined;
  /** The five most probable classes of the image without noise. */
  top: readonly ClassScore[] = [];
  /** Samples so far. */
  samples = 0;
  /** Passes so far: `points` for each sample, counting those of an unfinished one. */
  passes = 0;
  /**
   * ‖standard error‖₂ / ‖map‖₂ of the map's estimator. Infinity where it is not known: for one sample, for "smoothdiff",
   * and where all noisy samples were zero.
   */
  standardError = Number.POSITIVE_INFINITY;
  /** For "integrated-gradients", "blur-ig" and "deeplift", once all samples are done; else undefined. */
  completeness: Completeness | undefined;
  /** Standard deviation of the noise in units of the network's input; its root mean square where elements differ. */
  sigma!: number;
  /** The option `noise`. */
  readonly noise!: number;
  /** The option `seed`. */
  readonly seed!: number;
  /** The option `method`. */
  readonly method!: string;
  /** The option `estimator`. */
  readonly estimator!: Estimator;
  /** Passes through the network per sample: the points of its path, or the windows and one more. */
  readonly points!: number;
  /** [C,H,W] of the attributions, as of the network's input. */
  readonly shape!: readonly [number, number, number];
  /** How the photo became the input; undefined for a tensor where that is not known. */
  readonly preprocess!: ResolvedPreprocess | undefined;
  /** Name of the GPU adapter. */
  readonly adapter!: string;
  /** The GPU memory that the map took. */
  readonly memory!: MapMemory;
  /** The time that the map has taken so far. */
  times: MapTimes = { classify: 0, samples: 0, total: 0 };
  /** What cannot be trusted in the map so far: one sentence each, with a way out. The model's warnings come first. */
  warnings: readonly string[] = [];
  private constructor(
    private readonly model: Model,
    /** @internal */
    readonly tensor: InputTensor,
    /** @internal What its passes left. */
    readonly sums: Accumulator,
    /** @internal */
    readonly picture: Picture,
    private readonly facts: Facts,
    /** What becomes of `sigma`; undefined where it is known already. */
    private readonly spread?: Promise<number>,
  ) {
    Object.assign(this, facts);
  }

  /** @internal */
  static async of(
    model: Model,
    engine: Engine,
    tensor: InputTensor,
    sums: Accumulator,
    options: Settings,
    { noise, group, points, path }: CommonBatch,
  ): Promise<SensitivityMap> {
    const { device } = engine;
    // Sampling need not wait for it.
    const spread = spreadOf(engine, tensor.channels, options.signal).then((rms) => noise * rms);
    spread.catch(() => {});
    const { moments } = sums;
    const picture = await createPicture(device, { moments, samples: 0, input: tensor, group });
    const { fixed, perSample, unshared } = engine.plan.memory;
    const facts = {
      noise: options.noise,
      seed: options.seed,
      method: options.method,
      estimator: options.estimator,
      points,
      shape: [tensor.channels, tensor.height, tensor.width],
      preprocess: tensor.preprocess && { from: "given" as const, ...tensor.preprocess },
      adapter: adapterName(device),
      memory: {
        peak: fixed + perSample * engine.capacity,
        batch: engine.capacity,
        unshared: fixed + unshared * engine.capacity,
        kept: model.memory.bytes,
      },
      group,
      isRandom: noise > 0 || options.weightNoise > 0 || path === PATH.random,
      of: options.of,
      layerWarning: methodOf(options.method).procedure.warning?.(model.graph, options.layer),
    } as const;
    return new SensitivityMap(model, tensor, sums, picture, facts, spread);
  }

  /**
   * A copy of the map as it is now, which stays while sampling goes on. It shares the input of this map, so it must not
   * outlive it.
   */
  async snapshot(): Promise<SensitivityMap> {
    this.picture.check();
    const { device, facts, samples, passes } = this;
    const sums = this.sums.copy();
    const { target, versus, top, sigma, standardError, times, warnings } = this;
    const input = { moments: sums.moments, samples, input: this.tensor, group: facts.group };
    const picture = await createPicture(device, input);
    const kept = new SensitivityMap(this.model, this.tensor, sums, picture, facts);
    const known = { target, versus, top, samples, passes, sigma, standardError, times, warnings };
    return Object.assign(kept, known);
  }

  /** @internal */
  get device(): GPUDevice {
    return this.model.device;
  }

  /**
   * Paints the map over a canvas. Painting again with other options runs a few small kernels, not the network. Throws
   * where an option is not one of drawing or its value does not fit.
   */
  draw(canvas: HTMLCanvasElement | OffscreenCanvas, options: PictureOptions = {}): void {
    this.picture.draw(canvas, { estimator: this.estimator, ...options });
  }

  /** Paints the map and reads its pixels back. */
  pixels(options: PixelOptions = {}): Promise<ImageData> {
    return this.picture.pixels({ estimator: this.estimator, ...options });
  }

  /** Reads back the attribution of every input element, row-major [C,H,W]. */
  data(estimator: Estimator = this.estimator): Promise<Float32Array<ArrayBuffer>> {
    return this.picture.attribution(estimator);
  }

  /** ‖standard error‖₂ / ‖map‖₂ of any estimator; Infinity where it is not known. */
  async errorOf(estimator: Estimator = this.estimator): Promise<number> {
    return this.errorAt(await this.picture.size(estimator));
  }

  // Where all samples are 0, the next one need not be; without noise it is.
  private errorAt({ largest, standardError }: AttributionSize): number {
    return largest === 0 && this.facts.isRandom ? Number.POSITIVE_INFINITY : standardError;
  }

  /** Reads back the score of every pixel that `draw` paints with these options, row-major [H,W]. */
  scores(options: PictureOptions = {}): Promise<Float32Array<ArrayBuffer>> {
    return this.picture.scores({ estimator: this.estimator, ...options });
  }

  /** The lowest and highest score that `draw` tells apart with these options: a `scale` for other maps. */
  range(options: PictureOptions = {}): Promise<Range> {
    return this.picture.range({ estimator: this.estimator, ...options });
  }

  /** Frees the map's buffers on the GPU. */
  destroy(): void {
    this.picture.destroy();
    this.sums.destroy();
    // A snapshot looks at the input of the map that it was taken of.
    if (this.spread) this.tensor.destroy();
  }

  /** @internal */
  setClass(logits: Float32Array): void {
    const { target, versus } = this.sums.chosen;
    const { top, probabilities }: Classification = this.model.scores(logits, 5);
    this.top = top;
    const [first] = top as [ClassScore];
    const score = (index: number): ClassScore => ({
      index,
      label: this.model.label(index),
      logit: logits[index] as number,
      probability: probabilities[index] as number,
    });
    this.target = score(target ?? first.index);
    if (versus !== undefined) this.versus = score(versus);
  }

  /** @internal This many passes are on their way to the moments, ahead of whatever reads them. */
  count(passes: number): void {
    const samples = Math.floor(passes / this.points);
    this.samples = samples;
    this.passes = passes;
    // What comes of averaged gates is one gradient, however many samples it took.
    this.picture.samples = methodOf(this.method).procedure.gathers ? 1 : samples;
  }

  private warningsAt(size: AttributionSize): readonly string[] {
    const { competing, graph, precision } = this.model;
    const warnings = this.model.warningsBy(this.preprocess);
    const { estimator, samples, target, facts } = this;
    const [first] = this.top;
    const values: ValueFacts = {
      ...{ size, estimator, precision, samples, target, of: facts.of },
      made: methodOf(this.method).procedure.made,
      kept: graph.kept,
      flat: size.largest === 0 ? flatNodes(graph) : [],
    };
    const { layerWarning: layer } = facts;
    return warningsOf({ model: warnings, ...(first && { first }), competing, layer, values });
  }

  /** @internal Waits for the samples so far, takes their standard error, and looks for what cannot be trusted. */
  async look(
    { classify, from, began }: { classify: number; from: number; began: number },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    // All at once: each way to the device and back takes as long as a small network.
    const size = this.picture.size(this.estimator);
    const all = Promise.all([this.device.queue.onSubmittedWorkDone(), this.spread, size]);
    const [, sigma = this.sigma, found] = await whileAlive(this.device, all, signal);
    Object.assign(this, { sigma, standardError: this.errorAt(found) });
    this.warnings = this.warningsAt(found);
    const now = performance.now();
    this.times = { classify, samples: now - from, total: now - began };
  }
}

/** The root mean square of what the noise of every element is a multiple of. */
async function spreadOf(
  engine: Engine,
  channels: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { device, plan } = engine;
  const bytes = vec4s(plan.input) * 16;
  const packed = await whileAlive(device, read(device, engine.port("spread"), bytes), signal);
  const spreads = unpackChannels(new Float32Array(packed), channels);
  return Math.sqrt(spreads.reduce((sum, v) => sum + v * v, 0) / spreads.length);
}
