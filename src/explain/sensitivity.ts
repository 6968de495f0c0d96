// The paper: the gradient of a class's logit with respect to the input, averaged over noisy copies of it.
//
//   M̂_c(x) = 1/n Σ_i ∂S_c/∂x (x + N(0, σ²)),   σ = noise · (max x − min x)     (Smilkov et al. 2017)
//
// The samples go through the network in as few batches as memory allows; the map is a view of
// their moments (map.ts).

import { whileAlive } from "../gpu/device.js";
import { type Batch, type Engine, playClean, readLogits } from "../gpu/engine.js";
import { Submits } from "../gpu/submits.js";
import type { ImageSource, InputTensor } from "../image/image.js";
import { colorRange } from "../image/preprocess.js";
import { methodOf } from "../methods/methods.js";
import type { Model } from "../model/model.js";
import type { PlanOptions } from "../plan/plan.js";
import { quads, vec4s } from "../tensor/layout.js";
import { boundsOf, makeBaseline, valuesOf } from "./baseline.js";
import { type Chosen, type Completeness, NO_CLASS, SensitivityMap } from "./map.js";
import { startPace } from "./pace.js";
import { type Passes, passesOf } from "./passes.js";
import {
  quantileOfSize,
  type SensitivityOptions,
  type Settings,
  scalars,
  settle,
} from "./settings.js";

/** The sensitivity map of an image. */
export async function sensitivity(
  model: Model,
  image: ImageSource,
  options: SensitivityOptions = {},
): Promise<SensitivityMap> {
  const settings = settle(options);
  const [map] = await last(run(model, image, settings, [settings.target], partsOf(settings)));
  return map as SensitivityMap;
}

/** What is asked where the classes are given apart. */
export type ClassesOptions = Omit<SensitivityOptions, "target">;

/**
 * The maps of several classes of an image, in the order of `targets`, from the same noisy copies: a forward pass
 * serves them all.
 */
export function sensitivityOfClasses(
  model: Model,
  image: ImageSource,
  targets: readonly (number | string)[],
  options: ClassesOptions = {},
): Promise<SensitivityMap[]> {
  const settings = settle(options);
  return last(run(model, image, settings, targets, partsOf(settings)));
}

/** Whoever may stop early must look up from time to time. */
const partsOf = ({ tolerance }: Settings): number => (tolerance > 0 ? 10 : 1);

async function last(series: AsyncIterable<SensitivityMap[]>): Promise<SensitivityMap[]> {
  let maps: SensitivityMap[] = [];
  try {
    for await (const step of series) maps = step;
  } catch (error) {
    for (const map of maps) map.destroy();
    throw error;
  }
  return maps;
}

/**
 * The same as a series: every step is the map of the samples so far, always the same object. Unless `batch`
 * is given there are about ten steps. Leaving the loop early keeps the map as it is then, and so does an abort.
 */
export function sensitivities(
  model: Model,
  image: ImageSource,
  options: SensitivityOptions = {},
): AsyncGenerator<SensitivityMap, void, undefined> {
  const settings = settle(options);
  return firstOf(run(model, image, settings, [settings.target], 10));
}

/** The same as a series for several classes: every step is the list of their maps. */
export function sensitivitiesOfClasses(
  model: Model,
  image: ImageSource,
  targets: readonly (number | string)[],
  options: ClassesOptions = {},
): AsyncGenerator<SensitivityMap[], void, undefined> {
  return run(model, image, settle(options), targets, 10);
}

async function* firstOf(series: AsyncIterable<SensitivityMap[]>) {
  for await (const [map] of series) yield map as SensitivityMap;
}

// Fewer samples than these do not know their own error.
const LEAST_TO_STOP = 8;

async function* run(
  model: Model,
  image: ImageSource,
  { signal: given, ...asked }: Settings,
  targets: readonly (number | string)[],
  parts: number,
): AsyncGenerator<SensitivityMap[], void, undefined> {
  const began = performance.now();
  const { device } = model;
  const signal = model.plans.endedOr(given);
  const options = { ...asked, signal };
  signal.throwIfAborted();
  if (targets.length === 0) throw new Error("there is no class to explain");
  const chosen = targets.map((target) => chooseClasses(model, target, options.versus));
  const takesTurns = chosen.length > 1;
  if (takesTurns && options.singleDispatch) {
    throw new Error("a single dispatch makes the map of one class: leave singleDispatch out");
  }
  const perSample = passesOf(options, model.input);
  const { points } = perSample;
  const { averages } = methodOf(options.method);
  const passes = options.samples * points;
  // All passes of a batch see the same weights.
  const together = options.weightNoise > 0 ? options.inputs * points : passes;
  const batch = Math.min(options.batch ?? Math.ceil(passes / parts), together);
  const { maxMemory, tolerance, stepTime, stepsAt } = options;
  const plan = { ...planOptions(model, options), ...(takesTurns && { several: true }) };
  const tensors = await allOrNone(chosen.map(() => model.tensor(image, options.preprocess)));
  const [tensor] = tensors as [InputTensor];
  let maps: SensitivityMap[] = [];
  let isSeen = false;
  let release = () => {};
  try {
    release = await model.plans.takeTurn(signal);
    let { turns } = model.plans;
    let engine = await model.plans.engine(plan, batch, maxMemory);
    const setting = await prepare(engine, tensor, options, perSample);
    const submits = new Submits(device, options);
    await playClean(submits, engine, tensor, setting.scale);
    maps = await allOrNone(
      chosen.map((each, i) =>
        SensitivityMap.create(model, engine, tensors[i] as InputTensor, options, setting, each),
      ),
    );
    const [leader] = maps as [SensitivityMap];
    submits.label = "class";
    for (const map of maps) await map.playClass(submits, engine);
    await submits.submit();
    const classified = classify(engine, maps, model.classes);
    // If the map cannot be made, nobody waits for them.
    classified.catch(() => {});
    const ends = stepsAt.map((samples) => samples * points);
    const pace = startPace({ stepTime, ends, capacity: engine.capacity });
    const sampling = performance.now();
    for (let first = 0; first < passes; ) {
      signal.throwIfAborted();
      const count = Math.min(pace.next(first), together - (first % together), passes - first);
      const stepping = performance.now();
      const counted = (done: number) => {
        for (const map of maps) map.count(first + done);
      };
      for (let done = 0, samples = 0; done < count; done += samples) {
        samples = Math.min(engine.fitting(submits), count - done);
        submits.label = `passes from ${first + done}`;
        engine.setBatch({ ...setting, samples, first: first + done });
        await engine.play(submits, ["forward"], samples);
        if (!averages) {
          for (const map of maps) await map.playBackward(submits, engine, { samples, takesTurns });
        }
        await submits.submit();
        if (!averages) counted(done + samples);
      }
      if (averages) {
        submits.label = "averages";
        engine.setBatch({ ...setting, samples: 1, first: 0 });
        for (const map of maps) await map.playBackward(submits, engine, { samples: 1, takesTurns });
        await submits.submit();
        counted(count);
      }
      await whileAlive(device, classified, signal);
      first += count;
      if (stepTime !== undefined) {
        await whileAlive(device, device.queue.onSubmittedWorkDone(), signal);
        pace.took(count, performance.now() - stepping);
      }
      if (first < points) continue;
      const times = { classify: sampling - began, from: sampling, began };
      await Promise.all(maps.map((map) => map.settle(times, signal)));
      const samples = Math.floor(first / points);
      const isSure = maps.every(({ standardError }) => standardError <= tolerance);
      if ((isSure && samples >= LEAST_TO_STOP) || first === passes) {
        for (const map of perSample.start ? maps : []) {
          map.completeness = await completenessOf(map, engine, setting, perSample, options);
        }
        first = passes;
      }
      isSeen = true;
      if (first < passes) await leader.leave(submits, engine);
      // Whoever reads the series may take long, ask the model for something else, or never come back.
      release();
      yield maps;
      if (first === passes) return;
      release = await model.plans.takeTurn(signal);
      const isUntouched = model.plans.turns === turns + 1;
      ({ turns } = model.plans);
      if (isUntouched) continue;
      engine = await model.plans.engine(plan, batch, maxMemory);
      await prepare(engine, tensor, options, perSample);
      await leader.resume(submits, engine, setting.scale);
    }
  } catch (error) {
    // What was seen is its reader's.
    if (!isSeen) for (const each of [...maps, ...tensors]) each.destroy();
    throw error;
  } finally {
    release();
  }
}

/** Waits for all. If one of them fails, what the others made is freed. */
async function allOrNone<T extends { destroy(): void }>(making: Promise<T>[]): Promise<T[]> {
  const made = await Promise.allSettled(making);
  const failed = made.find(({ status }) => status === "rejected");
  if (!failed) return Promise.all(making);
  for (const each of made) if (each.status === "fulfilled") each.value.destroy();
  throw (failed as PromiseRejectedResult).reason;
}

/** @internal What the plan of a method must be told: the layer of an activation map, the box of the z-box rule. */
export function planOptions(
  model: Model,
  {
    method,
    baselines,
    layer,
    box,
    preprocess,
    of,
    relevance: numbers,
    noise,
    weightNoise,
    singleDispatch,
  }: Settings,
): PlanOptions {
  const { baseline, cam, first, relevance } = methodOf(method);
  if (of > 0 && model.graph.head === "unknown") {
    throw new Error(
      `the probability of the output "${model.output}" is not known, since it is one number and no Sigmoid makes it: ` +
        'explain its "logit"',
    );
  }
  const plain = {
    method,
    baselines: baselines.length,
    ...(relevance && { relevance: numbers }),
    ...(weightNoise > 0 && { noisyWeights: true }),
    ...(noise === 0 && { exact: true }),
    ...(singleDispatch !== undefined && { singleDispatch }),
  };
  if (baseline && of > 0) return { ...plain, of: scalars[of as 1 | 2] };
  if (cam) return { ...plain, ...(layer !== undefined && { layer }) };
  if (first !== "z-box") return plain;
  const { channels } = model.input;
  if (box && (box.low.length !== channels || box.high.length !== channels)) {
    throw new Error(
      `the box must have ${channels} numbers low and high, one for each channel, got ` +
        `${box.low.length} and ${box.high.length}`,
    );
  }
  return { ...plain, box: box ?? colorRange(model.resolved(preprocess), channels) };
}

function chooseClasses(
  model: Model,
  target: number | string,
  versus: number | string | undefined,
): Chosen {
  const chosen = model.classIndex(target);
  if (versus === undefined) return { target: chosen, versus: undefined };
  const other = model.classIndex(versus);
  if (other === undefined) throw new Error('versus must be a class, got "top1"');
  if (other === chosen) throw new Error(`target and versus are both class ${other}`);
  return { target: chosen, versus: other };
}

// As in sample.wgsl.
const OWN = 3;
const SCALES = { range: 0, rgb: 1, adaptive: 2, absolute: 3 } as const;

type Setting = Omit<Required<Batch>, "samples" | "first" | "forwardOnly">;

/** @internal Puts baselines and the table where the passes will read them; what all batches have in common. */
export async function prepare(
  engine: Engine,
  tensor: InputTensor,
  options: Settings,
  passes: Passes,
): Promise<Setting> {
  const { samples, noise, noiseScale, baselines, path, seed, antithetic, cleanLast } = options;
  const { weightNoise, inputs } = options;
  const { device, plan } = engine;
  const C4 = quads(plan.input);
  let fromNoise = false;
  const table = new Float32Array(8 * C4 + 4 * passes.table.length);
  passes.table.forEach((row, i) => {
    table.set(row, 8 * C4 + 4 * i);
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
    points: passes.points,
    path,
    baselines: fromNoise ? 0 : baselines.length,
    clean: cleanLast ? samples : 0,
    weightNoise,
    inputs,
    group: antithetic && inputs === 1 ? 2 : inputs,
  };
}

/** Two more kinds of forward passes: of the noisy samples themselves, and of the starts of their paths. */
async function completenessOf(
  map: SensitivityMap,
  engine: Engine,
  setting: Setting,
  { start = [] }: Passes,
  options: Settings,
): Promise<Completeness> {
  const { device } = engine;
  const submits = new Submits(device, options);
  const meanScore = async (path: number, count: number) => {
    let sum = 0;
    for (let first = 0, samples = 0; first < count; first += samples) {
      const together = setting.weightNoise > 0 ? setting.inputs : count;
      samples = Math.min(engine.fitting(submits), together - (first % together), count - first);
      submits.label = "completeness";
      engine.setBatch({ ...setting, points: 1, samples, first, path, forwardOnly: true });
      await engine.play(submits, ["forward"], samples);
      await submits.submit();
      const logits = await whileAlive(device, map.logitsOf(engine, samples));
      sum += logits.reduce((total, each) => total + map.scoreOf(each, options.of), 0);
    }
    return sum / count;
  };
  const at = await meanScore(0, map.samples);
  const row = 8 * quads(engine.plan.input) * 4;
  device.queue.writeBuffer(engine.port("table"), row, new Float32Array(start));
  // A straight path begins at the baseline, which the same weights see alike; a path of blurs at the blurred sample.
  const isSame = setting.path !== OWN && setting.weightNoise === 0;
  const gain = at - (await meanScore(setting.path, isSame ? 1 : map.samples));
  const sum = (await map.data("mean")).reduce((a, b) => a + b, 0);
  return { sum, gain, gap: sum - gain };
}

/** Tells the maps what the forward pass of the clean image found. */
async function classify(
  engine: Engine,
  maps: readonly SensitivityMap[],
  classes: number,
): Promise<void> {
  const { device } = engine;
  const logits = await whileAlive(device, readLogits(engine, classes));
  for (const map of maps) map.setClass(logits);
}

/** @internal After the forward pass of the clean image: fixes the class, the first one where none is given. */
export async function playClass(
  submits: Submits,
  engine: Engine,
  target: number | undefined,
): Promise<void> {
  const words = new Uint32Array([target ?? 0, NO_CLASS, 0]);
  engine.device.queue.writeBuffer(engine.port("target"), 0, words);
  if (target === undefined) await engine.play(submits, ["classify"], 1);
  await submits.submit();
}
