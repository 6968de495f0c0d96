// Which tiles are soonest done, measured: every layer of a model is played with each tiling that may suit the adapter,
// and each kind of layer gets the one it was fastest with. A tuning is plain data, so that what it chose can be kept
// and pinned.

import { adapterName } from "../gpu/device.js";
import type { Graph, Tiling } from "../ops/types.js";
import { makePlan } from "../plan/plan.js";
import { SHARING_TILING, SOFTWARE_TILING } from "../plan/tilings.js";
import type { Tuning } from "../plan/types.js";
import type { Precision } from "../tensor/types.js";
import type { Engine } from "./engine.js";
import type { Engines } from "./engines.js";
import { stepTimes } from "./timing.js";

/** Options of `model.tune`. */
export interface TuneOptions {
  /** Samples in a batch; 8 by default, or 2 on a software adapter. */
  readonly samples?: number;
  /** Bytes of GPU memory; the model's own limit by default. */
  readonly maxMemory?: number;
  /** Measures again what this page has measured before; false by default. */
  readonly fresh?: boolean;
}

/** Times that each layer is measured with each tiling. What disturbs one only adds to it: the least counts. */
const TIMES = 3;

/** Milliseconds that a launch should take beside the tenths in which browsers tell time; else it is repeated. */
const LONG = 1;
const MOST_REPEATS = 8;

/** What is not faster than the adapter's own way by so much is not worth a pipeline of its own. */
const WORTH = 0.97;

/** Milliseconds of each kind of layer. */
type Times = ReadonlyMap<string, number>;

/** True for the tilings that suit a processor that plays a GPU. */
export const isOfSoftware = ({ workgroup }: Tiling): boolean =>
  workgroup === SOFTWARE_TILING.workgroup;

/** The tilings that may suit the adapter whose own is the first. */
export function candidates(own: Tiling): Tiling[] {
  const { layers: _, ...first } = own;
  const { shared = [] } = SHARING_TILING;
  const plain = { workgroup: 64, winograd: false };
  const others: Tiling[] = isOfSoftware(own)
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

/** What is tuned. */
interface Tunable {
  readonly engines: Engines;
  readonly graph: Graph;
  readonly precision: Precision;
  readonly tiling: Tiling;
  readonly kinds: readonly string[];
}

/** Finds the tiles of each kind of layer. Nothing else may run on the engines meanwhile. */
export async function tune(
  { engines, graph, precision, tiling, kinds }: Tunable,
  options: Measuring,
): Promise<Tuning> {
  const { device } = engines;
  const { layers: before, ...own } = tiling;
  const kept = options.fresh ? undefined : await recall(device);
  const known = options.fresh ? {} : { ...kept?.layers, ...before };
  const isNew = kinds.some((kind) => !known[kind]);
  const measured = isNew && (await measureTilings(engines, graph, own, precision, options));
  const layers = { ...known, ...measured };
  const tuning = { adapter: adapterName(device), layers };
  if (isNew) await keep(device, tuning);
  return tuning;
}

/** How to measure, and what ends it. */
interface Measuring extends TuneOptions {
  readonly maxMemory: number;
  readonly signal: AbortSignal;
}

/** The key of the engines that are measured. */
const MEASURED = "measured";

/** The fastest tiling of every kind of layer of a model. */
async function measureTilings(
  engines: Engines,
  graph: Graph,
  own: Tiling,
  precision: Precision,
  { samples, maxMemory, signal }: Measuring,
): Promise<Tuning["layers"]> {
  const { device } = engines;
  if (!device.features.has("timestamp-query")) {
    throw new Error(
      `the device (${adapterName(device)}) has no timestamps to measure with: ask for "timestamp-query", ` +
        "as requestDevice does",
    );
  }
  const tilings = candidates(own);
  const together = samples ?? (isOfSoftware(own) ? 2 : 8);
  const measured: Times[] = [];
  try {
    for (const tiling of tilings) {
      signal.throwIfAborted();
      const plan = makePlan(graph, { method: "gradient", tiling, precision });
      measured.push(await timesOf(await engines.take(MEASURED, plan, together, maxMemory)));
    }
  } finally {
    engines.drop(MEASURED);
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

/** The least time of all steps of each kind together. */
async function timesOf(engine: Engine): Promise<Times> {
  const samples = engine.capacity;
  engine.setBatch({ samples, first: 0, seed: 0, stream: 0, noise: 0.1 });
  const least = new Map<string, number>();
  for (const part of ["forward", "backward"] as const) {
    const first = await stepTimes(engine, part, samples);
    const mean = first.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / first.length;
    const repeats = Math.min(MOST_REPEATS, Math.ceil(LONG / Math.max(mean, 1e-3)));
    for (let time = 0; time < TIMES; time++) {
      const sums = new Map<string, number>();
      for (const { step, milliseconds } of await stepTimes(engine, part, samples, repeats)) {
        const { layer } = step;
        if (layer !== undefined) sums.set(layer, (sums.get(layer) ?? 0) + milliseconds);
      }
      for (const [kind, sum] of sums) {
        least.set(kind, Math.min(sum, least.get(kind) ?? Number.POSITIVE_INFINITY));
      }
    }
  }
  return least;
}

const keyOf = (device: GPUDevice): string => `smoothgrad tuning of ${adapterName(device)}`;

/** What this page, or another of its origin, measured on the adapter before; undefined where nothing is kept. */
async function recall(device: GPUDevice): Promise<Tuning | undefined> {
  if (!("indexedDB" in globalThis)) return undefined;
  const { get } = await import("idb-keyval");
  return get<Tuning>(keyOf(device)).catch(() => undefined);
}

/** Keeps it beside what is known of other layers. A browser that keeps nothing only measures again. */
async function keep(device: GPUDevice, tuning: Tuning): Promise<void> {
  if (!("indexedDB" in globalThis)) return;
  const { set } = await import("idb-keyval");
  await set(keyOf(device), tuning).catch(() => {});
}
