// A plan bound to buffers on a device, ready to be played. The buffers belong to all engines of the model (engines.ts): what
// an engine computes is left in its moments, and the caller copies it before another engine plays.

import { adapterName } from "../gpu/device.js";
import { bind, type Launch, read } from "../gpu/play.js";
import { type Job, jobOf, type Submits } from "../gpu/submits.js";
import type { Plan, PlanBuffer } from "../plan/types.js";
import type { BufferId, Step, View } from "../shaders/step.js";
import { unpackStored } from "../tensor/half.js";
import { VEC4_BYTES } from "../tensor/layout.js";
import { ALONE_OFFSET, type Batch, packBatch } from "./batch.js";

export const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;

/** The size of a buffer for so many bytes: vec4s are read and written whole. */
export const sized = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** The memory that a plan's samples take for a batch, one slot for each of its physical buffers, the largest first. */
export function slotsOf({ physical }: Plan, capacity: number): { place: number; size: number }[] {
  return physical
    .map((bytes, place) => ({ place, bytes, size: sized(bytes * capacity) }))
    .sort((a, b) => b.bytes - a.bytes || a.place - b.place);
}

/** The most samples that a batch of a plan may have within the device's limits and the given bytes. */
export function capacityOf(
  device: GPUDevice,
  plan: Plan,
  samples: number,
  maxMemory: number,
): number {
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupsPerDimension } =
    device.limits;
  const largest = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const tallest = Math.max(...plan.physical, 1);
  // Of so many workgroups, for so many samples, there is only one dimension.
  const rows = (step: Step) =>
    Math.floor(maxComputeWorkgroupsPerDimension / step.workgroups[2]) * (step.samples || samples);
  const highest = Math.min(...[...plan.forward, ...plan.backward].map(rows));
  const byMemory = Math.floor((maxMemory - plan.memory.fixed) / plan.memory.perSample);
  const capacity = Math.min(samples, byMemory, Math.floor(largest / tallest), highest);
  if (capacity >= 1) return capacity;
  if (byMemory < 1) {
    throw new Error(
      `one sample needs ${megabytes(plan.memory.fixed + plan.memory.perSample)} of GPU memory, ` +
        `maxMemory allows ${megabytes(maxMemory)}: raise maxMemory or take a smaller input`,
    );
  }
  throw new Error(
    `one sample needs a buffer of ${megabytes(tallest)}, the device (${adapterName(device)}) allows ` +
      `${megabytes(largest)}: take a smaller input`,
  );
}

/** The lists of steps that a plan has. */
export type Phase = "prologue" | "classify" | "forward" | "backward";

/** All steps of a plan. */
export const stepsOf = (plan: Plan): Step[] => [
  ...plan.prologue,
  ...plan.classify,
  ...plan.forward,
  ...plan.backward,
];

/** The launches of a plan. */
export class Engine {
  /** The fixed buffers that the plan reads and writes: its ports and those that its steps name. */
  readonly shares: readonly PlanBuffer[];
  /** Samples of the largest batch. */
  capacity = 0;
  private readonly fixed = new Map<BufferId, GPUBuffer>();
  private physical: readonly GPUBuffer[] = [];
  private buffers: ReadonlyMap<BufferId, GPUBuffer> = this.fixed;
  private uniforms: readonly GPUBuffer[] = [];
  private launches!: Readonly<Record<Phase, readonly Job[]>>;

  constructor(
    readonly device: GPUDevice,
    readonly plan: Plan,
  ) {
    const ports = new Set(Object.values(plan.ports));
    const used = new Set(stepsOf(plan).flatMap((step) => Object.values(step.bindings)));
    this.shares = plan.buffers.filter((b, id) => b.fixed && (ports.has(id) || used.has(id)));
  }

  /** Bytes of the buffers that are the engine's own. */
  get bytes(): number {
    return this.uniforms.reduce((sum, { size }) => sum + size, 0);
  }

  /** Takes the fixed buffers. */
  attach(bufferOf: (wanted: PlanBuffer) => GPUBuffer): void {
    const shares = new Set(this.shares);
    this.plan.buffers.forEach((wanted, id) => {
      if (shares.has(wanted)) this.fixed.set(id, bufferOf(wanted));
    });
  }

  /** Binds the launches to memory for the samples: slots for so many, the largest first. Its steps must be compiled. */
  bind(slots: readonly GPUBuffer[], capacity: number): void {
    this.capacity = capacity;
    const { device, plan } = this;
    const physical: GPUBuffer[] = [];
    slotsOf(plan, capacity).forEach(({ place }, i) => {
      physical[place] = slots[i] as GPUBuffer;
    });
    const isBound = this.uniforms.length > 0;
    if (isBound && physical.every((buffer, place) => buffer === this.physical[place])) return;
    this.destroy();
    this.physical = physical;
    const buffers = new Map(this.fixed);
    plan.places.forEach((place, id) => {
      if (place >= 0) buffers.set(id, physical[place] as GPUBuffer);
    });
    this.buffers = buffers;
    const uniforms: GPUBuffer[] = [];
    const parts = (["prologue", "classify", "forward", "backward"] as const).map((part) => {
      const bound = bind(device, plan[part], buffers);
      uniforms.push(bound.uniforms);
      return [part, bound.launches.map((each) => jobOf(each, sharedBytes(plan, each)))] as const;
    });
    this.uniforms = uniforms;
    this.launches = Object.fromEntries<readonly Job[]>(parts) as Record<Phase, readonly Job[]>;
  }

  /** The buffer of a port of the plan. */
  port(name: keyof Plan["ports"]): GPUBuffer {
    return this.buffers.get(this.plan.ports[name]) as GPUBuffer;
  }

  /** Where the logits are after a forward pass. */
  get logits(): GPUBuffer {
    return this.buffers.get(this.plan.logits.buffer) as GPUBuffer;
  }

  /** What a batch leaves to the next one beside the moments. */
  get carried(): GPUBuffer[] {
    return this.plan.carried.map((id) => this.buffers.get(id) as GPUBuffer);
  }

  /** Where the gradients of the input are after a backward pass. */
  get gradient(): GPUBuffer {
    return this.buffers.get((this.plan.gradient as View).buffer) as GPUBuffer;
  }

  /** Sets what the next passes know of their batch; ordered with them by the queue. */
  setBatch(batch: Batch): void {
    this.device.queue.writeBuffer(this.port("run"), 0, packBatch(batch));
  }

  /** Plays parts of the plan, one after the other, for a batch. */
  async play(submits: Submits, parts: readonly Phase[], samples: number): Promise<void> {
    for (const part of parts) await submits.play(part, this.launches[part], samples);
  }

  /** The samples that a batch may have, so that no launch takes longer than a submit should. */
  fitting(submits: Submits): number {
    const { forward, backward } = this.launches;
    return Math.min(this.capacity, submits.fitting(forward), submits.fitting(backward));
  }

  /** The launches of a part, for whoever measures them. */
  jobs(part: Phase): readonly Job[] {
    return this.launches[part];
  }

  /** Frees the buffers that are the engine's own. */
  destroy(): void {
    for (const buffer of this.uniforms) buffer.destroy();
    this.uniforms = [];
  }
}

/** The bytes of a launch's buffers that are not of single samples. */
function sharedBytes({ buffers }: Plan, { step }: Launch): number {
  const shared = new Set(Object.values(step.bindings)).values();
  return [...shared].reduce((sum, id) => sum + (buffers[id]?.fixed ? buffers[id].bytes : 0), 0);
}

/**
 * Plays the forward pass of the image itself, without noise; the logits, the range and the spread of noise of this scale
 * are left behind.
 */
export async function playClean(
  submits: Submits,
  engine: Engine,
  tensor: { readonly buffer: GPUBuffer },
  scale = 0,
): Promise<void> {
  submits.label = "clean image";
  // The logits of all classes are wanted.
  engine.device.queue.writeBuffer(engine.port("target"), ALONE_OFFSET, Uint32Array.of(0));
  submits.copy(tensor.buffer, engine.port("image"));
  const nothing = { first: 0, seed: 0, stream: 0, noise: 0 };
  engine.setBatch({ ...nothing, samples: 1, scale, forwardOnly: true });
  await engine.play(submits, ["prologue", "forward"], 1);
  await submits.submit();
}

/**
 * Puts back what an engine knows of an image between two batches, after it played something else: the image, its range,
 * the baseline's activations.
 */
export async function playAgain(
  submits: Submits,
  engine: Engine,
  tensor: { readonly buffer: GPUBuffer },
  scale: number,
): Promise<void> {
  submits.copy(tensor.buffer, engine.port("image"));
  engine.setBatch({ first: 0, seed: 0, stream: 0, noise: 0, samples: 1, scale });
  await engine.play(submits, ["prologue"], 1);
  await submits.submit();
}

/** Reads back the logits of the first samples of the last forward pass, one after the other. */
export async function readLogits(
  engine: Engine,
  classes: number,
  samples = 1,
): Promise<Float32Array> {
  const { offset, stride } = engine.plan.logits;
  const { precision } = engine.plan;
  const end = (offset + (samples - 1) * stride + Math.ceil(classes / 4)) * VEC4_BYTES[precision];
  const all = unpackStored(await read(engine.device, engine.logits, end), precision);
  const logits = new Float32Array(samples * classes);
  for (let i = 0; i < samples; i++) {
    const first = (offset + i * stride) * 4;
    logits.set(all.subarray(first, first + classes), i * classes);
  }
  return logits;
}
