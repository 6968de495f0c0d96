// A network on a device while it learns: the buffers and launches of its plan, the weights going in and out, and what
// is measured of the steps.

import { whileAlive } from "../gpu/device.js";
import { bind, compile, type Launch, play, read } from "../gpu/play.js";
import { complete } from "../gpu/slices.js";
import { loadUncommonOperators, makeGraph } from "../graph/graph.js";
import { packBatch } from "../model/batch.js";
import { tilingOf } from "../model/plans.js";
import type { OnnxModel } from "../onnx/types.js";
import type { Tiling } from "../ops/types.js";
import { addShaders } from "../shaders/registry.js";
import type { BufferId } from "../shaders/step.js";
import { packStruct } from "../shaders/text.js";
import type { Constant } from "../tensor/types.js";
import { overWindows } from "./first-layer.js";
import type { Network } from "./networks.js";
import { makeTrainingPlan, numbered } from "./plan.js";
import { trainingShaders } from "./shaders.js";
import type { Optimizer, Parameter, TrainingPlan } from "./types.js";

/** Options of `Trainer.create`. */
export interface TrainerOptions {
  /** Samples per step; 100 by default. */
  readonly batch?: number;
  /** "adam" by default. */
  readonly optimizer?: Optimizer;
  /** Seeds the input noise, the dropout and the shifts: a whole number below 2³²; 0 by default. */
  readonly seed?: number;
  /** Standard deviation of the noise on the inputs, in units of their range; 0 by default. */
  readonly noise?: number;
  /** Inputs are pixel · scale + shift, with pixels from 0 to 255; 1/255 by default. */
  readonly scale?: number;
  /** Added to the scaled pixels; 0 by default. */
  readonly shift?: number;
  /** Images are shifted at random by up to this many pixels; 0 by default. */
  readonly margin?: number;
  /** Mirrors half of the images; false by default. */
  readonly mirror?: boolean;
  /** β₁ of Adam, or the momentum; 0.9 by default. */
  readonly momentum?: number;
  /** β₂ of Adam; 0.999 by default. */
  readonly beta?: number;
  /** ε of Adam; 1e-8 by default. */
  readonly epsilon?: number;
  /** Decoupled weight decay (Loshchilov and Hutter 2019); 0 by default. */
  readonly decay?: number;
  /** How much one GPU invocation computes; by default what suits the adapter. */
  readonly tiling?: Tiling;
}

/** Images of one size and their classes. */
export interface Batch {
  /** Bytes from 0 to 255, row-major [n,C,H,W]. */
  readonly pixels: Uint8Array;
  /** The class of each image, [n]. */
  readonly labels: Uint8Array;
}

/** Loss and accuracy over some steps, or over an evaluation. */
export interface Totals {
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  /** Fraction of the samples whose class was right, from 0 to 1. */
  readonly accuracy: number;
  /** Samples that these are the means of. */
  readonly samples: number;
}

/** Everything a trainer needs to continue exactly where it stopped. */
export interface TrainerState {
  /** Steps taken. */
  readonly step: number;
  /** All weights, one parameter after another. */
  readonly weights: Float32Array;
  /** The optimizer's moments, as long as `weights`: m and v of Adam, m of momentum. */
  readonly memories: readonly Float32Array[];
}

type Phase = "evaluation" | "forward" | "backward" | "update";

const defaults = {
  ...{ batch: 100, optimizer: "adam" as Optimizer, seed: 0, noise: 0, scale: 1 / 255, shift: 0 },
  ...{ margin: 0, mirror: false, momentum: 0.9, beta: 0.999, epsilon: 1e-8, decay: 0 },
};

/** A network being trained on a device. Made by `Trainer.create`. */
export class Trainer {
  /** Standard deviation of the noise on the inputs of the next steps, in units of their range. */
  noise: number;
  private taken = 0;

  private constructor(
    /** @internal */
    readonly device: GPUDevice,
    /** The network as it was before training. */
    readonly network: Network,
    /** @internal */
    readonly plan: TrainingPlan,
    private readonly options: typeof defaults,
    /** Number of weights, by the constants of the network that hold them. */
    private readonly constants: ReadonlyMap<string, Constant>,
    private readonly buffers: ReadonlyMap<BufferId, GPUBuffer>,
    private readonly own: readonly GPUBuffer[],
    private readonly launches: Readonly<Record<Phase, readonly Launch[]>>,
  ) {
    this.noise = options.noise;
  }

  /** Compiles the kernels of a network's training, allocates its buffers, and uploads its initial weights. */
  static async create(
    device: GPUDevice,
    network: Network,
    options: TrainerOptions = {},
  ): Promise<Trainer> {
    addShaders(trainingShaders);
    const all = { ...defaults, ...options };
    // Unfold among them, which the first layer may become.
    await loadUncommonOperators();
    const { graph, count } = numbered(overWindows(makeGraph(network.model)));
    const { dropout } = network;
    const plan = makeTrainingPlan(graph, {
      ...all,
      dropout,
      tiling: options.tiling ?? tilingOf(device),
    });
    const steps = [...plan.forward, ...plan.backward, ...plan.update];
    await whileAlive(device, compile(device, steps));
    device.pushErrorScope("out-of-memory");
    const { buffers, own } = allocate(device, plan);
    const error = await whileAlive(device, device.popErrorScope());
    if (error) {
      for (const buffer of own) buffer.destroy();
      throw new Error("the device has not the memory for a step: take a smaller batch", {
        cause: error,
      });
    }
    const parts = (["evaluation", "forward", "backward", "update"] as const).map((part) => {
      const { launches, uniforms } = bind(device, plan[part], buffers);
      own.push(uniforms);
      return [part, launches] as const;
    });
    const launches = Object.fromEntries(parts) as Record<Phase, readonly Launch[]>;
    const { constants } = graph;
    const trainer = new Trainer(device, network, plan, all, constants, buffers, own, launches);
    const weights = new Float32Array(count);
    let at = 0;
    for (const name of constants.keys()) {
      const data = network.model.constants.get(name)?.data ?? [];
      if (!constants.get(name)?.type.startsWith("float")) continue;
      weights.set(data, at);
      at += data.length;
    }
    const memories = plan.parameters[0]?.memories.map(() => new Float32Array(count)) ?? [];
    trainer.restore({ step: 0, weights, memories });
    trainer.resetTotals();
    return trainer;
  }

  /** Steps taken so far. */
  get step(): number {
    return this.taken;
  }

  /** Samples per step. */
  get batch(): number {
    return this.plan.batch;
  }

  /** Takes one step on a batch, at this learning rate, and adds its loss and accuracy to the totals. */
  learn(batch: Batch, rate: number): void {
    this.setBatch(batch, true);
    const { momentum, beta, epsilon, decay } = this.options;
    this.taken++;
    const correction1 = 1 - momentum ** this.taken;
    const correction2 = 1 - beta ** this.taken;
    const numbers = { rate, momentum, beta, epsilon, correction1, correction2, decay };
    const words = packStruct("optimizer", "training", { augment: 1, ...numbers });
    this.write(this.plan.ports.training, words);
    this.play(["forward", "backward", "update"], batch.labels.length);
  }

  /** Adds the loss and accuracy on a batch, without noise, dropout or learning, to the totals. */
  evaluate(batch: Batch): void {
    this.setBatch(batch, false);
    this.write(this.plan.ports.training, new Float32Array(8));
    this.play(["evaluation"], batch.labels.length);
  }

  /** Loss and accuracy of the steps, or of the evaluation, since the last call. */
  async totals(): Promise<Totals> {
    const buffer = this.buffers.get(this.plan.ports.totals) as GPUBuffer;
    const values = new Float32Array(await whileAlive(this.device, read(this.device, buffer)));
    const [loss = 0, right = 0, samples = 0] = values;
    this.resetTotals();
    return { loss: loss / samples, accuracy: right / samples, samples };
  }

  /** Resolves when the GPU has finished the steps so far. */
  done(): Promise<unknown> {
    return whileAlive(this.device, this.device.queue.onSubmittedWorkDone());
  }

  /** Reads back the weights and the optimizer's moments, to continue from later. */
  async state(): Promise<TrainerState> {
    const { parameters } = this.plan;
    const memories = parameters[0]?.memories ?? [];
    return {
      step: this.taken,
      weights: await this.gather(({ buffer }) => buffer),
      memories: await Promise.all(
        memories.map((_, i) => this.gather((parameter) => parameter.memories[i] as BufferId)),
      ),
    };
  }

  /** Continues from a state of the same network. */
  restore({ step, weights, memories }: TrainerState): void {
    this.taken = step;
    this.scatter(weights, ({ buffer }) => buffer);
    memories.forEach((memory, i) => {
      this.scatter(memory, (parameter) => parameter.memories[i] as BufferId);
    });
  }

  /** Reads back the gradients of the last step, summed over its batch, in the order of the weights. */
  async gradients(): Promise<Float32Array> {
    const result = new Float32Array(this.count);
    for (const { parts, partCount, places } of this.plan.parameters) {
      const values = new Float32Array(await read(this.device, this.buffer(parts)));
      places.forEach((place, i) => {
        if (place < 0) return;
        for (let part = 0; part < partCount; part++) {
          result[place]! += values[part * places.length + i] as number;
        }
      });
    }
    return result;
  }

  /** The network with its current weights, for `encodeModel`. */
  async model(): Promise<OnnxModel> {
    const weights = await this.gather(({ buffer }) => buffer);
    const constants = new Map(this.network.model.constants);
    for (const [name, first, { data }] of this.parts()) {
      // The graph may have it in another shape (first-layer.ts).
      const constant = this.network.model.constants.get(name) as Constant;
      constants.set(name, { ...constant, data: weights.slice(first, first + data.length) });
    }
    return { ...this.network.model, constants };
  }

  /** Frees the buffers on the device. */
  destroy(): void {
    for (const buffer of this.own) buffer.destroy();
  }

  private get count(): number {
    return [...this.parts()].reduce((sum, [, , { data }]) => sum + data.length, 0);
  }

  /** The learned constants, each with the place of its first weight among all. */
  private *parts(): Generator<[string, number, Constant]> {
    let first = 0;
    for (const [name, constant] of this.constants) {
      if (!constant.type.startsWith("float")) continue;
      yield [name, first, constant];
      first += constant.data.length;
    }
  }

  private buffer(id: BufferId): GPUBuffer {
    return this.buffers.get(id) as GPUBuffer;
  }

  private setBatch({ pixels, labels }: Batch, learning: boolean): void {
    const { seed, scale } = this.options;
    const samples = labels.length;
    const bytes = this.network.input.reduce((product, n) => product * n, 1);
    if (samples > this.batch || pixels.length !== samples * bytes) {
      throw new Error(
        `a batch has at most ${this.batch} images of ${bytes} bytes, not ${pixels.length} bytes for ${samples}`,
      );
    }
    const strange = labels.find((label) => label >= this.network.classes);
    if (strange !== undefined) {
      throw new Error(`there is no class ${strange}: the network has ${this.network.classes}`);
    }
    const first = learning ? this.taken * this.batch : 0;
    const noise = learning ? this.noise * 255 * scale : 0;
    this.write(this.plan.ports.run, packBatch({ samples, first, seed, stream: 0, noise }));
    const words = new Uint8Array(Math.ceil(pixels.length / 4) * 4);
    words.set(pixels);
    this.write(this.plan.ports.pixels, words);
    this.write(this.plan.ports.labels, Uint32Array.from(labels));
  }

  private play(parts: readonly Phase[], samples: number): void {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass({ label: parts.join(" and ") });
    for (const part of parts) play(pass, this.launches[part], samples);
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }

  private resetTotals(): void {
    this.write(this.plan.ports.totals, new Float32Array(4));
  }

  private write(id: BufferId, contents: GPUAllowSharedBufferSource): void {
    this.device.queue.writeBuffer(this.buffer(id), 0, contents as GPUAllowSharedBufferSource);
  }

  private async gather(from: (parameter: Parameter) => BufferId): Promise<Float32Array> {
    const result = new Float32Array(this.count);
    for (const parameter of this.plan.parameters) {
      const values = new Float32Array(await read(this.device, this.buffer(from(parameter))));
      parameter.places.forEach((place, i) => {
        if (place >= 0) result[place] = values[i] as number;
      });
    }
    return result;
  }

  private scatter(values: Float32Array, to: (parameter: Parameter) => BufferId): void {
    for (const parameter of this.plan.parameters) {
      const packed = Float32Array.from(parameter.places, (place) => values[place] ?? 0);
      this.write(to(parameter), packed);
    }
  }
}

function allocate(device: GPUDevice, plan: TrainingPlan) {
  const own: GPUBuffer[] = [];
  const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage;
  const make = (label: string, bytes: number) => {
    const size = Math.ceil(bytes / 16) * 16;
    const usage = STORAGE | UNIFORM | COPY_DST | COPY_SRC;
    const buffer = device.createBuffer({ label, size, usage });
    own.push(buffer);
    return buffer;
  };
  const shared = plan.physical.map((bytes, i) => make(`shared ${i}`, bytes * plan.batch));
  const buffers = new Map<BufferId, GPUBuffer>();
  plan.buffers.forEach(({ label, bytes, fixed, contents }, id) => {
    const place = plan.places[id] as number;
    if (fixed) {
      const buffer = make(label, bytes);
      buffers.set(id, buffer);
      if (contents)
        device.queue.writeBuffer(buffer, 0, complete(contents()) as GPUAllowSharedBufferSource);
    } else if (place >= 0) buffers.set(id, shared[place] as GPUBuffer);
  });
  return { buffers, own };
}
