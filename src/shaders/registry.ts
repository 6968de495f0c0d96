// The WGSL files by name, as text. A shader that uses functions of another file has that file put before it:
// plain concatenation, so that what is compiled is what is written. None is there from the beginning: those of ordinary
// networks come together when a model is loaded, each of the others when a plan names it.

import type { beginnings } from "./network.js";

const texts = new Map<string, string>();

type File = () => Promise<{ readonly default: string }>;
type Rare = readonly [begins: keyof typeof beginnings, ...files: File[]];

const quad: File = () => import("../../shaders/quad.wgsl");
const planes: File = () => import("../../shaders/planes.wgsl");
const tiles: File = () => import("../../shaders/tiles.wgsl");

/** The others: what stands before the files, and the files, one after the other. */
const rare: Readonly<Record<string, Rare>> = {
  affine: ["ends", () => import("../../shaders/affine.wgsl")],
  blur: ["sampling", () => import("../../shaders/blur.wgsl")],
  "conv by four": ["convolving", quad],
  depthwise: ["tapping", planes, () => import("../../shaders/depthwise.wgsl")],
  depthwise3: ["ends", planes, () => import("../../shaders/depthwise3.wgsl")],
  "dense by four": ["densely", quad],
  cam: ["nothing", () => import("../../shaders/cam.wgsl")],
  half: ["nothing", () => import("../../shaders/half.wgsl")],
  implicit: ["shared", () => import("../../shaders/implicit.wgsl")],
  narrow: ["sliding", () => import("../../shaders/narrow.wgsl")],
  neighborhoods: ["ends", () => import("../../shaders/neighborhoods.wgsl")],
  occlusion: ["sampling", () => import("../../shaders/occlusion.wgsl")],
  perturb: ["draws", () => import("../../shaders/perturb.wgsl")],
  product: ["ends", () => import("../../shaders/product.wgsl")],
  reduce: ["ends", () => import("../../shaders/reduce.wgsl")],
  relevance: ["ends", () => import("../../shaders/relevance.wgsl")],
  rescale: ["ends", () => import("../../shaders/rescale.wgsl")],
  smooth: ["ends", () => import("../../shaders/smooth.wgsl")],
  softmax: ["ends", () => import("../../shaders/softmax.wgsl")],
  stem: ["ends", () => import("../../shaders/stem.wgsl")],
  tally: ["tallies", () => import("../../shaders/tally.wgsl")],
  winograd: ["ends", tiles, () => import("../../shaders/winograd.wgsl")],
  winograd5: ["ends", tiles, () => import("../../shaders/winograd5.wgsl")],
};

/** What steps that do not begin or end like others leave unsaid. */
export const DEFAULTS: Readonly<Record<string, number>> = {
  PATHS: 1,
  ALIGNED: 0,
  ACTIVATE: 0,
  KEEP_MASK: 0,
  RESIDUAL: 0,
  ADD: 0,
  GATE: 0,
  ROWS: 0,
  DILATED: 0,
  PADDED: 1,
  KERNEL_X: 0,
  WINDOWS: 0,
  HEAD: 0,
};

/** The text of a shader; undefined if there is none of that name, or it was not loaded. */
export function shader(name: string): string | undefined {
  return texts.get(name);
}

/** Adds what has a place of its own. */
export function addShaders(more: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(more)) texts.set(name, text);
}

/** Loads what is not there yet, and in any case what ordinary networks need. */
export async function loadShaders(names: Iterable<string> = []): Promise<void> {
  const { beginnings, shaders } = await import("./network.js");
  addShaders(shaders);
  const load = async (name: string) => {
    const [before, ...files] = rare[name] ?? [];
    if (before === undefined || texts.has(name)) return;
    const after = await Promise.all(files.map((file) => file()));
    texts.set(name, [beginnings[before], ...after.map((file) => file.default)].join("\n"));
  };
  await Promise.all(Array.from(new Set(names), load));
}
