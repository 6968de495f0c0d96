// The half of the figures that runs in Chrome: maps of two networks, one trained on clean images and one on noisy
// ones, by the gradient and by SmoothGrad; a picture of them and their numbers.

import {
  loadModel,
  type Model,
  requestDevice,
  type SensitivityMap,
  sensitivity,
} from "../../src/index.js";
import { standardNormals } from "../../src/train/random.js";
import { type Dataset, readCifar, readIdx } from "../../src/train.js";
import { gini, roughness, scores, totalVariation } from "./numbers.js";

/** What to draw and measure. */
export interface FigureTask {
  readonly kind: "mnist" | "cifar10";
  /** Names of the test files. */
  readonly files: readonly string[];
  readonly samples: number;
  /** Of SmoothGrad, as a part of the image's range. */
  readonly noise: number;
  /** Images that are drawn, that are measured, and from which paths start. */
  readonly drawn: number;
  readonly measured: number;
  readonly paths: number;
  /** Points of a path, and the standard deviation of its end: the paper's figure 2. */
  readonly points: number;
  readonly reach: number;
}

/** The mean over the images, and its standard error. */
export interface Mean {
  readonly mean: number;
  readonly error: number;
}

/** One of the four maps, in numbers. */
export interface Cell {
  readonly trained: "clean" | "noisy";
  readonly map: "gradient" | "SmoothGrad";
  readonly gini: Mean;
  readonly totalVariation: Mean;
  readonly roughness: Mean;
}

/** A PNG in base64 and the numbers of its four columns. */
export interface Figure {
  readonly png: string;
  readonly cells: readonly Cell[];
}

const TRAINED = ["clean", "noisy"] as const;
const MAPS = ["gradient", "SmoothGrad"] as const;

/** Draws and measures; `tick` hears how far it is, from 0 to 1. */
export async function figure(task: FigureTask, tick: (part: number) => unknown): Promise<Figure> {
  const device = await requestDevice();
  const models = await Promise.all(
    TRAINED.map(async (name) => loadModel(device, await fetch(`/models/${name}`))),
  );
  const data = await load(task);
  const chosen = choose(data, Math.max(task.drawn, task.measured));
  const rounds = chosen.length * 4;
  const pictures: ImageData[][] = [];
  const cells = TRAINED.flatMap((trained) =>
    MAPS.map((map) => ({ trained, map, gini: [], totalVariation: [], roughness: [] }) as Measured),
  );
  let done = 0;
  for (const [i, index] of chosen.entries()) {
    const image = imageOf(data, index);
    const row: ImageData[] = [];
    for (const cell of cells) {
      const model = models[TRAINED.indexOf(cell.trained)] as Model;
      const options = cell.map === "gradient" ? { samples: 1, noise: 0 } : task;
      const explain = (data: Float32Array) =>
        sensitivity(model, { data, shape: image.shape }, { ...pick(options), seed: 0 });
      const map = await explain(image.data);
      const [channels, , width] = map.shape;
      const values = scores(await map.data(), channels);
      cell.gini.push(gini(values));
      cell.totalVariation.push(totalVariation(values, width));
      if (i < task.drawn) row.push(await map.pixels({ palette: "grayscale" }));
      map.destroy();
      if (i < task.paths) cell.roughness.push(roughness(await alongPath(image, i, task, explain)));
      await tick(++done / rounds);
    }
    if (i < task.drawn) pictures.push([pictureOf(image), ...row]);
  }
  return {
    png: await draw(pictures),
    cells: cells.map((cell) => ({
      ...{ trained: cell.trained, map: cell.map, gini: meanOf(cell.gini) },
      ...{ totalVariation: meanOf(cell.totalVariation), roughness: meanOf(cell.roughness) },
    })),
  };
}

interface Measured {
  readonly trained: Cell["trained"];
  readonly map: Cell["map"];
  readonly gini: number[];
  readonly totalVariation: number[];
  readonly roughness: number[];
}

interface Image {
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: number[];
}

const pick = ({ samples, noise }: { samples: number; noise: number }) => ({ samples, noise });

async function load({ kind, files }: FigureTask): Promise<Dataset> {
  const read = await Promise.all(
    files.map(async (name) => {
      const response = await fetch(`/files/${encodeURIComponent(name)}`);
      return { name, bytes: new Uint8Array(await response.arrayBuffer()) };
    }),
  );
  if (kind === "cifar10") return readCifar(read);
  const [images, labels] = read as [(typeof read)[0], (typeof read)[0]];
  return readIdx(images, labels);
}

/** The first images of each class in turn. */
function choose({ labels }: Dataset, count: number): number[] {
  const classes = Array.from({ length: 10 }, (_, label) =>
    [...labels.keys()].filter((i) => labels[i] === label),
  );
  const order = Array.from({ length: Math.ceil(count / 10) }, (_, round) =>
    classes.map((members) => members[round]),
  );
  return order
    .flat()
    .filter((i) => i !== undefined)
    .slice(0, count);
}

function imageOf({ pixels, shape }: Dataset, index: number): Image {
  const size = shape.reduce((product, n) => product * n, 1);
  const bytes = pixels.subarray(index * size, (index + 1) * size);
  return { data: Float32Array.from(bytes, (byte) => byte / 255), shape: [1, ...shape] };
}

/** The maps on the straight way to a copy with a noise that no eye sees. */
async function alongPath(
  { data }: Image,
  seed: number,
  { points, reach }: FigureTask,
  explain: (data: Float32Array) => Promise<SensitivityMap>,
): Promise<Float32Array[]> {
  const end = standardNormals(data.length, seed, 0);
  const maps: Float32Array[] = [];
  for (let i = 0; i < points; i++) {
    const t = (reach * i) / (points - 1);
    const map = await explain(data.map((v, e) => v + t * (end[e] as number)));
    maps.push(await map.data());
    map.destroy();
  }
  return maps;
}

function meanOf(values: readonly number[]): Mean {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (values.length - 1) / values.length) };
}

function pictureOf({ data, shape }: Image): ImageData {
  const [, channels = 1, height = 1, width = 1] = shape;
  const pixels = new Uint8ClampedArray(height * width * 4);
  for (let p = 0; p < height * width; p++) {
    for (let c = 0; c < 3; c++) {
      pixels[4 * p + c] = 255 * (data[Math.min(c, channels - 1) * height * width + p] as number);
    }
    pixels[4 * p + 3] = 255;
  }
  return new ImageData(pixels, width, height);
}

const SIDE = 112;
const GAP = 8;
const HEAD = 40;
const BLOCKS = 2;

/** For each image a block: itself, and the four maps beside it; two blocks to a row. */
async function draw(rows: readonly ImageData[][]): Promise<string> {
  const block = 5 * (SIDE + GAP) + 2 * GAP;
  const width = BLOCKS * block + GAP;
  const height = HEAD + Math.ceil(rows.length / BLOCKS) * (SIDE + GAP) + GAP;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  context.textAlign = "center";
  const heads = [["image", ""], ...TRAINED.flatMap((t) => MAPS.map((m) => [`trained ${t}`, m]))];
  for (const [i, row] of rows.entries()) {
    const left = GAP + (i % BLOCKS) * block;
    const top = HEAD + Math.floor(i / BLOCKS) * (SIDE + GAP);
    for (const [k, picture] of row.entries()) {
      const x = left + k * (SIDE + GAP);
      const bitmap = await createImageBitmap(picture);
      context.drawImage(bitmap, x, top, SIDE, SIDE);
      if (i >= BLOCKS) continue;
      context.fillStyle = "black";
      context.font = "13px sans-serif";
      const [first = "", second = ""] = heads[k] ?? [];
      context.fillText(first, x + SIDE / 2, 16);
      context.fillText(second, x + SIDE / 2, 32);
    }
  }
  const blob = await canvas.convertToBlob({ type: "image/png" });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}
