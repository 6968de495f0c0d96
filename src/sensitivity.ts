// The paper: the gradient of a class's logit with respect to the input, averaged over noisy copies of it.
//
//   M̂_c(x) = 1/n Σ_i ∂S_c/∂x (x + N(0, σ²)),   σ = noise · (max x − min x)     (Smilkov et al. 2017)
//
// The samples go through the network in as few batches as memory allows. Their moments stay on the GPU; a map
// is a view of them, which can be painted at any time.

import { adapterName, whileAlive } from "./device.js";
import type { Engine } from "./engine.js";
import type { Estimator } from "./estimate.js";
import { read } from "./gpu.js";
import type { ImageSource, InputTensor } from "./image.js";
import { methodOf } from "./methods.js";
import {
  type Classification,
  type ClassScore,
  DEFAULT_MEMORY,
  encodeClean,
  type Model,
  readLogits,
} from "./model.js";
import { createPicture, type Picture, type PictureOptions } from "./picture.js";
import type { Preprocess, Preset } from "./preprocess.js";

/** How a map is computed. Every default is a good picture. */
export interface SensitivityOptions {
  /** Key of the table of methods; "gradient" if not given. */
  readonly method?: string;
  /** The class to explain: its index, its label, or "top1" (default), the class of the image without noise. */
  readonly target?: number | string;
  /** How many noisy copies; 50. */
  readonly samples?: number;
  /** σ as a fraction of the range of the input; 0.15. */
  readonly noise?: number;
  /** Which noise: the same seed gives the same bits on one adapter. 0. */
  readonly seed?: number;
  /** Which statistic of the samples is the map; "mean". All can be drawn from one run. */
  readonly estimator?: Estimator;
  /** How the photo becomes the input, if not as the model was loaded with. */
  readonly preprocess?: Preset | Preprocess;
  /** Bytes of GPU memory that the passes may take; 1 GiB. */
  readonly maxMemory?: number;
  /** Most samples in a batch, where fewer than memory allows are wanted, for progress. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
}

/** What a map took. */
export interface MapMemory {
  /** Bytes of all buffers while it was computed, and the samples that went through together. */
  readonly peak: number;
  readonly batch: number;
  /** Bytes the batch would have taken had every activation been kept. */
  readonly unshared: number;
}

/** Milliseconds. */
export interface MapTimes {
  /** Picture to tensor, and the forward pass that finds the class. */
  readonly classify: number;
  /** All batches. */
  readonly samples: number;
  readonly total: number;
}

const MAX_SAMPLES = 1e6;

interface Settled extends Required<Omit<SensitivityOptions, "preprocess" | "signal" | "batch">> {
  readonly preprocess: Preset | Preprocess | undefined;
  readonly signal: AbortSignal | undefined;
  readonly batch: number;
}

function settle(options: SensitivityOptions): Settled {
  const { samples = 50, noise = 0.15, seed = 0, maxMemory = DEFAULT_MEMORY } = options;
  const batch = options.batch ?? samples;
  const check = (name: string, value: number, low: number, high: number, whole: boolean) => {
    if (
      typeof value !== "number" ||
      !(value >= low && value <= high) ||
      (whole && !Number.isInteger(value))
    ) {
      throw new Error(
        `${name} must be ${whole ? "a whole number" : "a number"} from ${low} to ${high}, got ${value}`,
      );
    }
  };
  check("samples", samples, 1, MAX_SAMPLES, true);
  check("batch", batch, 1, MAX_SAMPLES, true);
  check("noise", noise, 0, 10, false);
  check("seed", seed, 0, 2 ** 32 - 1, true);
  check("maxMemory", maxMemory, 1, Number.MAX_SAFE_INTEGER, false);
  const { method = "gradient", target = "top1", estimator = "mean", preprocess, signal } = options;
  methodOf(method);
  return { method, target, samples, noise, seed, estimator, preprocess, maxMemory, batch, signal };
}

/** The sensitivity map of an image. */
export async function sensitivity(
  model: Model,
  image: ImageSource,
  options: SensitivityOptions = {},
): Promise<SensitivityMap> {
  let map: SensitivityMap | undefined;
  for await (const step of run(model, image, settle(options))) map = step;
  return map as SensitivityMap;
}

/**
 * The same as a series: every step is the map of the samples so far, always the same object. Unless `batch`
 * is given there are about ten steps. Leaving the loop early keeps the map as it is then.
 */
export function sensitivities(
  model: Model,
  image: ImageSource,
  options: SensitivityOptions = {},
): AsyncGenerator<SensitivityMap, void, undefined> {
  const settled = settle(options);
  return run(model, image, { ...settled, batch: options.batch ?? Math.ceil(settled.samples / 10) });
}

async function* run(
  model: Model,
  image: ImageSource,
  options: Settled,
): AsyncGenerator<SensitivityMap, void, undefined> {
  const began = performance.now();
  const { device } = model;
  options.signal?.throwIfAborted();
  const chosen = model.classIndex(options.target);
  const tensor = await model.tensor(image, options.preprocess);
  const release = await takeTurn(model);
  let map: SensitivityMap | undefined;
  try {
    const engine = await model.engine(
      options.method,
      Math.min(options.batch, options.samples),
      options.maxMemory,
    );
    const logits = classifyOn(engine, tensor, chosen, model.classes);
    // If the map cannot be made, nobody waits for them.
    logits.catch(() => {});
    map = await SensitivityMap.create(model, engine, tensor, options);
    const classified = whileAlive(device, logits).then((values) => map?.setClass(values, chosen));
    classified.catch(() => {});
    const sampling = performance.now();
    for (let first = 0; first < options.samples; ) {
      options.signal?.throwIfAborted();
      const samples = Math.min(engine.capacity, options.samples - first);
      engine.setBatch({ samples, first, seed: options.seed, stream: 0, noise: options.noise });
      const encoder = device.createCommandEncoder({ label: `samples from ${first}` });
      engine.encode(encoder, ["forward", "backward"], samples);
      map.encodeCopy(encoder, engine);
      device.queue.submit([encoder.finish()]);
      await classified;
      first += samples;
      await map.settle(first, { classify: sampling - began, from: sampling, began });
      yield map;
    }
  } catch (error) {
    if (map) map.destroy();
    else tensor.destroy();
    throw error;
  } finally {
    release();
  }
}

/** Resolves when the model's engines are free, with what makes them free again. */
function takeTurn(model: Model): Promise<() => void> {
  return new Promise((resolve) => {
    model.alone(() => new Promise<void>((release) => resolve(release)));
  });
}

/** Submits the forward pass of the clean image, fixes the target on the GPU, and reads the logits back. */
async function classifyOn(
  engine: Engine,
  tensor: InputTensor,
  chosen: number | undefined,
  classes: number,
): Promise<Float32Array> {
  const encoder = engine.device.createCommandEncoder({ label: "class" });
  encodeClean(encoder, engine, tensor);
  if (chosen === undefined) engine.encode(encoder, ["classify"], 1);
  else engine.device.queue.writeBuffer(engine.port("target"), 0, new Uint32Array([chosen]));
  engine.device.queue.submit([encoder.finish()]);
  return readLogits(engine, classes);
}

/** A sensitivity map on the GPU. Made by `sensitivity`. */
export class SensitivityMap {
  /** The class that is explained. */
  target!: ClassScore;
  /** The five most probable classes. */
  top: readonly ClassScore[] = [];
  /** Samples so far. */
  samples = 0;
  /** ‖standard error‖₂ / ‖map‖₂ of the estimator that was asked for; Infinity for one sample. */
  standardError = Number.POSITIVE_INFINITY;
  /** Standard deviation of the noise in the units of the input. */
  readonly sigma: number;
  readonly noise: number;
  readonly seed: number;
  readonly method: string;
  readonly estimator: Estimator;
  /** [C,H,W]. */
  readonly shape: readonly [number, number, number];
  readonly adapter: string;
  readonly memory: MapMemory;
  times: MapTimes = { classify: 0, samples: 0, total: 0 };

  private constructor(
    private readonly model: Model,
    private readonly tensor: InputTensor,
    private readonly moments: GPUBuffer,
    private readonly picture: Picture,
    engine: Engine,
    options: Settled,
    sigma: number,
  ) {
    const { fixed, perSample, unshared } = engine.plan.memory;
    this.sigma = sigma;
    this.noise = options.noise;
    this.seed = options.seed;
    this.method = options.method;
    this.estimator = options.estimator;
    this.shape = [tensor.channels, tensor.height, tensor.width];
    this.adapter = adapterName(engine.device);
    this.memory = {
      peak: fixed + perSample * engine.capacity,
      batch: engine.capacity,
      unshared: fixed + unshared * engine.capacity,
    };
  }

  /** @internal */
  static async create(
    model: Model,
    engine: Engine,
    tensor: InputTensor,
    options: Settled,
  ): Promise<SensitivityMap> {
    const { device } = engine;
    const [low = 0, high = 0] = new Float32Array(
      await whileAlive(device, read(device, engine.port("range"), 8)),
    );
    const moments = device.createBuffer({
      label: "moments of a map",
      size: engine.port("moments").size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    const picture = await createPicture(device, { moments, samples: 0, input: tensor });
    return new SensitivityMap(
      model,
      tensor,
      moments,
      picture,
      engine,
      options,
      options.noise * (high - low),
    );
  }

  /** Paints the map over a canvas. Repeating it with other options runs nothing but a few small kernels. */
  draw(canvas: HTMLCanvasElement | OffscreenCanvas, options: PictureOptions = {}): void {
    this.picture.draw(canvas, { estimator: this.estimator, ...options });
  }

  /** The painted map as pixels. */
  pixels(options: PictureOptions & { width?: number; height?: number } = {}): Promise<ImageData> {
    return this.picture.pixels({ estimator: this.estimator, ...options });
  }

  /** The attribution of every input element, row-major [C,H,W]. */
  data(estimator: Estimator = this.estimator): Promise<Float32Array<ArrayBuffer>> {
    return this.picture.attribution(estimator);
  }

  /** Lowest and highest value that `draw` paints with these options: a `scale` for other maps. */
  range(options: PictureOptions = {}): Promise<{ low: number; high: number }> {
    return this.picture.range({ estimator: this.estimator, ...options });
  }

  /** Frees the map's buffers. */
  destroy(): void {
    this.picture.destroy();
    this.moments.destroy();
    this.tensor.destroy();
  }

  /** @internal */
  setClass(logits: Float32Array, chosen: number | undefined): void {
    const { top, probabilities }: Classification = this.model.scores(logits, 5);
    this.top = top;
    const [first] = top as [ClassScore];
    const index = chosen ?? first.index;
    this.target = {
      index,
      label: this.model.label(index),
      logit: logits[index] as number,
      probability: probabilities[index] as number,
    };
  }

  /** @internal */
  encodeCopy(encoder: GPUCommandEncoder, engine: Engine): void {
    encoder.copyBufferToBuffer(engine.port("moments"), 0, this.moments, 0, this.moments.size);
  }

  /** @internal Waits for the samples so far and takes their standard error. */
  async settle(
    samples: number,
    { classify, from, began }: { classify: number; from: number; began: number },
  ): Promise<void> {
    await whileAlive(this.model.device, this.model.device.queue.onSubmittedWorkDone());
    this.samples = samples;
    this.picture.samples = samples;
    this.standardError = await whileAlive(
      this.model.device,
      this.picture.standardError(this.estimator),
    );
    const now = performance.now();
    this.times = { classify, samples: now - from, total: now - began };
  }
}
