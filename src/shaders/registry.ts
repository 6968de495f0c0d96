// The shaders by name, as text. Each file of shaders/ says in its first lines what it imports, and the build puts that
// before it. None is there from the beginning: those of ordinary networks come together when a model is loaded, each of the
// others when a plan names it.

import type { Step } from "./step.js";

const texts = new Map<string, string>();

type File = () => Promise<{ readonly default: string }>;

/** The others. */
const rare: Readonly<Record<string, File>> = {
  "batch-normalization": () => import("../../shaders/network/batch-normalization.wgsl"),
  "batched-matmul": () => import("../../shaders/network/batched-matmul.wgsl"),
  blur: () => import("../../shaders/methods/blur.wgsl"),
  cam: () => import("../../shaders/methods/cam.wgsl"),
  "conv-lanes4": () => import("../../shaders/network/conv-lanes4.wgsl"),
  "conv-shared": () => import("../../shaders/network/conv-shared.wgsl"),
  "conv-to-image": () => import("../../shaders/network/conv-to-image.wgsl"),
  "conv-to-image-strided": () => import("../../shaders/network/conv-to-image-strided.wgsl"),
  depthwise: () => import("../../shaders/network/depthwise.wgsl"),
  depthwise3: () => import("../../shaders/network/depthwise3.wgsl"),
  f16: () => import("../../shaders/shared/f16.wgsl"),
  "gemm-lanes4": () => import("../../shaders/network/gemm-lanes4.wgsl"),
  im2col: () => import("../../shaders/network/im2col.wgsl"),
  lrp: () => import("../../shaders/methods/lrp.wgsl"),
  "mean-gates": () => import("../../shaders/methods/mean-gates.wgsl"),
  occlusion: () => import("../../shaders/methods/occlusion.wgsl"),
  perturb: () => import("../../shaders/methods/perturb.wgsl"),
  quantize: () => import("../../shaders/network/quantize.wgsl"),
  reduce: () => import("../../shaders/network/reduce.wgsl"),
  rescale: () => import("../../shaders/methods/rescale.wgsl"),
  softmax: () => import("../../shaders/network/softmax.wgsl"),
  unary: () => import("../../shaders/network/unary.wgsl"),
  winograd: () => import("../../shaders/network/winograd.wgsl"),
  winograd5: () => import("../../shaders/network/winograd5.wgsl"),
};

/** The text of a shader; undefined if there is none of that name, or it was not loaded. */
export function shader(name: string): string | undefined {
  return texts.get(name);
}

/** Adds what has a place of its own. */
export function addShaders(more: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(more)) texts.set(name, text);
}

/** Loads what steps need and is not there yet, and in any case what ordinary networks need. */
export async function loadShaders(steps: readonly Step[] = []): Promise<void> {
  const { ordinary } = await import("./network.js");
  addShaders(ordinary);
  const load = async (name: string) => {
    const file = rare[name];
    if (file && !texts.has(name)) texts.set(name, (await file()).default);
  };
  const names = new Set(steps.map((step) => step.shader));
  if (steps.some(({ precision }) => precision === "half")) names.add("f16");
  await Promise.all(Array.from(names, load));
}
