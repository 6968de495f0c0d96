// The WGSL files by name, as text. A shader that uses functions of another file has that file put before it:
// plain concatenation, so that what is compiled is what is written. Those that most networks do without are files of
// their own, which are loaded when a plan names them.

import activation from "../shaders/activation.wgsl";
import arithmetic from "../shaders/arithmetic.wgsl";
import conv from "../shaders/conv.wgsl";
import dense from "../shaders/dense.wgsl";
import depthwise from "../shaders/depthwise.wgsl";
import elementwise from "../shaders/elementwise.wgsl";
import gather from "../shaders/gather.wgsl";
import gradient from "../shaders/gradient.wgsl";
import moments from "../shaders/moments.wgsl";
import narrow from "../shaders/narrow.wgsl";
import noise from "../shaders/noise.wgsl";
import pool from "../shaders/pool.wgsl";
import random from "../shaders/random.wgsl";
import run from "../shaders/run.wgsl";
import sample from "../shaders/sample.wgsl";
import sensitivity from "../shaders/sensitivity.wgsl";
import strip from "../shaders/strip.wgsl";

const ends = activation + gradient;
const sampling = run + random + sample;

const texts = new Map([
  ["arithmetic", ends + arithmetic],
  ["conv", ends + strip + conv],
  ["dense", run + ends + strip + dense],
  ["depthwise", ends + depthwise],
  ["elementwise", ends + elementwise],
  ["gather", ends + gather],
  ["moments", sampling + moments],
  ["narrow", ends + strip + narrow],
  ["noise", sampling + noise],
  ["pool", ends + pool],
  ["sensitivity", sensitivity],
]);

type File = Promise<{ readonly default: string }>;

/** The others: what stands before the file, and the file. */
const rare: Readonly<Record<string, readonly [before: string, load: () => File]>> = {
  affine: [ends, () => import("../shaders/affine.wgsl")],
  blur: [sampling, () => import("../shaders/blur.wgsl")],
  cam: ["", () => import("../shaders/cam.wgsl")],
  occlusion: [sampling, () => import("../shaders/occlusion.wgsl")],
  perturb: [run + random, () => import("../shaders/perturb.wgsl")],
  product: [ends, () => import("../shaders/product.wgsl")],
  reduce: [ends, () => import("../shaders/reduce.wgsl")],
  relevance: [ends, () => import("../shaders/relevance.wgsl")],
  rescale: [ends, () => import("../shaders/rescale.wgsl")],
  smooth: [ends, () => import("../shaders/smooth.wgsl")],
  softmax: [ends, () => import("../shaders/softmax.wgsl")],
  tally: [run + ends, () => import("../shaders/tally.wgsl")],
  winograd: [ends, () => import("../shaders/winograd.wgsl")],
};

/** The text of a shader; undefined if there is none of that name, or it was not loaded. */
export function shader(name: string): string | undefined {
  return texts.get(name);
}

/** Adds what is not loaded with the library. */
export function addShaders(more: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(more)) texts.set(name, text);
}

/** Loads what is not there yet. */
export async function loadShaders(names: Iterable<string>): Promise<void> {
  const load = async (name: string) => {
    const file = rare[name];
    if (file && !texts.has(name)) texts.set(name, file[0] + (await file[1]()).default);
  };
  await Promise.all(Array.from(new Set(names), load));
}
