// Logits and gradient of a random graph by the kernels, against the float64 twins.
//
// What may differ is measured, not guessed: the same twins are run again with every stored number a little off, at random,
// as rounding would have it. Where that moves the gradient a lot, a ReLU or a maximum is near its kink, and another image
// is taken; if every image is near one, the gradient may be as far off as the disturbed ones are.

import { sensitivity } from "../../src/explain/sensitivity.js";
import { makeGraph } from "../../src/graph/graph.js";
import { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { OnnxModel } from "../../src/onnx/types.js";
import type { Tiling } from "../../src/ops/types.js";
import { HARDWARE_TILING, SOFTWARE_TILING } from "../../src/plan/tilings.js";
import { halfValue } from "../../src/tensor/half.js";
import { halfBits } from "../../src/tensor/rounding.js";
import type { Precision } from "../../src/tensor/types.js";
import { backward, forward, type Rounding } from "../reference/index.js";
import { normals, philox } from "../reference/philox.js";
import { sizeOf } from "../reference/twin.js";
import { poisoned } from "../support/poison.js";
import { randn } from "../support/randn.js";
import type { RandomGraph } from "./draw.js";
import { drawsOf } from "./draws.js";

const TILINGS: Readonly<Record<string, Tiling>> = {
  software: SOFTWARE_TILING,
  hardware: HARDWARE_TILING,
  sharing: { ...HARDWARE_TILING, shared: [{ across: 16, down: 8, quads: 1, cost: 0 }] },
};

/** How a graph is played. */
export interface Setting {
  readonly tiling: string;
  readonly precision: Precision;
  /** 1, without noise, or 3, with it. */
  readonly samples: number;
  readonly batch: number;
  readonly singleDispatch: boolean;
  /** The maps of all classes at once, from the same forward passes. */
  readonly several: boolean;
}

/** Tiling and precision: graphs of alike seeds share what was compiled, so seeds take turns with them. */
const TURNS = [
  ["software", "single"],
  ["hardware", "single"],
  ["software", "half"],
  ["software", "single"],
  ["sharing", "single"],
  ["hardware", "half"],
] as const;

/** After so many seeds tiling and precision are the same again. */
export const TURN = TURNS.length;

/** The setting of a seed. */
export function settingOf(seed: number): Setting {
  const { draw } = drawsOf(seed, 1);
  const [tiling, precision] = TURNS[seed % TURN] as (typeof TURNS)[number];
  const samples = draw(2) === 0 ? 1 : 3;
  return {
    tiling,
    precision,
    samples,
    batch: samples - draw(Math.min(2, samples)),
    singleDispatch: draw(20) === 19 && precision === "single",
    several: draw(8) === 7,
  };
}

const NOISE = 0.1;
const IMAGES = 5;
const DISTURBED = 2;

/** What a graph makes of an image: its logits, and the mean gradient over the noisy copies of each target. */
interface Answer {
  readonly logits: Float64Array;
  readonly gradients: readonly Float64Array[];
}

function imageOf(size: number, seed: number): Float32Array {
  return randn(size, seed + 1);
}

/** The noisy copies of an image that the library makes. */
function copiesOf(data: Float32Array, { samples }: Setting, seed: number): Float64Array[] {
  if (samples === 1) return [Float64Array.from(data)];
  const range = data.reduce((a, b) => Math.max(a, b)) - data.reduce((a, b) => Math.min(a, b));
  return Array.from({ length: samples }, (_, i) => {
    const z = normals(data.length, seed, i);
    return Float64Array.from(data, (v, e) => v + NOISE * range * (z[e] as number));
  });
}

/** By the twins, every stored number changed by the rounding. */
function answerOf(
  model: OnnxModel,
  { shape, logits, classes }: RandomGraph,
  image: Float32Array,
  copies: readonly Float64Array[],
  targets: readonly number[],
  rounding?: Rounding,
): Answer {
  const asked = { ...model, outputs: [logits] };
  const seen = forward(asked, Float64Array.from(image), shape, rounding);
  const means = targets.map(() => new Float64Array(image.length));
  for (const copy of copies) {
    const values = forward(asked, copy, shape, rounding);
    for (const [k, target] of targets.entries()) {
      const seed = new Float64Array(classes).with(target, 1);
      const dx = backward(asked, values, seed, {}, undefined, rounding);
      const mean = means[k] as Float64Array;
      dx.forEach((g, e) => {
        mean[e] = (mean[e] as number) + g / copies.length;
      });
    }
  }
  return { logits: seen.get(logits)?.data as Float64Array, gradients: means };
}

/** Changes numbers by up to this part of them, at random, and rounds them to halves where they are stored so. */
function disturbance(precision: Precision, seed: number): Rounding {
  let [state = 1] = philox([seed, 0, 0, 0], [5, 5]);
  const epsilon = precision === "half" ? 2 ** -11 : 2e-6;
  return (value) => {
    // Axes and lengths stay as they are.
    if (Number.isInteger(value)) return value;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const moved = value * (1 + epsilon * ((2 * state) / 2 ** 32 - 1));
    return precision === "half" ? halfValue(halfBits(moved)) : moved;
  };
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return Math.sqrt(sum);
}

const norm = (a: ArrayLike<number>) => distance(new Float64Array(a.length), a);

/** An image, the answer to it, and how far rounding may lead from the answer. */
interface Question {
  readonly image: Float32Array;
  readonly answer: Answer;
  readonly logitSlack: number;
  readonly slacks: readonly number[];
}

function ask(
  model: OnnxModel,
  graph: RandomGraph,
  setting: Setting,
  targets: readonly number[],
  seed: number,
): Question {
  const image = imageOf(sizeOf(graph.shape), seed);
  const copies = copiesOf(image, setting, SEED);
  const answer = answerOf(model, graph, image, copies, targets);
  const others = Array.from({ length: DISTURBED }, (_, i) => {
    const rounding = disturbance(setting.precision, i);
    return answerOf(model, graph, image, copies, targets, rounding);
  });
  const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    image,
    answer,
    logitSlack: most(others.map(({ logits }) => distance(logits, answer.logits))),
    slacks: answer.gradients.map((g, k) =>
      most(others.map(({ gradients }) => distance(gradients[k] as Float64Array, g))),
    ),
  };
}

const SEED = 7;

/** The first image whose gradient no kink is near, or the one that is least near one. */
export function smoothest(
  model: OnnxModel,
  graph: RandomGraph,
  setting: Setting,
  targets: readonly number[],
  from: number,
): Question {
  let best: Question | undefined;
  let least = Number.POSITIVE_INFINITY;
  const far = setting.precision === "half" ? 1e-2 : 2e-5;
  for (let i = 0; i < IMAGES && least > far; i++) {
    const question = ask(model, graph, setting, targets, 100 * from + i);
    const { answer, slacks } = question;
    const off = Math.max(
      ...slacks.map((slack, k) => slack / (norm(answer.gradients[k] as Float64Array) || 1)),
    );
    if (off < least || !best) [best, least] = [question, off];
  }
  return best as Question;
}

/** Thrown where a number is wrong. */
export class Difference extends Error {}

/**
 * Plays a graph by the kernels. Throws a Difference where logits or gradient are not those of the twins, and whatever
 * the library throws.
 */
export async function judge(
  device: GPUDevice,
  graph: RandomGraph,
  setting: Setting,
): Promise<void> {
  const decoded = decodeModel(graph.bytes);
  // A Sigmoid that was drawn last is not meant as the end of a classifier.
  const keepSoftmax = graph.output === graph.logits;
  const made = makeGraph(decoded, { output: graph.output, axes: "NCHW", keepSoftmax });
  // Half precision rounds so much that a kink may be missed by all disturbed twins; by three images it is not.
  const images = setting.precision === "half" ? 3 : 1;
  for (let from = 0; from < images; from++) {
    try {
      await poisoned(device, async () => {
        const { tiling, precision } = setting;
        const model = Model.of(device, made, { tiling: TILINGS[tiling] as Tiling, precision });
        try {
          await compare(model, decoded, graph, setting, from);
        } finally {
          model.destroy();
        }
      });
      return;
    } catch (error) {
      if (!(error instanceof Difference) || from === images - 1) throw error;
    }
  }
}

async function compare(
  model: Model,
  decoded: OnnxModel,
  graph: RandomGraph,
  setting: Setting,
  from: number,
): Promise<void> {
  const { samples, batch, singleDispatch, several, precision } = setting;
  const all = Array.from({ length: graph.classes }, (_, k) => k);
  const targets = several ? all : [(graph.classes - 1) >> 1];
  const { image, answer, logitSlack, slacks } = smoothest(decoded, graph, setting, targets, from);
  const input = { data: image, shape: graph.shape };
  const floor = precision === "half" ? 5e-3 : 3e-5;
  const { logits } = await model.classify(input);
  check("logits", logits, answer.logits, floor, logitSlack);
  const noise = samples === 1 ? 0 : NOISE;
  const options = { samples, noise, batch, seed: SEED };
  const single = singleDispatch && !several && (await fitsOne(model, input));
  const maps = several
    ? await sensitivity(model, input, { ...options, target: targets })
    : [await sensitivity(model, input, { ...options, target: targets[0] as number, ...single })];
  try {
    for (const [k, map] of maps.entries()) {
      const gradient = await map.data();
      const what = `gradient of class ${targets[k]}`;
      check(what, gradient, answer.gradients[k] as Float64Array, floor, slacks[k] as number);
    }
  } finally {
    for (const map of maps) map.destroy();
  }
}

/** The option of a single dispatch, for networks that one is for. */
async function fitsOne(model: Model, input: { data: Float32Array; shape: readonly number[] }) {
  try {
    const options = { samples: 1, noise: 0, target: 0, singleDispatch: true };
    (await sensitivity(model, input, options)).destroy();
    return { singleDispatch: true };
  } catch (error) {
    if (/single dispatch: /.test((error as Error).message)) return {};
    throw error;
  }
}

function check(
  what: string,
  actual: ArrayLike<number>,
  expected: Float64Array,
  floor: number,
  slack: number,
): void {
  const [off, size] = [distance(actual, expected), norm(expected)];
  const allowed = Math.max(floor * size, 4 * slack, 1e-12);
  if (off <= allowed) return;
  const worst = expected.reduce(
    (w, e, i) =>
      !(
        Math.abs((actual[i] as number) - e) <=
        Math.abs((actual[w] as number) - (expected[w] as number))
      )
        ? i
        : w,
    0,
  );
  throw new Difference(
    `${what}: ${off} off, ${size} long, ${allowed} allowed; element ${worst} of ${expected.length} is ` +
      `${actual[worst]} instead of ${expected[worst]}`,
  );
}
