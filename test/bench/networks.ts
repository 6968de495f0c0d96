// Networks of known size with weights from a fixed seed: how soon the first map is there, a map as a whole, its
// memory, and every kind of kernel.
//
// GFLOP/s count a convolution as direct, two operations for a product and a sum, and stand beside what the adapter
// can do in registers. The times of kernels come from timestamps around each launch; where the device has none, they
// are not reported.

import type { SensitivityOptions } from "../../src/explain/settings.js";
import { precisionError, requestDevice, sensitivity } from "../../src/index.js";
import type { Engine } from "../../src/model/engine.js";
import { loadModel } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import { stepTimes } from "../../src/model/timing.js";
import type { Precision } from "../../src/tensor/types.js";
import { type Architecture, fullSize } from "../models/architectures/index.js";
import { randn } from "../support/randn.js";
import type { Report } from "./bench.js";
import type { Ceilings } from "./ceilings.js";
import { middle, timed } from "./timing.js";

/** The networks, and how many samples a map of each has where a processor plays the GPU. */
const NETWORKS = {
  "MNIST convnet": 50,
  "SqueezeNet 1.1": 8,
  MobileNetV2: 8,
  "ResNet-18": 4,
  "ResNet-50": 2,
  "Inception V3": 1,
} as const satisfies Partial<Record<keyof typeof fullSize, number>>;

export type NetworkName = keyof typeof NETWORKS;
export const networkNames = Object.keys(NETWORKS) as NetworkName[];

const SAMPLES = 50;
const REPEATS = 3;
const METHOD = { method: "gradient", baselines: 1 } as const;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** How many samples a map of the network has. */
export function samplesOf(name: NetworkName, isSoftware: boolean): number {
  return isSoftware ? NETWORKS[name] : SAMPLES;
}

/** An image for a network: not a picture, but of the size that pictures have after preprocessing. */
export function imageFor({ input }: Architecture): {
  data: Float32Array;
  shape: readonly number[];
} {
  const length = input.reduce((a, b) => a * b, 1);
  return { data: randn(length, 7), shape: input };
}

interface NetworkOptions {
  readonly name: NetworkName;
  readonly samples: number;
  readonly tune: boolean;
  readonly single: boolean;
  readonly precision: Precision;
}

/** Measures one network on a device of its own, on which nothing is compiled yet. */
export async function benchNetwork(
  gpu: GPU,
  { name, samples, tune, single, precision }: NetworkOptions,
  { gflops: ceiling }: Ceilings,
  report: Report,
): Promise<void> {
  const architecture = fullSize[name];
  const bytes = architecture.build();
  const image = imageFor(architecture);
  const device = await requestDevice({ gpu });
  try {
    const began = performance.now();
    const model = await loadModel(device, bytes, { precision });
    const loaded = performance.now();
    const options = { samples, target: 0, submitTime: Number.POSITIVE_INFINITY };
    (await sensitivity(model, image, { ...options, samples: 1 })).destroy();
    const first = performance.now();
    await report({
      name: `${name}: to the first map`,
      milliseconds: first - began,
      note: `file to model ${(loaded - began).toFixed(0)} ms; ${megabytes(bytes.length)}`,
    });

    if (tune) {
      const milliseconds = await timed(() => model.tune({ samples, fresh: true }));
      await report({ name: `${name}: tuning`, milliseconds });
    }
    const map = await sensitivity(model, image, options);
    const { peak, batch, unshared } = map.memory;
    map.destroy();
    const times: number[] = [];
    for (let i = 0; i < REPEATS; i++) {
      times.push(await timed(async () => (await sensitivity(model, image, options)).destroy()));
    }
    const milliseconds = middle(times);
    const engine = await model.plans.engine(METHOD, batch);
    const { forward, backward } = engine.plan;
    const flops = [...forward, ...backward].reduce((sum, step) => sum + (step.flops ?? 0), 0);
    const rate = (flops * samples) / milliseconds / 1e6;
    const saved = `${megabytes(peak)} in batches of ${batch} (every activation kept: ${megabytes(unshared)})`;
    await report({ name: `${name}: map of ${samples} samples`, milliseconds, note: saved });
    await report({
      name: `${name}: a sample of it`,
      milliseconds: milliseconds / samples,
      gflops: rate,
      share: rate / ceiling,
      note: `${(flops / 1e9).toFixed(2)} GFLOP`,
    });
    if (precision !== "single") {
      const error = await precisionError(model, image, options);
      const percent = (part: number) => `${(100 * part).toPrecision(2)} %`;
      const note = `${percent(error.map)} of the map of ${error.samples} samples, ${percent(error.logits)} of the logits`;
      await report({ name: `${name}: error of ${precision} precision`, note });
    }
    if (single) await benchSingle(model, image, options, name, report);
    if (device.features.has("timestamp-query"))
      await benchKernels(engine, { name, samples: batch, ceiling }, report);
  } finally {
    device.destroy();
  }
}

/** Maps by one dispatch beside maps by many, in turn. */
async function benchSingle(
  model: Model,
  image: ReturnType<typeof imageFor>,
  options: SensitivityOptions,
  name: NetworkName,
  report: Report,
): Promise<void> {
  const time = (singleDispatch: boolean) =>
    timed(async () => (await sensitivity(model, image, { ...options, singleDispatch })).destroy());
  let first: number;
  try {
    first = await time(true);
  } catch (error) {
    await report({ name: `${name}: in one dispatch`, note: (error as Error).message });
    return;
  }
  const [one, many]: [number[], number[]] = [[], []];
  for (let i = 0; i < REPEATS; i++) {
    many.push(await time(false));
    one.push(await time(true));
  }
  const milliseconds = middle(one);
  const ratio = (milliseconds / middle(many)).toFixed(2);
  const note = `${ratio} times as long as by many; the first took ${first.toFixed(0)} ms`;
  await report({ name: `${name}: in one dispatch`, milliseconds, note });
}

const CONVOLUTIONS: readonly string[] = [
  "conv",
  "conv-lanes4",
  "depthwise",
  "conv-to-image",
  "im2col",
  "winograd",
  "winograd5",
];

interface Kind {
  milliseconds: number;
  flops: number;
  launches: number;
}

/** The median times of all launches of a batch, by kernel, per sample. */
async function benchKernels(
  engine: Engine,
  { name, samples, ceiling }: { name: string; samples: number; ceiling: number },
  report: Report,
): Promise<void> {
  const kinds = new Map<string, Kind>();
  const add = (kind: string, milliseconds: number, flops: number) => {
    const sum = kinds.get(kind) ?? { milliseconds: 0, flops: 0, launches: 0 };
    sum.milliseconds += milliseconds;
    sum.flops += flops;
    sum.launches++;
    kinds.set(kind, sum);
  };
  engine.setBatch({ samples, first: 0, seed: 0, stream: 0, noise: 0.15 });
  for (const part of ["forward", "backward"] as const) {
    const runs: { milliseconds: number }[][] = [];
    for (let i = 0; i < REPEATS; i++) runs.push(await stepTimes(engine, part, samples));
    engine.plan[part].forEach(({ shader, entry, flops = 0 }, i) => {
      const milliseconds = middle(runs.map((run) => run[i]?.milliseconds ?? 0)) / samples;
      if (CONVOLUTIONS.includes(shader)) add("all convolutions", milliseconds, flops);
      add(`${shader}.${entry}`, milliseconds, flops);
    });
  }
  const sorted = [...kinds].sort(([, a], [, b]) => b.milliseconds - a.milliseconds);
  for (const [kind, { milliseconds, flops, launches }] of sorted) {
    const rate = flops / milliseconds / 1e6;
    const speed = flops > 0 ? { gflops: rate, share: rate / ceiling } : {};
    const note = `${launches} launches, per sample`;
    await report({ name: `${name}: ${kind}`, milliseconds, ...speed, note });
  }
}
