// The real models of the data folder: a map as a whole, the convolutions together, and every kind of kernel.
//
// A map's time is that of its batches, one submit after the other. The times of kernels come from timestamps
// around each launch; where the device has none, only the map is reported. GFLOP/s count a convolution as
// direct, two operations for a product and a sum.

import { Engine } from "../../src/engine.js";
import { makeGraph } from "../../src/graph.js";
import { tilingOf } from "../../src/model.js";
import { decodeModel } from "../../src/onnx.js";
import { makePlan } from "../../src/plan.js";
import type { Plan } from "../../src/types.js";
import type { Benchmark, Row } from "./page.js";

/** Model file → samples that one measured batch has. */
const SAMPLES: Readonly<Record<string, number>> = {
  cifar_resnet20: 16,
  "squeezenet1.0": 4,
  mobilenet_v2: 4,
  googlenet: 2,
};
const REPEATS = 3;
const CONVOLUTIONS = ["conv", "depthwise"];

const middle = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

function memoryNote({ memory: { fixed, perSample, unshared } }: Plan): string {
  const at = (samples: number) => megabytes(fixed + samples * perSample);
  return `peak ${at(1)} for n = 1, ${at(50)} for n = 50 in one batch (every activation kept: ${megabytes(
    fixed + 50 * unshared,
  )})`;
}

async function benchModel(
  device: GPUDevice,
  report: (row: Row) => unknown,
  name: string,
): Promise<void> {
  const response = await fetch(`/data/models/${name}.onnx`);
  if (!response.ok) {
    console.log(`${name}: not measured, there is no models/${name}.onnx in the data folder`);
    return;
  }
  const samples = SAMPLES[name] as number;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const began = performance.now();
  const plan = makePlan(makeGraph(decodeModel(bytes)), {
    method: "gradient",
    tiling: tilingOf(device),
  });
  const shared = new Map<string, GPUBuffer>();
  const engine = await Engine.create(device, plan, samples, shared);
  const started = performance.now() - began;
  const flops = [...plan.forward, ...plan.backward].reduce(
    (sum, step) => sum + (step.flops ?? 0),
    0,
  );

  const batch = async () => {
    engine.setBatch({ samples, first: 0, seed: 0, stream: 0, noise: 0.15 });
    const encoder = device.createCommandEncoder();
    engine.encode(encoder, ["forward", "backward"], samples);
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  };
  await batch();
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    await batch();
    times.push(performance.now() - start);
  }
  const perSample = middle(times) / samples;
  await report({ name: `${name}: plan, compile, upload`, milliseconds: started });
  await report({
    name: `${name}: a sample, forward and backward`,
    milliseconds: perSample,
    gflops: flops / perSample / 1e6,
    note: memoryNote(plan),
  });
  await report({ name: `${name}: a map of 50 samples`, milliseconds: 50 * perSample });
  if (device.features.has("timestamp-query")) await benchKernels(engine, samples, name, report);
  engine.destroy();
  for (const buffer of shared.values()) buffer.destroy();
}

async function benchKernels(
  engine: Engine,
  samples: number,
  name: string,
  report: (row: Row) => unknown,
): Promise<void> {
  const kinds = new Map<string, { milliseconds: number; flops: number }>();
  const add = (kind: string, milliseconds: number, flops: number) => {
    const sum = kinds.get(kind) ?? { milliseconds: 0, flops: 0 };
    kinds.set(kind, { milliseconds: sum.milliseconds + milliseconds, flops: sum.flops + flops });
  };
  for (const part of ["forward", "backward"] as const) {
    const runs: { milliseconds: number }[][] = [];
    for (let i = 0; i < REPEATS; i++) runs.push(await engine.measure(part, samples));
    engine.plan[part].forEach((step, i) => {
      const milliseconds = middle(runs.map((run) => run[i]?.milliseconds ?? 0)) / samples;
      const flops = step.flops ?? 0;
      if (CONVOLUTIONS.includes(step.shader)) add("all convolutions", milliseconds, flops);
      add(`${step.shader}.${step.entry}`, milliseconds, flops);
    });
  }
  const sorted = [...kinds].sort(([, a], [, b]) => b.milliseconds - a.milliseconds);
  for (const [kind, { milliseconds, flops }] of sorted) {
    const gflops = flops > 0 ? { gflops: flops / milliseconds / 1e6 } : {};
    await report({ name: `${name}: ${kind}`, milliseconds, ...gflops, note: "a sample" });
  }
}

/** A benchmark for each model. */
export const models: Readonly<Record<string, Benchmark>> = Object.fromEntries(
  Object.keys(SAMPLES).map((name) => [name, (device, report) => benchModel(device, report, name)]),
);
