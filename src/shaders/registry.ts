// The WGSL files by name, as text. A shader that uses functions of another file has that file put before it:
// plain concatenation, so that what is compiled is what is written. None is there from the beginning: those of ordinary
// networks come together when a model is loaded, each of the others when a plan names it.

import type { beginnings } from "./network.js";

const texts = new Map<string, string>();

type File = () => Promise<{ readonly default: string }>;
type Rare = readonly [begins: keyof typeof beginnings, ...files: File[]];

const quad: File = () => import("../../shaders/shared/lanes4.wgsl");
const planes: File = () => import("../../shaders/shared/depthwise-row.wgsl");
const tiles: File = () => import("../../shaders/shared/winograd-tile.wgsl");

/** The others: what stands before the files, and the files, one after the other. */
const rare: Readonly<Record<string, Rare>> = {
  "batch-normalization": ["ends", () => import("../../shaders/network/batch-normalization.wgsl")],
  blur: ["sampling", () => import("../../shaders/methods/blur.wgsl")],
  "conv-lanes4": ["convolving", quad],
  depthwise: ["tapping", planes, () => import("../../shaders/network/depthwise.wgsl")],
  depthwise3: ["ends", planes, () => import("../../shaders/network/depthwise3.wgsl")],
  "dense-lanes4": ["densely", quad],
  cam: ["nothing", () => import("../../shaders/methods/cam.wgsl")],
  half: ["nothing", () => import("../../shaders/shared/f16.wgsl")],
  "conv-shared": ["shared", () => import("../../shaders/network/conv-shared.wgsl")],
  "conv-to-image": ["sliding", () => import("../../shaders/network/conv-to-image.wgsl")],
  im2col: ["ends", () => import("../../shaders/network/im2col.wgsl")],
  occlusion: ["sampling", () => import("../../shaders/methods/occlusion.wgsl")],
  perturb: ["draws", () => import("../../shaders/methods/perturb.wgsl")],
  product: ["ends", () => import("../../shaders/network/product.wgsl")],
  reduce: ["ends", () => import("../../shaders/network/reduce.wgsl")],
  lrp: ["ends", () => import("../../shaders/methods/lrp.wgsl")],
  rescale: ["ends", () => import("../../shaders/methods/rescale.wgsl")],
  smooth: ["ends", () => import("../../shaders/network/smooth.wgsl")],
  softmax: ["ends", () => import("../../shaders/network/softmax.wgsl")],
  "conv-to-image-strided": [
    "ends",
    () => import("../../shaders/network/conv-to-image-strided.wgsl"),
  ],
  "mean-gates": ["tallies", () => import("../../shaders/methods/mean-gates.wgsl")],
  winograd: ["ends", tiles, () => import("../../shaders/network/winograd.wgsl")],
  winograd5: ["ends", tiles, () => import("../../shaders/network/winograd5.wgsl")],
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
