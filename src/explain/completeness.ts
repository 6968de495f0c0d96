// Whether the attributions of a path add up: Σ a should be what the target gained on the way (Sundararajan et al. 2017,
// proposition 1).

import { whileAlive } from "../gpu/device.js";
import { Submits } from "../gpu/submits.js";
import type { Passes } from "../methods/procedure.js";
import { PATH } from "../model/batch.js";
import { type Engine, readLogits } from "../model/engine.js";
import type { Model } from "../model/model.js";
import { scoreOf } from "../plan/scores.js";
import { quads } from "../tensor/layout.js";
import type { CommonBatch } from "./batch.js";
import type { Completeness, SensitivityMap } from "./map.js";
import type { Settings } from "./settings.js";

/** Two more kinds of forward passes: of the noisy samples themselves, and of the starts of their paths. */
export async function completenessOf(
  map: SensitivityMap,
  { graph: { head }, classes }: Model,
  engine: Engine,
  setting: CommonBatch,
  { start = [] }: Passes,
  options: Settings,
): Promise<Completeness> {
  const { device } = engine;
  const { target, versus } = map;
  const score = (logits: Float32Array) => {
    const [a, b = 0] = [target, versus].map(
      (each) => each && scoreOf(head, logits, each.index, options.of),
    );
    return (a as number) - b;
  };
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
      const logits = await whileAlive(device, readLogits(engine, classes, samples));
      for (let i = 0; i < samples; i++) {
        sum += score(logits.subarray(i * classes, (i + 1) * classes));
      }
    }
    return sum / count;
  };
  const at = await meanScore(PATH.none, map.samples);
  const row = 8 * quads(engine.plan.input) * 4;
  device.queue.writeBuffer(engine.port("table"), row, new Float32Array(start));
  // A straight path begins at the baseline, which the same weights see alike; a path of blurs at the blurred sample.
  const isSame = setting.path !== PATH.own && setting.weightNoise === 0;
  const gain = at - (await meanScore(setting.path, isSame ? 1 : map.samples));
  const sum = (await map.data("mean")).reduce((a, b) => a + b, 0);
  return { sum, gain, gap: sum - gain };
}
