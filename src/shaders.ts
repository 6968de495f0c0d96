// The WGSL files by name, as text. A shader that uses functions of another file has that file put before it:
// plain concatenation, so that what is compiled is what is written.

import activation from "../shaders/activation.wgsl";
import affine from "../shaders/affine.wgsl";
import arithmetic from "../shaders/arithmetic.wgsl";
import blur from "../shaders/blur.wgsl";
import cam from "../shaders/cam.wgsl";
import conv from "../shaders/conv.wgsl";
import dense from "../shaders/dense.wgsl";
import depthwise from "../shaders/depthwise.wgsl";
import elementwise from "../shaders/elementwise.wgsl";
import gather from "../shaders/gather.wgsl";
import gradient from "../shaders/gradient.wgsl";
import moments from "../shaders/moments.wgsl";
import noise from "../shaders/noise.wgsl";
import occlusion from "../shaders/occlusion.wgsl";
import perturb from "../shaders/perturb.wgsl";
import pool from "../shaders/pool.wgsl";
import product from "../shaders/product.wgsl";
import random from "../shaders/random.wgsl";
import reduce from "../shaders/reduce.wgsl";
import relevance from "../shaders/relevance.wgsl";
import rescale from "../shaders/rescale.wgsl";
import run from "../shaders/run.wgsl";
import sample from "../shaders/sample.wgsl";
import sensitivity from "../shaders/sensitivity.wgsl";
import smooth from "../shaders/smooth.wgsl";
import softmax from "../shaders/softmax.wgsl";
import strip from "../shaders/strip.wgsl";
import tally from "../shaders/tally.wgsl";
import winograd from "../shaders/winograd.wgsl";

const texts: Record<string, string> = {
  affine: activation + gradient + affine,
  arithmetic: activation + gradient + arithmetic,
  blur: run + random + sample + blur,
  cam,
  conv: activation + gradient + strip + conv,
  dense: run + activation + gradient + strip + dense,
  depthwise: activation + gradient + depthwise,
  elementwise: activation + gradient + elementwise,
  gather: activation + gradient + gather,
  moments: run + random + sample + moments,
  noise: run + random + sample + noise,
  occlusion: run + random + sample + occlusion,
  perturb: run + random + perturb,
  pool: activation + gradient + pool,
  relevance: activation + gradient + relevance,
  rescale: activation + gradient + rescale,
  reduce: activation + gradient + reduce,
  product: activation + gradient + product,
  sensitivity,
  smooth: activation + gradient + smooth,
  softmax: activation + gradient + softmax,
  tally: run + activation + gradient + tally,
  winograd: activation + gradient + winograd,
};

/** The text of a shader; undefined if there is none of that name. */
export function shader(name: string): string | undefined {
  return texts[name];
}

/** Adds what is not loaded with the library. */
export function addShaders(more: Readonly<Record<string, string>>): void {
  Object.assign(texts, more);
}
