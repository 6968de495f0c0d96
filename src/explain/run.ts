// The loop that makes maps.
//   M̂_c(x) = 1/n Σ_i ∂S_c/∂x (x + N(0, σ²)),   σ = noise · (max x − min x)     (Smilkov et al. 2017)
//
// All n noisy samples go through the network in the largest batches that fit in memory and, for a series, in the time of a
// step: forward once for all classes, backward for each of them. The moments of their gradients stay on the GPU, where a map
// looks at them. A sample takes several passes where the method follows a path or hides windows.

import { whileAlive } from "../gpu/device.js";
import { Submits } from "../gpu/submits.js";
import type { ImageSource, InputTensor } from "../image/image.js";
import { methodOf } from "../methods/methods.js";
import { type Engine, playClean, readLogits } from "../model/engine.js";
import type { Model } from "../model/model.js";
import { Accumulator, chooseClasses } from "./accumulator.js";
import { allOrNone } from "./all-or-none.js";
import { type CommonBatch, prepare } from "./batch.js";
import { SensitivityMap } from "./map.js";
import { startPace } from "./pace.js";
import { planOptions } from "./plan-options.js";
import type { Settings } from "./settings.js";

const LEAST_TO_STOP = 8; // fewer samples do not know their own error

/**
 * Makes the maps of an image, one for each class of the settings, in about `parts` steps. Each yields the same map objects,
 * updated in place; while they are looked at, others may use the model.
 */
export async function* run(
  model: Model,
  image: ImageSource,
  settings: Settings,
  parts: number,
): AsyncGenerator<SensitivityMap[], void, undefined> {
  const began = performance.now();
  const { device, plans } = model;
  const signal = plans.endedOr(settings.signal);
  const options = { ...settings, signal };
  signal.throwIfAborted();
  const classes = options.targets.map((target) => chooseClasses(model, target, options.versus));
  const plan = planOptions(model, options);
  const perSample = methodOf(options.method).procedure.passes(options, model.input);
  const { points } = perSample;
  const passes = options.samples * points;
  // All passes of a batch see the same weights.
  const together = options.weightNoise > 0 ? options.inputs * points : passes;
  const batch = Math.min(options.batch ?? Math.ceil(passes / parts), together);
  const tensors = await allOrNone(classes.map(() => model.tensor(image, options.preprocess)));
  const [tensor] = tensors as [InputTensor];
  let maps: SensitivityMap[] = [];
  let isSeen = false;
  let release = () => {};
  try {
    release = await plans.takeTurn(signal);
    let { turns } = plans;
    let engine = await plans.engine(plan, batch, options.maxMemory);
    const setting = await prepare(engine, tensor, options, perSample);
    const submits = new Submits(device, options);
    await playClean(submits, engine, tensor, setting.scale);
    maps = await allOrNone(
      classes.map((chosen, i) => {
        const sums = Accumulator.of(engine, chosen, options.begins);
        return SensitivityMap.of(model, engine, tensors[i] as InputTensor, sums, options, setting);
      }),
    );
    submits.label = "class";
    for (const { sums } of maps) await sums.playClass(submits, engine);
    await submits.submit();
    const classified = whileAlive(device, readLogits(engine, model.classes)).then((logits) => {
      for (const map of maps) map.setClass(logits);
    });
    classified.catch(() => {}); // nobody waits for them if the map cannot be made
    const ends = options.stepsAt.map((samples) => samples * points);
    const pace = startPace({ stepTime: options.stepTime, ends, capacity: engine.capacity });
    const sampling = performance.now();
    for (let first = 0; first < passes; ) {
      signal.throwIfAborted();
      const count = Math.min(pace.next(first), together - (first % together), passes - first);
      const stepping = performance.now();
      await playPasses(submits, engine, maps, setting, { first, count });
      await whileAlive(device, classified, signal);
      first += count;
      if (options.stepTime !== undefined) {
        await whileAlive(device, device.queue.onSubmittedWorkDone(), signal);
        pace.took(count, performance.now() - stepping);
      }
      if (first < points) continue;
      const times = { classify: sampling - began, from: sampling, began };
      await Promise.all(maps.map((map) => map.look(times, signal)));
      const isSure = maps.every(({ standardError }) => standardError <= options.tolerance);
      if ((isSure && first >= LEAST_TO_STOP * points) || first === passes) {
        for (const map of perSample.start ? maps : []) {
          const { completenessOf } = await import("./completeness.js");
          map.completeness = await completenessOf(map, model, engine, setting, perSample, options);
        }
        first = passes;
      }
      isSeen = true;
      const [{ sums }] = maps as [SensitivityMap];
      if (first < passes) await sums.leave(submits, engine);
      // Who reads the series may take long, ask the model for something else, or never come back.
      release();
      yield maps;
      if (first === passes) return;
      release = await plans.takeTurn(signal);
      const isUntouched = plans.turns === turns + 1;
      ({ turns } = plans);
      if (isUntouched) continue;
      engine = await plans.engine(plan, batch, options.maxMemory);
      await prepare(engine, tensor, options, perSample);
      await sums.resume(submits, engine, { tensor, scale: setting.scale });
    }
  } catch (error) {
    // Maps that were yielded belong to the caller.
    if (!isSeen) for (const each of [...maps, ...tensors]) each.destroy();
    throw error;
  } finally {
    release();
  }
}

/** Plays passes forward, and backward for each map, in as many batches as submits allow. */
async function playPasses(
  submits: Submits,
  engine: Engine,
  maps: readonly SensitivityMap[],
  setting: CommonBatch,
  { first, count }: { first: number; count: number },
): Promise<void> {
  const takesTurns = maps.length > 1;
  const { gathers } = methodOf((maps[0] as SensitivityMap).method).procedure;
  const backward = async (samples: number) => {
    for (const { sums } of maps) await sums.playBackward(submits, engine, { samples, takesTurns });
  };
  for (let done = 0, samples = 0; done < count; done += samples) {
    samples = Math.min(engine.fitting(submits), count - done);
    submits.label = `passes from ${first + done}`;
    engine.setBatch({ ...setting, samples, first: first + done });
    await engine.play(submits, ["forward"], samples);
    if (!gathers) await backward(samples);
    await submits.submit();
    if (!gathers) for (const map of maps) map.count(first + done + samples);
  }
  if (!gathers) return;
  // One backward pass through the mean gates of all samples so far.
  submits.label = "averages";
  engine.setBatch({ ...setting, samples: 1, first: 0 });
  await backward(1);
  await submits.submit();
  for (const map of maps) map.count(first + count);
}
