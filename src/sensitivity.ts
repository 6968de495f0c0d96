// The paper: the gradient of a class's logit with respect to the input, averaged over noisy copies of it.
//
//   M̂_c(x) = 1/n Σ_i ∂S_c/∂x (x + N(0, σ²)),   σ = noise · (max x − min x)     (Smilkov et al. 2017)
//
// The samples go through the network in as few batches as memory allows. Their moments stay on the GPU; a map
// is a view of them, which can be painted at any time.

import { boundsOf, makeBaseline, valuesOf } from "./baseline.js";
import { unpackChannels } from "./channels.js";
import { adapterName, whileAlive } from "./device.js";
import type { Batch, Engine } from "./engine.js";
import type { Estimator } from "./estimate.js";
import { read } from "./gpu.js";
import type { ImageSource, InputTensor } from "./image.js";
import { quads, vec4s } from "./layout.js";
import { methodOf } from "./methods.js";
import {
  type Classification,
  type ClassScore,
  encodeClean,
  type Model,
  readLogits,
} from "./model.js";
import { createPicture, type Picture, type PictureOptions } from "./picture.js";
import { MOMENTS, type PlanOptions } from "./plan.js";
import { colorRange, resolvePreprocess } from "./preprocess.js";
import { quantileOfSize, type SensitivityOptions, type Settings, settle } from "./settings.js";

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

/** How well the attributions of a path add up: Σ a should be what the target gained on the way. */
export interface Completeness {
  readonly sum: number;
  /** The target at the image (the mean over the noisy samples) minus the target at the baseline. */
  readonly gain: number;
  /** sum − gain. */
  readonly gap: number;
}

/** The sensitivity map of an image. */
export async function sensitivity(
  model: Model,
  image: ImageSource,
  options: SensitivityOptions = {},
): Promise<SensitivityMap> {
  let map: SensitivityMap | undefined;
  const settings = settle(options);
  // Whoever may stop early must look up from time to time.
  const parts = settings.tolerance > 0 ? 10 : 1;
  for await (const step of run(model, image, settings, parts)) map = step;
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
  return run(model, image, settle(options), 10);
}

// Fewer samples than these do not know their own error.
const LEAST_TO_STOP = 8;

async function* run(
  model: Model,
  image: ImageSource,
  options: Settings,
  parts: number,
): AsyncGenerator<SensitivityMap, void, undefined> {
  const began = performance.now();
  const { device } = model;
  options.signal?.throwIfAborted();
  const chosen = chooseClasses(model, options);
  const tensor = await model.tensor(image, options.preprocess);
  const release = await takeTurn(model);
  let map: SensitivityMap | undefined;
  try {
    const points = options.nodes.length;
    const passes = options.samples * points;
    const batch = Math.min(options.batch ?? Math.ceil(passes / parts), passes);
    const { maxMemory, tolerance } = options;
    const engine = await model.engine(planOptions(model, options), batch, maxMemory);
    const setting = await prepare(engine, tensor, options);
    const logits = classifyOn(engine, tensor, chosen, options.of, setting.scale, model.classes);
    // If the map cannot be made, nobody waits for them.
    logits.catch(() => {});
    map = await SensitivityMap.create(model, engine, tensor, options, setting);
    const classified = whileAlive(device, logits).then((values) => map?.setClass(values, chosen));
    classified.catch(() => {});
    const sampling = performance.now();
    for (let first = 0; first < passes; ) {
      options.signal?.throwIfAborted();
      const count = Math.min(engine.capacity, passes - first);
      engine.setBatch({ ...setting, samples: count, first });
      const encoder = device.createCommandEncoder({ label: `passes from ${first}` });
      engine.encode(encoder, ["forward", "backward"], count);
      map.encodeCopy(encoder, engine);
      device.queue.submit([encoder.finish()]);
      await classified;
      first += count;
      const samples = Math.floor(first / points);
      if (samples === 0) continue;
      await map.settle(samples, { classify: sampling - began, from: sampling, began });
      const isSure = samples >= LEAST_TO_STOP && map.standardError <= tolerance;
      if (isSure || first === passes) {
        if (options.path === 1 && points > 1) {
          map.completeness = await completenessOf(map, engine, setting, options.of);
        }
        first = passes;
      }
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

/** What the plan of a method must be told: the layer of an activation map, the box of the z-box rule. */
function planOptions(
  model: Model,
  { method, baselines, layer, box, preprocess }: Settings,
): PlanOptions {
  const plain = { method, baselines: baselines.length };
  const { cam, first } = methodOf(method);
  if (cam) return { ...plain, ...(layer !== undefined && { layer }) };
  if (first !== "z-box") return plain;
  const { channels } = model.input;
  const colors = resolvePreprocess(preprocess ?? model.preprocess, channels);
  return { ...plain, box: box ?? colorRange(colors, channels) };
}

/** The classes that were asked for; the target is undefined where it is the first of the image. */
interface Chosen {
  readonly target: number | undefined;
  readonly versus: number | undefined;
}

function chooseClasses(model: Model, { target, versus }: Settings): Chosen {
  const chosen = model.classIndex(target);
  if (versus === undefined) return { target: chosen, versus: undefined };
  const other = model.classIndex(versus);
  if (other === undefined) throw new Error('versus must be a class, got "top1"');
  if (other === chosen) throw new Error(`target and versus are both class ${other}`);
  return { target: chosen, versus: other };
}

const SCALES = { range: 0, rgb: 1, adaptive: 2, absolute: 3 } as const;

type Setting = Omit<Required<Batch>, "samples" | "first">;

/** Puts baselines and nodes where the passes will read them; what all batches have in common. */
async function prepare(
  engine: Engine,
  tensor: InputTensor,
  { samples, noise, noiseScale, baselines, nodes, path, seed, antithetic, cleanLast }: Settings,
): Promise<Setting> {
  const { device, plan } = engine;
  const C4 = quads(plan.input);
  let fromNoise = false;
  const table = new Float32Array(8 * C4 + 4 * nodes.length);
  nodes.forEach((node, i) => {
    table.set(node, 8 * C4 + 4 * i);
  });
  const isPlain = baselines.length === 1 && baselines[0] === "zero";
  if (isPlain) {
    const zeros = new Float32Array(vec4s(plan.input) * 4);
    device.queue.writeBuffer(engine.port("baselines"), 0, zeros);
  }
  if (!isPlain || noiseScale === "rgb" || noiseScale === "adaptive") {
    const values = await whileAlive(device, valuesOf(device, tensor));
    const bounds = boundsOf(values, tensor);
    table.set(bounds.low);
    table.set(bounds.high, 4 * C4);
    baselines.forEach((baseline, i) => {
      const made = makeBaseline(baseline, values, bounds, tensor);
      if (!made) fromNoise = true;
      else {
        const place = i * vec4s(plan.input) * 16;
        device.queue.writeBuffer(engine.port("baselines"), place, made as BufferSource);
      }
    });
  }
  device.queue.writeBuffer(engine.port("table"), 0, table);
  return {
    seed,
    stream: 0,
    // AdaptGrad: P(|z| < distance / σ) = c.
    noise: noiseScale === "adaptive" ? 1 / quantileOfSize(noise) : noise,
    scale: SCALES[noiseScale],
    antithetic,
    points: nodes.length,
    path,
    baselines: fromNoise ? 0 : baselines.length,
    clean: cleanLast ? samples : 0,
  };
}

/** Two more kinds of forward passes: of the noisy samples themselves, and of the baseline. */
async function completenessOf(
  map: SensitivityMap,
  engine: Engine,
  setting: Setting,
  of: number,
): Promise<Completeness> {
  const targets = async (batch: Pick<Batch, "samples" | "first" | "path">) => {
    const encoder = engine.device.createCommandEncoder({ label: "completeness" });
    engine.setBatch({ ...setting, points: 1, ...batch });
    engine.encode(encoder, ["forward"], batch.samples);
    engine.device.queue.submit([encoder.finish()]);
    const logits = await whileAlive(engine.device, map.logitsOf(engine, batch.samples));
    return logits.reduce((sum, each) => sum + map.scoreOf(each, of), 0);
  };
  let at = 0;
  for (let first = 0; first < map.samples; first += engine.capacity) {
    const samples = Math.min(engine.capacity, map.samples - first);
    at += await targets({ samples, first, path: 0 });
  }
  const { device } = engine;
  const start = 8 * quads(engine.plan.input) * 4;
  device.queue.writeBuffer(engine.port("table"), start, new Float32Array([0, 1]));
  const gain = at / map.samples - (await targets({ samples: 1, first: 0, path: 1 }));
  const sum = (await map.data("mean")).reduce((a, b) => a + b, 0);
  return { sum, gain, gap: sum - gain };
}

/** Resolves when the model's engines are free, with what makes them free again. */
function takeTurn(model: Model): Promise<() => void> {
  return new Promise((resolve) => {
    model.alone(() => new Promise<void>((release) => resolve(release)));
  });
}

const NO_CLASS = 0xffffffff;

/** Submits the forward pass of the clean image, fixes the target on the GPU, and reads the logits back. */
async function classifyOn(
  engine: Engine,
  tensor: InputTensor,
  { target, versus }: Chosen,
  of: number,
  scale: number,
  classes: number,
): Promise<Float32Array> {
  const encoder = engine.device.createCommandEncoder({ label: "class" });
  const words = new Uint32Array([target ?? 0, versus ?? NO_CLASS, of]);
  engine.device.queue.writeBuffer(engine.port("target"), 0, words);
  encodeClean(encoder, engine, tensor, scale);
  if (target === undefined) engine.encode(encoder, ["classify"], 1);
  engine.device.queue.submit([encoder.finish()]);
  return readLogits(engine, classes);
}

/** A sensitivity map on the GPU. Made by `sensitivity`. */
export class SensitivityMap {
  /** The class that is explained, and the one that it is held against. */
  target!: ClassScore;
  versus: ClassScore | undefined;
  /** The five most probable classes. */
  top: readonly ClassScore[] = [];
  /** Samples so far. */
  samples = 0;
  /** ‖standard error‖₂ / ‖map‖₂ of the estimator that was asked for; Infinity for one sample. */
  standardError = Number.POSITIVE_INFINITY;
  /** Of "integrated-gradients", when all samples are done. */
  completeness: Completeness | undefined;
  /** Standard deviation of the noise in the units of the input; its root mean square where elements differ. */
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
    /** @internal */
    readonly tensor: InputTensor,
    private readonly moments: GPUBuffer,
    /** @internal */
    readonly picture: Picture,
    engine: Engine,
    options: Settings,
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
    options: Settings,
    { noise, antithetic }: Setting,
  ): Promise<SensitivityMap> {
    const { device } = engine;
    const spreads = unpackChannels(
      new Float32Array(
        await whileAlive(
          device,
          read(device, engine.port("spread"), vec4s(engine.plan.input) * 16),
        ),
      ),
      tensor.channels,
    );
    const square = spreads.reduce((sum, v) => sum + v * v, 0) / spreads.length;
    const moments = device.createBuffer({
      label: "moments of a map",
      size: MOMENTS * vec4s(engine.plan.input) * 16,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    const picture = await createPicture(device, { moments, samples: 0, input: tensor, antithetic });
    const sigma = noise * Math.sqrt(square);
    return new SensitivityMap(model, tensor, moments, picture, engine, options, sigma);
  }

  /** @internal */
  get device(): GPUDevice {
    return this.model.device;
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

  /** The score of every pixel that `draw` paints with these options, [H,W]. */
  scores(options: PictureOptions = {}): Promise<Float32Array<ArrayBuffer>> {
    return this.picture.scores({ estimator: this.estimator, ...options });
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
  setClass(logits: Float32Array, { target, versus }: Chosen): void {
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

  /** @internal The logits of each sample of the last forward pass. */
  async logitsOf(engine: Engine, samples: number): Promise<Float32Array[]> {
    const { classes } = this.model;
    const logits = await readLogits(engine, classes, samples);
    return Array.from({ length: samples }, (_, i) =>
      logits.subarray(i * classes, (i + 1) * classes),
    );
  }

  /** @internal What is explained, as it is at these logits. */
  scoreOf(logits: Float32Array, of: number): number {
    const { probabilities } = this.model.scores(logits, 1);
    const score = ({ index }: ClassScore) => {
      const p = probabilities[index] as number;
      return [logits[index] as number, p, Math.log(p)][of] as number;
    };
    return score(this.target) - (this.versus ? score(this.versus) : 0);
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
