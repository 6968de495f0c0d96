// What the passes of one class leave on the GPU: the moments of its samples, beside the words that say which class it is.
//
// An engine has one place for either. Maps of several classes take turns there, and so do series with whatever else plays
// between two of their steps: each brings its own along and takes it away again.

import type { Submits } from "../gpu/submits.js";
import type { InputTensor } from "../image/image.js";
import { packTarget, SCALAR } from "../model/batch.js";
import { type Engine, playAgain } from "../model/engine.js";
import type { Model } from "../model/model.js";
import type { Scalar } from "../options/sampling.js";

/** The classes that were asked for; the target is undefined where it is the first of the image. */
export interface Chosen {
  readonly target: number | undefined;
  readonly versus: number | undefined;
}

/** The classes by their indices. Throws where one is none of the model's. */
export function chooseClasses(
  model: Model,
  target: number | string,
  versus: number | string | undefined,
): Chosen {
  const chosen = model.classIndex(target);
  if (versus === undefined) return { target: chosen, versus: undefined };
  const other = model.classIndex(versus);
  if (other === undefined) throw new Error('versus must be a class, got "top1"');
  if (other === chosen) throw new Error(`target and versus are both class ${other}`);
  return { target: chosen, versus: other };
}

/** The moments of one class's samples. */
export class Accumulator {
  /** What a series carries from batch to batch besides, while other work is on the engine. */
  private readonly carried: GPUBuffer[] = [];

  private constructor(
    private readonly device: GPUDevice,
    readonly chosen: Chosen,
    private readonly words: GPUBuffer,
    readonly moments: GPUBuffer,
  ) {}

  /** An empty one, as long as the engine's; `begins` says what of the class is explained, as target.wgsl has it. */
  static of(engine: Engine, chosen: Chosen, begins: Scalar): Accumulator {
    const { device } = engine;
    const words = bufferLike(device, engine.port("target"));
    const { target: index = 0, versus } = chosen;
    const target = packTarget({ index, versus, scalar: SCALAR[begins], alone: true });
    device.queue.writeBuffer(words, 0, target as BufferSource);
    return new Accumulator(device, chosen, words, bufferLike(device, engine.port("moments")));
  }

  /** One with the same in it. */
  copy(): Accumulator {
    const { device, chosen, words, moments } = this;
    const copy = new Accumulator(
      ...([device, chosen, bufferLike(device, words), bufferLike(device, moments)] as const),
    );
    const encoder = device.createCommandEncoder({ label: "snapshot" });
    encoder.copyBufferToBuffer(moments, 0, copy.moments, 0, moments.size);
    device.queue.submit([encoder.finish()]);
    return copy;
  }

  /** After the forward pass of the clean image: fixes the class, the first one where none was chosen. */
  async playClass(submits: Submits, engine: Engine): Promise<void> {
    submits.copy(this.words, engine.port("target"));
    if (this.chosen.target !== undefined) return;
    await engine.play(submits, ["classify"], 1);
    submits.copy(engine.port("target"), this.words);
  }

  /** After the forward pass of a batch: the backward pass of this class. */
  async playBackward(
    submits: Submits,
    engine: Engine,
    { samples, takesTurns }: { samples: number; takesTurns: boolean },
  ): Promise<void> {
    if (takesTurns) {
      submits.copy(this.words, engine.port("target"));
      submits.copy(this.moments, engine.port("moments"));
    }
    await engine.play(submits, ["backward"], samples);
    submits.copy(engine.port("moments"), this.moments);
  }

  /** Keeps what the engine must know again when other work on it is over; the moments are here already. */
  async leave(submits: Submits, engine: Engine): Promise<void> {
    for (const [i, source] of engine.carried.entries()) {
      this.carried[i] ??= bufferLike(this.device, source);
      submits.copy(source, this.carried[i]);
    }
    await submits.submit();
  }

  /** Makes an engine that others played go on where it was left. */
  async resume(
    submits: Submits,
    engine: Engine,
    { tensor, scale }: { readonly tensor: InputTensor; readonly scale: number },
  ): Promise<void> {
    submits.label = "resume";
    await playAgain(submits, engine, tensor, scale);
    submits.copy(this.words, engine.port("target"));
    submits.copy(this.moments, engine.port("moments"));
    for (const [i, target] of engine.carried.entries()) {
      submits.copy(this.carried[i] as GPUBuffer, target);
    }
    await submits.submit();
  }

  /** Frees its buffers. */
  destroy(): void {
    for (const buffer of [this.words, this.moments, ...this.carried]) buffer.destroy();
  }
}

/** An empty buffer as long as another one. */
function bufferLike(device: GPUDevice, { label, size }: GPUBuffer): GPUBuffer {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  return device.createBuffer({ label: `${label}, kept`, size, usage });
}
