// Which tiles are soonest done, measured: every layer of a model is played with each tiling that may suit the adapter,
// and each kind of layer gets the one it was fastest with. A tuning is plain data, so that what it chose can be kept
// and pinned.

import { get, set } from "idb-keyval";
import { adapterName } from "./device.js";
import { capacityOf, Engine, type SharedBuffers } from "./engine.js";
import { makePlan, SHARING_TILING, SOFTWARE_TILING } from "./plan.js";
import type { Graph, Tiling, Tuning } from "./types.js";

/** How to measure. */
export interface TuneOptions {
  /** Samples that go through together; 8 if not given. */
  readonly samples?: number;
  /** Bytes; those of a map if not given. */
  readonly maxMemory?: number;
  /** Measures again what this page measured before. */
  readonly fresh?: boolean;
}

/** Times that each layer is measured with each tiling, and launches of each time. */
const TIMES = 4;
const LAUNCHES = 4;

/** A tiling that is not faster than the adapter's own by so much is not worth a pipeline of its own. */
const WORTH = 0.97;

/** Milliseconds of each kind of layer. */
type Times = ReadonlyMap<string, number>;

/** The tilings that may suit the adapter whose own is the first. */
export function candidates(own: Tiling): Tiling[] {
  const { layers: _, ...first } = own;
  const { shared = [] } = SHARING_TILING;
  const plain = { workgroup: 64, winograd: false };
  const others: Tiling[] =
    SOFTWARE_TILING.workgroup === own.workgroup
      ? [
          { ...first, winograd: !first.winograd },
          { ...first, pixels: 8 },
          { ...first, quads: 2 },
          ...(first.together ? [{ ...first, together: false }] : []),
        ]
      : [
          { ...plain, pixels: 8, quads: 2 },
          { ...plain, pixels: 8, quads: 4 },
          { ...plain, pixels: 16, quads: 2 },
          ...shared.map((tile) => ({ ...plain, pixels: 8, quads: 4, shared: [tile] })),
          { ...plain, pixels: 8, quads: 4, winograd: true },
          { ...plain, pixels: 8, quads: 4, shared, winograd: true },
        ];
  return [first, ...others];
}

/** The fastest tiling of every kind of layer of a model. Nothing else may run on its engines meanwhile. */
export async function measureTilings(
  device: GPUDevice,
  graph: Graph,
  own: Tiling,
  weights: SharedBuffers,
  { samples, maxMemory }: { samples: number; maxMemory: number },
): Promise<Tuning["layers"]> {
  if (!device.features.has("timestamp-query")) {
    throw new Error(
      `the device (${adapterName(device)}) has no timestamps to measure with: ask for "timestamp-query", ` +
        "as requestDevice does",
    );
  }
  const tilings = candidates(own);
  const measured: Times[] = [];
  for (const tiling of tilings) {
    const plan = makePlan(graph, { method: "gradient", tiling });
    const capacity = capacityOf(device, plan, samples, maxMemory);
    const shared = new Map(weights);
    const engine = await Engine.create(device, plan, capacity, shared);
    try {
      measured.push(await timesOf(engine, capacity));
    } finally {
      engine.destroy();
      for (const [label, buffer] of shared) if (!weights.has(label)) buffer.destroy();
    }
  }
  const [usual = new Map()] = measured;
  const layers = Array.from(usual.keys(), (kind: string) => {
    const times = measured.map((each) => each.get(kind) ?? Number.POSITIVE_INFINITY);
    const best = times.indexOf(Math.min(...times));
    const pays = (times[best] as number) < WORTH * (times[0] as number);
    return [kind, tilings[pays ? best : 0] as Tiling] as const;
  });
  return Object.fromEntries(layers);
}

/** The median of all steps of each kind together. */
async function timesOf(engine: Engine, samples: number): Promise<Times> {
  engine.setBatch({ samples, first: 0, seed: 0, stream: 0, noise: 0.1 });
  const sums = new Map<string, number[]>();
  for (let time = 0; time < TIMES; time++) {
    for (const part of ["forward", "backward"] as const) {
      for (const { step, milliseconds } of await engine.measure(part, samples, LAUNCHES)) {
        if (step.layer === undefined) continue;
        const sum = sums.get(step.layer) ?? new Array(TIMES).fill(0);
        sum[time] += milliseconds;
        sums.set(step.layer, sum);
      }
    }
  }
  const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[TIMES >> 1];
  return new Map(Array.from(sums, ([kind, values]) => [kind, middle(values) as number]));
}

const keyOf = (device: GPUDevice): string => `smoothgrad tuning of ${adapterName(device)}`;

/** What this page, or another of its origin, measured on the adapter before; undefined where nothing is kept. */
export async function recall(device: GPUDevice): Promise<Tuning | undefined> {
  if (!("indexedDB" in globalThis)) return undefined;
  return get<Tuning>(keyOf(device)).catch(() => undefined);
}

/** Keeps it beside what is known of other layers. A browser that keeps nothing only measures again. */
export async function keep(device: GPUDevice, tuning: Tuning): Promise<void> {
  if (!("indexedDB" in globalThis)) return;
  await set(keyOf(device), tuning).catch(() => {});
}
