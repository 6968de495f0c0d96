// What all batches of a map have in common, put where the kernels read it: the baselines, the table of points, and the words
// of run.wgsl.

import { whileAlive } from "../gpu/device.js";
import type { InputTensor } from "../image/image.js";
import type { Passes } from "../methods/procedure.js";
import { type Batch, PATH, SCALE } from "../model/batch.js";
import type { Engine } from "../model/engine.js";
import { quads, vec4s } from "../tensor/layout.js";
import type { Settings } from "./settings.js";

/** What all batches of a map have in common. */
export type CommonBatch = Omit<Required<Batch>, "samples" | "first" | "forwardOnly">;

/** Puts the baselines and the table where the passes will read them; gives what all batches have in common. */
export async function prepare(
  engine: Engine,
  tensor: InputTensor,
  options: Settings,
  passes: Passes,
): Promise<CommonBatch> {
  const { samples, noise, noiseScale, baselines, path, seed, antithetic, cleanLast } = options;
  const { weightNoise, inputs } = options;
  const { device, plan } = engine;
  // AdaptGrad: P(|z| < distance / σ) = c.
  const level =
    noiseScale === "adaptive" ? 1 / (await import("./quantile.js")).quantileOfSize(noise) : noise;
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
    const { boundsOf, makeBaseline, valuesOf } = await import("./baseline.js");
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
    noise: level,
    scale: SCALE[noiseScale],
    antithetic,
    points: passes.points,
    path: PATH[path],
    baselines: fromNoise ? 0 : baselines.length,
    clean: cleanLast ? samples : 0,
    weightNoise,
    inputs,
    group: antithetic && inputs === 1 ? 2 : inputs,
  };
}
