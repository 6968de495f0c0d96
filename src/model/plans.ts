// What a model plays: the plans of its graph, the engines that play them, and whose turn it is. Engines share their memory
// for activations, so that only one of them may play at a time.

import { whileAlive } from "../gpu/device.js";
import { loadUncommonOperators } from "../graph/graph.js";
import type { Graph, Tiling } from "../ops/types.js";
import { makePlan } from "../plan/plan.js";
import { type PlayOptions, playable } from "../plan/single/playable.js";
import { HARDWARE_TILING, SHARING_TILING, SOFTWARE_TILING } from "../plan/tilings.js";
import type { Plan, PlanOptions, Tuning } from "../plan/types.js";
import type { Precision } from "../tensor/types.js";
import type { Engine } from "./engine.js";
import { Engines, MOST_ENGINES } from "./engines.js";
import type { TuneOptions } from "./tune.js";

/** How a model's plans are made and what they may take. */
export interface PlansOptions {
  readonly precision: Precision;
  readonly tiling?: Tiling | undefined;
  readonly tuning?: Tuning | undefined;
  /** Bytes of GPU memory. */
  readonly maxMemory: number;
}

/** The plans of one model, with their engines. */
export class Plans {
  /** Heard when the model is destroyed. */
  readonly ended: AbortSignal;
  /** How many turns have been taken: engines keep what one turn left until the next. */
  turns = 0;
  tiling: Tiling;
  private readonly ending = new AbortController();
  /** The least recently used first. */
  private readonly plans = new Map<string, Plan>();
  private readonly engines: Engines;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly device: GPUDevice,
    readonly graph: Graph,
    private readonly options: PlansOptions,
  ) {
    this.ended = this.ending.signal;
    this.engines = new Engines(device);
    const { tiling = tilingOf(device), tuning } = options;
    this.tiling = tuning ? { ...tiling, layers: tuning.layers } : tiling;
  }

  /** Bytes on the device, and those of them that activations, gradients and masks of samples take. */
  get memory(): { readonly bytes: number; readonly activations: number } {
    const { bytes, activations } = this.engines;
    return { bytes, activations };
  }

  /** The plan of a method and what it is to be told. */
  plan(options: PlanOptions): Plan {
    const key = JSON.stringify({ baselines: 1, ...options });
    const plan =
      this.plans.get(key) ??
      makePlan(this.graph, { tiling: this.tiling, precision: this.options.precision, ...options });
    this.plans.delete(key);
    this.plans.set(key, plan);
    const [oldest] = this.plans.keys();
    if (this.plans.size > MOST_ENGINES) this.plans.delete(oldest as string);
    return plan;
  }

  /** The kinds of the layers of this network, each once. */
  private kinds(): string[] {
    const { forward, backward } = this.plan({ method: "gradient" });
    return [...new Set([...forward, ...backward].flatMap(({ layer }) => layer ?? []))];
  }

  /**
   * An engine for batches of up to `samples`, or as many as the memory in bytes allows. To be used within a turn, and
   * asked for again after another engine was asked for.
   */
  async engine(
    options: PlayOptions,
    samples: number,
    maxMemory = this.options.maxMemory,
  ): Promise<Engine> {
    // What a plan puts behind the logits may be rarer than the network.
    if (options.of) await loadUncommonOperators();
    const plan = await playable(this, options);
    // Of plans that differ in numbers alone the last one is kept: their weights are copies of their own.
    const key = JSON.stringify({ ...options, baselines: 0, relevance: undefined, box: undefined });
    return this.engines.take(key, plan, samples, maxMemory);
  }

  /** Measures which tiles are soonest done for each layer, and goes on with those. */
  async tune(options: TuneOptions = {}): Promise<Tuning> {
    return this.alone(async () => {
      const { tune } = await import("./tune.js");
      const { engines, graph, tiling, ended: signal } = this;
      const { precision, maxMemory } = this.options;
      const model = { engines, graph, precision, tiling, kinds: this.kinds() };
      const tuning = await tune(model, { maxMemory, ...options, signal });
      this.tiling = { ...tiling, layers: tuning.layers };
      this.plans.clear();
      return tuning;
    });
  }

  /** Heard when the model is destroyed, or the signal that a call was given is. */
  endedOr(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([this.ended, signal]) : this.ended;
  }

  /**
   * Resolves when the model's engines are free, with what frees them for the next one in line. Rejects at once
   * where the model is destroyed, or the signal that takes its place is heard.
   */
  async takeTurn(signal = this.ended): Promise<() => void> {
    signal.throwIfAborted();
    const before = this.turn;
    let free = () => {};
    const over = new Promise<void>((resolve) => {
      free = resolve;
    });
    this.turn = before.then(() => over);
    try {
      await whileAlive(this.device, before, signal);
    } catch (error) {
      free();
      throw error;
    }
    this.turns++;
    return free;
  }

  /** Runs something when nothing else runs on the engines; rejects at once when the model is destroyed. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const free = await this.takeTurn();
    const working = work();
    // Who no longer waits for the work must not let others in before it ends.
    working.then(free, free);
    return whileAlive(this.device, working, this.ended);
  }

  /** Ends what runs with an error, and frees all engines; resolves when nothing of them is left on the device. */
  async destroy(reason: Error): Promise<void> {
    this.ending.abort(reason);
    await this.turn;
    this.engines.clear();
  }
}

/** The tiles that suit the adapter: SwiftShader and llvmpipe are processors that play a GPU. */
export function tilingOf(device: GPUDevice): Tiling {
  const { vendor, architecture, description } = device.adapterInfo;
  const software = /swiftshader|llvmpipe|lavapipe|basic render/i.test(
    `${architecture} ${description}`,
  );
  if (!software) return /^(nvidia|amd)$/i.test(vendor) ? SHARING_TILING : HARDWARE_TILING;
  const { subgroupMinSize, subgroupMaxSize } = device.adapterInfo;
  const together =
    device.features.has("subgroups") && subgroupMinSize === 4 && subgroupMaxSize === 4;
  return { ...SOFTWARE_TILING, together };
}
