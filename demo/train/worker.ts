// The half of the page that works on the GPU: it learns step by step, and now and then computes the maps of the chosen
// digit with the weights of the moment, by the library as anyone would.

import { loadModel, requestDevice, sensitivity } from "../../src/index.js";
import {
  type Dataset,
  encodeModel,
  evaluate,
  type NamedFile,
  networks,
  type Progress,
  readIdx,
  Trainer,
  train,
  unpack,
} from "../../src/train.js";
import type { Report, Request } from "./messages.js";

const EPOCHS = 4;
const RATE = 2e-3;
const EVERY = 5; // steps between two points of the curves
const PAUSE = 1000; // milliseconds between two maps
const NOISE = 0.2; // of SmoothGrad
const SAMPLES = 20;

const device = requestDevice();
let data: { training: Dataset; test: Dataset } | undefined;
let trainer: Trainer | undefined;
let steps: AsyncGenerator<Progress> | undefined;
let isRunning = false;
let noise = 0;
let digit = 0;
let turn: Promise<unknown> = Promise.resolve();

const report = (message: Report) => postMessage(message);

// One request after the other; a fault is told and the next one is heard.
addEventListener("message", ({ data: request }: MessageEvent<Request>) => {
  if (request.kind === "noise") noise = request.noise;
  if (request.kind === "run") isRunning = request.isRunning;
  if (trainer) trainer.noise = noise;
  turn = turn
    .then(() => handle(request))
    .catch((error) => report({ kind: "fault", message: (error as Error).message }));
});

async function handle(request: Request): Promise<void> {
  if (request.kind === "files") {
    data = await sorted(request.files);
    digit = 0;
    const digits = firstDigits(data.test).map((index) => pictureOf(data!.test, index));
    await again();
    const { training, test } = data;
    report({ kind: "ready", digits, images: training.labels.length, tested: test.labels.length });
    await showMaps();
  } else if (request.kind === "again" && data) {
    await again();
    await showMaps();
  } else if (request.kind === "digit") {
    digit = request.digit;
    await showMaps();
  } else if (request.kind === "run" && request.isRunning) learn();
}

async function again(): Promise<void> {
  isRunning = false;
  trainer?.destroy();
  const network = networks["mnist-small"](0);
  trainer = await Trainer.create(await device, network, { noise });
  steps = train(trainer, data!.training, { epochs: EPOCHS, rate: RATE, every: EVERY });
}

/** Takes steps until it is told to stop; each is a turn of its own, so that requests come between. */
function learn(): void {
  let last = performance.now();
  let shown = 0;
  const step = async (): Promise<void> => {
    if (!isRunning || !steps || !trainer) return;
    const { value, done } = await steps.next();
    if (done) return finish();
    const now = performance.now();
    const { loss, accuracy, samples } = value;
    const imagesPerSecond = (1000 * samples) / (now - last);
    last = now;
    const point = { step: value.step, loss, accuracy, imagesPerSecond };
    report({ kind: "progress", point, steps: value.steps, epoch: value.epoch });
    if (now - shown > PAUSE) {
      await showMaps();
      last = shown = performance.now();
    }
    next();
  };
  const next = () => {
    turn = turn.then(step).catch((error) => report({ kind: "fault", message: error.message }));
  };
  next();
}

async function finish(): Promise<void> {
  isRunning = false;
  const { accuracy } = await evaluate(trainer!, data!.test);
  const { classes } = trainer!.network;
  const onnx = encodeModel(await trainer!.model(), { half: true, classes });
  report({ kind: "done", accuracy, onnx: onnx.slice() });
  await showMaps();
}

async function showMaps(): Promise<void> {
  if (!trainer || !data) return;
  const index = firstDigits(data.test)[digit] as number;
  const image = { data: inputOf(data.test, index), shape: [1, ...data.test.shape] };
  const model = await loadModel(await device, encodeModel(await trainer.model()));
  try {
    const plain = await sensitivity(model, image, { samples: 1, noise: 0 });
    const smooth = await sensitivity(model, image, { samples: SAMPLES, noise: NOISE });
    const view = { palette: "grayscale" } as const;
    const { index: said, probability } = plain.target;
    report({
      kind: "maps",
      gradient: await plain.pixels(view),
      smooth: await smooth.pixels(view),
      verdict: { label: data.test.labels[index] as number, said: String(said), probability },
    });
    plain.destroy();
    smooth.destroy();
  } finally {
    model.destroy();
  }
}

/** The two data sets among some files: what they are is told by their first bytes and their sizes. */
async function sorted(files: readonly File[]): Promise<{ training: Dataset; test: Dataset }> {
  const read: NamedFile[] = await Promise.all(
    files.map(async (file) => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      return { name: file.name, bytes: await unpack({ name: file.name, bytes }) };
    }),
  );
  const bySize = read.sort((a, b) => b.bytes.length - a.bytes.length);
  const kind = (axes: number) => bySize.filter(({ bytes }) => bytes[2] === 8 && bytes[3] === axes);
  const [images, labels] = [kind(3), kind(1)];
  if (images.length !== 2 || labels.length !== 2) {
    throw new Error(
      `these are ${images.length} files of images and ${labels.length} of labels; it takes two of each`,
    );
  }
  const [training, test] = await Promise.all(
    [0, 1].map((i) => readIdx(images[i] as NamedFile, labels[i] as NamedFile)),
  );
  return { training: training as Dataset, test: test as Dataset };
}

/** The first image of each class. */
function firstDigits({ labels }: Dataset): number[] {
  return Array.from({ length: 10 }, (_, digit) => Math.max(0, labels.indexOf(digit)));
}

function inputOf({ pixels, shape }: Dataset, index: number): Float32Array<ArrayBuffer> {
  const size = shape.reduce((product, n) => product * n, 1);
  const bytes = pixels.subarray(index * size, (index + 1) * size);
  return Float32Array.from(bytes, (byte) => byte / 255);
}

function pictureOf(set: Dataset, index: number): ImageData {
  const [, height, width] = set.shape;
  const colors = inputOf(set, index);
  const pixels = Uint8ClampedArray.from({ length: colors.length * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : 255 * (colors[i >> 2] as number),
  );
  return new ImageData(pixels, width, height);
}
