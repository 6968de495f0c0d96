// The benchmark of training, in the page.

import { requestDevice } from "../../../src/gpu/device.js";
import { networks, Trainer } from "../../../src/train.js";
import { jax } from "./jax.js";
import type { Learner, Lesson } from "./learner.js";
import { tensorFlow } from "./tfjs.js";

const ROUNDS = 3;
const RATE = 1e-3;

export interface Row {
  readonly name: string;
  /** Median of a step. */
  readonly milliseconds: number;
  readonly images: number;
  readonly losses: readonly string[];
}

/** Measures all learners in turns; the first row is ours. */
export async function run(count: number): Promise<Row[]> {
  const network = { ...networks["mnist-small"](1), dropout: {} };
  const weights = new Map(
    [...network.model.constants].map(([name, { data, shape }]) => [
      name,
      { data: data as Float32Array, shape },
    ]),
  );
  const pixels = Uint8Array.from({ length: count * 784 }, (_, i) => ((i + 1) * 2654435761) >>> 24);
  const labels = Uint8Array.from({ length: count }, (_, n) => (n * 7) % 10);
  const lesson: Lesson = { weights, pixels, labels, rate: RATE };
  const trainer = await Trainer.create(await requestDevice(), network, { batch: count });
  const ours: Learner = {
    name: "smoothgrad",
    async step() {
      trainer.learn(lesson, RATE);
      return (await trainer.totals()).loss;
    },
  };
  const learners = [ours];
  for (const make of [tensorFlow, jax]) {
    try {
      learners.push(await make(lesson));
    } catch (error) {
      console.log(`${make.name}: ${(error as Error).message}`);
    }
  }
  const rows = new Map(learners.map((learner) => [learner, { times: [], losses: [] } as Measured]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [learner, { times, losses }] of rows) {
      const start = performance.now();
      try {
        losses.push(await learner.step());
      } catch (error) {
        console.log(`${learner.name}: ${(error as Error).message}`);
        rows.delete(learner);
        continue;
      }
      // The first step compiles.
      if (round > 0) times.push(performance.now() - start);
    }
  }
  const expected = rows.get(ours)?.losses as number[];
  return [...rows].map(([{ name }, { times, losses }]) => {
    losses.forEach((loss, i) => {
      if (Math.abs(loss / (expected[i] as number) - 1) < 1e-2) return;
      throw new Error(`${name}: its loss ${i} is ${loss}, ours is ${expected[i]}`);
    });
    const middle = times.sort((a, b) => a - b)[times.length >> 1] as number;
    return { name, milliseconds: middle, images: count, losses: losses.map((l) => l.toFixed(4)) };
  });
}

interface Measured {
  readonly times: number[];
  readonly losses: number[];
}
