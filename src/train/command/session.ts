// One training from its files to its ONNX file, wherever there is WebGPU: in a page of headless Chrome, or in Node on
// Dawn. What it needs of the outside comes through `Host`.

import { adapterName, requestDevice } from "../../gpu/device.js";
import { halfBits } from "../../onnx/write-tensor.js";
import { halfValue } from "../../tensor/half.js";
import { readCheckpoint, writeCheckpoint } from "../checkpoint.js";
import { type NamedFile, readCifar, readIdx } from "../datasets.js";
import { encodeModel } from "../encode.js";
import { type NetworkName, networks } from "../networks.js";
import { type Dataset, evaluate, type Progress, train } from "../train.js";
import { Trainer } from "../trainer.js";

/** What to train, and how. */
export interface Task {
  readonly network: NetworkName;
  /** Names of the files, as `Host.read` knows them. */
  readonly training: readonly string[];
  readonly test: readonly string[];
  readonly noise: number;
  readonly epochs: number;
  readonly rate: number;
  readonly batch: number;
  readonly seed: number;
  /** Images of this many pixels around, and mirrored ones: of color images. */
  readonly margin: number;
  readonly mirror: boolean;
  /** Names of checkpoints, the newest first. */
  readonly checkpoints: readonly string[];
  /** Steps between two checkpoints. */
  readonly saveEvery: number;
}

/** What the outside does. */
export interface Host {
  read(name: string): Promise<Uint8Array>;
  save(checkpoint: Uint8Array): Promise<unknown>;
  say(line: string): unknown;
  tick(progress: Progress): unknown;
}

/** What came of it. */
export interface Outcome {
  readonly onnx: Uint8Array;
  /** Of the file, on the test images. */
  readonly accuracy: number;
  readonly loss: number;
  readonly images: number;
  readonly tested: number;
  readonly adapter: string;
  readonly input: readonly [number, number, number];
}

/** Steps between two reports, where checkpoints lie between them. */
const REPORT = 20;

/** Trains, tests, and writes the network down. */
export async function run(gpu: GPU, task: Task, host: Host): Promise<Outcome> {
  const { network: name, noise, epochs, rate, batch, seed, margin, mirror } = task;
  const network = networks[name](seed);
  const [data, test] = await Promise.all([
    load(name, task.training, host),
    load(name, task.test, host),
  ]);
  for (const [what, { shape }] of Object.entries({ training: data, test })) {
    if (shape.join() === network.input.join()) continue;
    throw new Error(`the ${what} images are [${shape}], ${name} takes [${network.input}]`);
  }
  const device = await requestDevice({ gpu });
  const trainer = await Trainer.create(device, network, { batch, seed, noise, margin, mirror });
  try {
    const about = aboutOf(task, data);
    await resume(trainer, task, about, host);
    const every = task.saveEvery % REPORT === 0 ? REPORT : task.saveEvery;
    for await (const progress of train(trainer, data, { epochs, rate, seed, every })) {
      await host.tick(progress);
      if (progress.step % task.saveEvery === 0) {
        await host.save(await writeCheckpoint(await trainer.state(), about));
      }
    }
    // The file's weights are halves, and it is the file that is tested.
    const state = await trainer.state();
    const weights = state.weights.map((w) => halfValue(halfBits(w)));
    trainer.restore({ ...state, weights });
    const { accuracy, loss, samples } = await evaluate(trainer, test);
    const { classes, input } = network;
    const onnx = encodeModel(await trainer.model(), { half: true, classes });
    const adapter = adapterName(device);
    return { onnx, accuracy, loss, images: data.labels.length, tested: samples, adapter, input };
  } finally {
    trainer.destroy();
  }
}

function aboutOf(
  { network, noise, epochs, rate, batch, seed, margin, mirror }: Task,
  data: Dataset,
) {
  const moves = `moved by ${margin}${mirror ? " and mirrored" : ""}`;
  const length = `${epochs} epochs of ${data.labels.length} images in batches of ${batch}`;
  return `${network}, ${length}, noise ${noise}, ${moves}, rate ${rate}, seed ${seed}`;
}

async function resume(trainer: Trainer, task: Task, about: string, host: Host): Promise<void> {
  for (const name of task.checkpoints) {
    try {
      trainer.restore(await readCheckpoint(await host.read(name), about));
      await host.say(`${name}: going on after step ${trainer.step}`);
      return;
    } catch (error) {
      await host.say(`${name}: not used, ${(error as Error).message}`);
    }
  }
}

async function load(network: NetworkName, names: readonly string[], host: Host): Promise<Dataset> {
  const files: NamedFile[] = await Promise.all(
    names.map(async (name) => ({ name, bytes: await host.read(name) })),
  );
  if (network === "cifar-inception") return readCifar(files);
  const [images, labels] = files as [NamedFile, NamedFile];
  return readIdx(images, labels);
}
