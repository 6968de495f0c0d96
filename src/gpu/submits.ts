// Commands on their way to the queue, in submits that take a page's time and no more: a GPU does one thing after the
// other, so what is submitted at once is what scrolling has to wait for. How much fits is learned from the submits before.
//
// Two submits are under way at any time: the GPU never waits for the next one, and a third would only stand in the way.

import { whileAlive } from "./device.js";
import { type Launch, play } from "./play.js";

/** How to submit. */
export interface SubmitOptions {
  /** Milliseconds that a submit should take; Infinity: everything at once. */
  readonly submitTime: number;
  /** Heard before every submit, and while one is waited for. */
  readonly signal?: AbortSignal | undefined;
}

/** What suits where the library runs: in pages and workers somebody wants to scroll. */
export const DEFAULT_SUBMIT_TIME =
  "document" in globalThis || "WorkerGlobalScope" in globalThis ? 30 : Number.POSITIVE_INFINITY;

/** Submits under way. */
const MOST = 2;
/** Operations for each millisecond that the slowest adapters do; where learning starts. */
const SLOWEST = 1e6;
/** At most from one submit to the next. */
const GROWTH = 4;
/** To move a byte takes as long as so many operations, on slow adapters and on fast ones. */
const BYTE = 16;

/** Operations for each millisecond, as far as they are known of a device. */
const rates = new WeakMap<GPUDevice, number>();

/** A launch and what it has to do, in operations: so much for each sample, but at least so much, to read its weights. */
export interface Job extends Launch {
  readonly each: number;
  readonly least: number;
}

/** What a launch has to do; `fixed` are the bytes of its buffers that all samples share. */
export function jobOf(launch: Launch, fixed: number): Job {
  const { workgroups, samples, flops = 0 } = launch.step;
  const [x, y, z] = workgroups;
  // An invocation that does nothing else reads a vec4 and writes one.
  const moved = x * y * z * 64 * 32 * BYTE;
  const least = fixed * BYTE;
  if (samples === 0) return { ...launch, each: 0, least: Math.max(flops, moved, least) };
  return { ...launch, each: Math.max(flops, moved / samples), least };
}

const workOf = ({ each, least }: Job, samples: number): number => Math.max(each * samples, least);

/** What is known of a rate after so much work in so many milliseconds. */
export function learned(rate: number, work: number, milliseconds: number): number {
  const measured = work / Math.max(milliseconds, 0.01);
  return Math.min(GROWTH * rate, Math.max(rate / GROWTH, measured));
}

/** A list of commands that grows while it is submitted. */
export class Submits {
  /** What the commands are about, for who looks at them. */
  label = "commands";
  private encoder: GPUCommandEncoder | undefined;
  private pass: GPUComputePassEncoder | undefined;
  private work = 0;
  /** The submits under way. */
  private readonly pending: Promise<void>[] = [];
  private last = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly options: SubmitOptions,
  ) {}

  /** The operations that a submit should have. */
  private get limit(): number {
    const { submitTime } = this.options;
    // Infinity times whatever rate is no limit.
    return submitTime * (rates.get(this.device) ?? SLOWEST);
  }

  /**
   * How many samples may go through launches together, so that none takes longer than a submit should, or than it would
   * for one sample.
   */
  fitting(jobs: readonly Job[]): number {
    const { limit } = this;
    const most = jobs.map(({ each, least }) => Math.max(limit, least) / Math.max(each, 1));
    return Math.max(1, Math.floor(Math.min(...most)));
  }

  /** Adds launches for a batch, and submits as often as it is time. */
  async play(label: string, jobs: readonly Job[], samples: number): Promise<void> {
    for (const job of jobs) {
      const work = workOf(job, samples);
      if (this.work > 0 && this.work + work > this.limit) await this.submit();
      this.pass ??= this.commands.beginComputePass({ label });
      play(this.pass, [job], samples);
      this.work += work;
    }
  }

  /** Adds a copy of a whole buffer. */
  copy(from: GPUBuffer, to: GPUBuffer): void {
    this.pass?.end();
    this.pass = undefined;
    this.commands.copyBufferToBuffer(from, 0, to, 0, from.size);
  }

  /** Submits what was added; resolves when that is on its way to the queue. */
  async submit(): Promise<void> {
    const { encoder, work, pending } = this;
    if (!encoder) return;
    this.pass?.end();
    this.pass = undefined;
    this.encoder = undefined;
    this.work = 0;
    const commands = encoder.finish();
    const isMeasured = Number.isFinite(this.options.submitTime);
    const { signal } = this.options;
    const oldest = isMeasured && pending.length >= MOST ? pending.shift() : undefined;
    if (oldest) await whileAlive(this.device, oldest, signal);
    signal?.throwIfAborted();
    // Little is no measure: the way to the GPU and back would count as work.
    const counts = isMeasured && work > this.limit / 2;
    this.device.queue.submit([commands]);
    if (isMeasured) pending.push(this.done(counts ? work : 0));
  }

  private get commands(): GPUCommandEncoder {
    this.encoder ??= this.device.createCommandEncoder({ label: this.label });
    return this.encoder;
  }

  /** Waits for a submit and learns from it. */
  private done(work: number): Promise<void> {
    const { device } = this;
    const submitted = performance.now();
    const done = whileAlive(device, device.queue.onSubmittedWorkDone()).then(() => {
      const now = performance.now();
      const time = now - Math.max(submitted, this.last);
      this.last = now;
      if (work > 0) rates.set(device, learned(rates.get(device) ?? SLOWEST, work, time));
    });
    // Whoever waits for the device hears of its loss.
    done.catch(() => {});
    return done;
  }
}
