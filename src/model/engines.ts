// What a model keeps on its device: an engine for each plan that was played lately, the buffers that several engines read,
// and a pool of memory for activations, which the engines use in turn. One budget bounds it all: what was not used for the
// longest time goes first.

import { adapterName, whileAlive } from "../gpu/device.js";
import { startCompiling } from "../gpu/play.js";
import { completeInSlices, type Take } from "../gpu/slices.js";
import type { Plan, PlanBuffer } from "../plan/types.js";
import { uniformBytes } from "../shaders/step.js";
import type { Precision } from "../tensor/types.js";
import { capacityOf, Engine, megabytes, sized, slotsOf, stepsOf } from "./engine.js";

/** Engines kept at most, however small they are: one for each method, and a few more. */
export const MOST_ENGINES = 32;

/** A buffer that is the same for all samples, and the number of engines that bind it. */
interface Shared {
  readonly buffer: GPUBuffer;
  users: number;
}

/** Equal names mean equal contents. */
const nameOf = ({ label, bytes }: PlanBuffer): string => `${label}, ${bytes} bytes`;

/** What an engine binds beside its slots, each once. */
const sharedBy = ({ shares }: Engine): PlanBuffer[] => [
  ...new Map(shares.map((wanted) => [nameOf(wanted), wanted])).values(),
];

const total = (buffers: readonly GPUBuffer[]): number =>
  buffers.reduce((sum, { size }) => sum + size, 0);

/** The engines of one model. Only one of them may play at a time. */
export class Engines {
  /** By key, the least recently used first. */
  private readonly kept = new Map<string, Engine>();
  /** By label and size: weights, tables, and the ports of plans. */
  private readonly shared = new Map<string, Shared>();
  /** The largest first. */
  private readonly pool: GPUBuffer[] = [];

  constructor(readonly device: GPUDevice) {}

  /** Bytes of the pool. */
  get activations(): number {
    return total(this.pool);
  }

  /** Bytes of all buffers. */
  get bytes(): number {
    const uniforms = [...this.kept.values()].reduce((sum, engine) => sum + engine.bytes, 0);
    return (
      uniforms + total(Array.from(this.shared.values(), ({ buffer }) => buffer)) + total(this.pool)
    );
  }

  /**
   * The engine of a plan for batches of up to `samples`, or fewer where the budget in bytes or the device allow no more.
   * It takes the place of another plan's engine under the same key, and may be played until the next call. Rejects in one
   * sentence where the device has too little memory.
   */
  async take(key: string, plan: Plan, samples: number, budget: number): Promise<Engine> {
    const { device, kept } = this;
    const capacity = capacityOf(device, plan, samples, budget);
    const before = kept.get(key);
    if (before?.plan === plan) {
      kept.delete(key);
      kept.set(key, before);
      this.makeRoom(plan, capacity, budget);
      await this.allocate(plan, capacity, []);
      before.bind(this.pool, capacity);
      return before;
    }
    // The GPU's process compiles while weights are packed here.
    const compiling = await startCompiling(device, stepsOf(plan));
    const engine = new Engine(device, plan);
    const missing = this.hold(engine);
    if (before) this.drop(key);
    try {
      this.makeRoom(plan, capacity, budget, missing);
      await this.allocate(plan, capacity, missing);
      await whileAlive(device, this.fill(missing, plan.precision));
      await whileAlive(device, Promise.all(compiling));
      engine.attach((wanted) => (this.shared.get(nameOf(wanted)) as Shared).buffer);
      engine.bind(this.pool, capacity);
    } catch (error) {
      this.release(engine);
      throw error;
    }
    kept.set(key, engine);
    return engine;
  }

  /** Frees the engine under a key, and what only it needed. */
  drop(key: string): void {
    const engine = this.kept.get(key);
    this.kept.delete(key);
    if (engine) this.release(engine);
  }

  /** Frees everything. */
  clear(): void {
    for (const key of [...this.kept.keys()]) this.drop(key);
    this.emptyPool();
  }

  /** Counts the engine as a user of what is there already, and returns what is not. */
  private hold(engine: Engine): PlanBuffer[] {
    return sharedBy(engine).filter((wanted) => {
      const found = this.shared.get(nameOf(wanted));
      if (found) found.users++;
      return !found;
    });
  }

  private release(engine: Engine): void {
    engine.destroy();
    for (const wanted of sharedBy(engine)) {
      const name = nameOf(wanted);
      const found = this.shared.get(name);
      if (!found || --found.users > 0) continue;
      found.buffer.destroy();
      this.shared.delete(name);
    }
  }

  /** Frees what the pool has too much, which costs the least to make again, then the engines used the longest time ago. */
  private makeRoom(
    plan: Plan,
    capacity: number,
    budget: number,
    missing?: readonly PlanBuffer[],
  ): void {
    const wanted = slotsOf(plan, capacity).map(({ size }) => size);
    const added = missing
      ? uniformBytes(stepsOf(plan)) + missing.reduce((sum, { bytes }) => sum + sized(bytes), 0)
      : 0;
    const grown = () =>
      wanted.reduce((sum, size, i) => sum + Math.max(0, size - (this.pool[i]?.size ?? 0)), 0);
    // An engine that is there already is the last one, and stays.
    const least = missing ? 0 : 1;
    const isOver = () => this.bytes + added + grown() > budget;
    if (isOver()) this.emptyPool();
    for (const key of [...this.kept.keys()]) {
      const isFull = this.kept.size + (missing ? 1 : 0) > MOST_ENGINES;
      if (this.kept.size === least || !(isFull || isOver())) break;
      this.drop(key);
    }
  }

  private emptyPool(): void {
    for (const buffer of this.pool.splice(0)) buffer.destroy();
  }

  /** Makes the missing buffers, and the pool as large as the plan needs it. */
  private async allocate(
    plan: Plan,
    capacity: number,
    missing: readonly PlanBuffer[],
  ): Promise<void> {
    const { device, pool } = this;
    const small = [...slotsOf(plan, capacity).entries()].filter(
      ([i, { size }]) => (pool[i]?.size ?? 0) < size,
    );
    // The error scope costs a way to the GPU's process and back.
    if (missing.length + small.length === 0) return;
    device.pushErrorScope("out-of-memory");
    for (const wanted of missing) {
      const buffer = this.make(wanted.label, sized(wanted.bytes));
      this.shared.set(nameOf(wanted), { buffer, users: 1 });
    }
    for (const [i, { size }] of small) {
      pool[i]?.destroy();
      pool[i] = this.make(`shared ${i}`, size);
    }
    const error = await whileAlive(device, device.popErrorScope());
    if (!error) return;
    this.emptyPool();
    const { fixed, perSample } = plan.memory;
    throw new Error(
      `the device (${adapterName(device)}) is out of memory: ${capacity} samples at a time need ` +
        `${megabytes(fixed + perSample * capacity)}; lower maxMemory`,
      { cause: error },
    );
  }

  private make(label: string, size: number): GPUBuffer {
    const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage;
    return this.device.createBuffer({
      label,
      size,
      usage: STORAGE | UNIFORM | COPY_DST | COPY_SRC,
    });
  }

  /** Makes the contents of buffers and writes them, without holding up the page. */
  private async fill(missing: readonly PlanBuffer[], precision: Precision): Promise<void> {
    const rounding = precision === "half" ? await import("../tensor/rounding.js") : undefined;
    await completeInSlices(
      missing.flatMap((wanted) => {
        const { contents, precision } = wanted;
        if (!contents) return [];
        const { buffer } = this.shared.get(nameOf(wanted)) as Shared;
        const write: Take = (whole, from, to) => {
          const data = whole as GPUAllowSharedBufferSource;
          const start = from * whole.BYTES_PER_ELEMENT;
          this.device.queue.writeBuffer(buffer, start, data, from, to - from);
        };
        const make = rounding && precision ? () => rounding.packHalves(contents()) : contents;
        return [[make, write] as const];
      }),
    );
  }
}
