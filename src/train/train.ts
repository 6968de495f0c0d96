// Training as a whole: epoch after epoch of steps, with a step size that falls to 0, and what it has come to.
//
// Where a run stands is the trainer's number of steps alone: order, noise and dropout depend on it and the seed, so
// that a run that was stopped goes on as if nothing had been.

import { orderOf } from "./random.js";
import type { Batch, Totals, Trainer } from "./trainer.js";

/** A labeled data set of images of one size. */
export interface Dataset extends Batch {
  /** [C,H,W] of an image. */
  readonly shape: readonly [number, number, number];
}

/** Options of `train`. */
export interface TrainOptions {
  /** How often every image is seen. */
  readonly epochs: number;
  /** Learning rate of the first step; it falls linearly to 0. */
  readonly rate: number;
  /** Seeds the order of the images; 0 by default. */
  readonly seed?: number;
  /** Steps between two reports; 20 by default. */
  readonly every?: number;
  /** Aborts the training between two steps. */
  readonly signal?: AbortSignal;
}

/** A report of `train`: loss and accuracy since the last report. */
export interface Progress extends Totals {
  /** Steps taken so far. */
  readonly step: number;
  /** Steps of the whole training. */
  readonly steps: number;
  /** The current epoch, from 0. */
  readonly epoch: number;
}

/** Steps that may wait for the device. */
const IN_FLIGHT = 4;

/**
 * Trains to the end, from wherever the trainer stands, and yields a report every few steps. Throws where the data set is
 * smaller than a batch.
 */
export async function* train(
  trainer: Trainer,
  data: Dataset,
  { epochs, rate, seed = 0, every = 20, signal }: TrainOptions,
): AsyncGenerator<Progress> {
  const count = data.labels.length;
  const stepsOfEpoch = Math.floor(count / trainer.batch);
  if (stepsOfEpoch === 0) {
    throw new Error(`${count} images are fewer than the ${trainer.batch} of one batch`);
  }
  const steps = epochs * stepsOfEpoch;
  for (let epoch = Math.floor(trainer.step / stepsOfEpoch); epoch < epochs; epoch++) {
    const order = orderOf(count, seed, epoch);
    while (trainer.step < (epoch + 1) * stepsOfEpoch) {
      signal?.throwIfAborted();
      const first = (trainer.step % stepsOfEpoch) * trainer.batch;
      const batch = take(data, order.subarray(first, first + trainer.batch));
      trainer.learn(batch, rate * (1 - trainer.step / steps));
      if (trainer.step % IN_FLIGHT === 0) await trainer.done();
      if (trainer.step % every === 0 || trainer.step === steps) {
        yield { ...(await trainer.totals()), step: trainer.step, steps, epoch };
      }
    }
  }
}

/** Loss and accuracy on a data set, usually one held out of training; `tick` hears how many images are done. */
export async function evaluate(
  trainer: Trainer,
  data: Dataset,
  tick?: (done: number) => unknown,
): Promise<Totals> {
  await trainer.totals();
  const count = data.labels.length;
  for (let first = 0; first < count; first += trainer.batch) {
    const last = Math.min(first + trainer.batch, count);
    const indices = Uint32Array.from({ length: last - first }, (_, i) => first + i);
    trainer.evaluate(take(data, indices));
    await trainer.done();
    await tick?.(last);
  }
  return trainer.totals();
}

/** Some images of a data set, in this order. */
export function take({ pixels, labels, shape }: Dataset, indices: Uint32Array): Batch {
  const size = shape.reduce((product, n) => product * n, 1);
  const taken = new Uint8Array(indices.length * size);
  indices.forEach((index, i) => {
    taken.set(pixels.subarray(index * size, (index + 1) * size), i * size);
  });
  return { pixels: taken, labels: Uint8Array.from(indices, (index) => labels[index] as number) };
}
