// The shaders that ordinary convolutional networks need, from the noise to the moments, and what others begin with.

import moments from "../../shaders/methods/moments.wgsl";
import noise from "../../shaders/methods/noise.wgsl";
import target from "../../shaders/methods/target.wgsl";
import arithmetic from "../../shaders/network/arithmetic.wgsl";
import conv from "../../shaders/network/conv.wgsl";
import dense from "../../shaders/network/dense.wgsl";
import gather from "../../shaders/network/gather.wgsl";
import pool from "../../shaders/network/pool.wgsl";
import relu from "../../shaders/network/relu.wgsl";
import activation from "../../shaders/shared/activation.wgsl";
import single from "../../shaders/shared/f32.wgsl";
import gradient from "../../shaders/shared/gradient.wgsl";
import alone from "../../shaders/shared/lanes1.wgsl";
import order from "../../shaders/shared/order.wgsl";
import quads from "../../shaders/shared/quads.wgsl";
import random from "../../shaders/shared/random.wgsl";
import run from "../../shaders/shared/run.wgsl";
import sample from "../../shaders/shared/sample.wgsl";
import scale from "../../shaders/shared/scale.wgsl";
import strip from "../../shaders/shared/strip.wgsl";
import taps from "../../shaders/shared/taps.wgsl";

const ends = activation + gradient;
const convolving = run + ends + strip + quads + conv;
const densely = run + ends + strip + quads + dense;
const sampling = run + random + sample;

/** What is put before other files. */
export const beginnings = {
  nothing: "",
  ends,
  convolving,
  densely,
  sliding: ends + strip + taps,
  tapping: ends + taps,
  sampling,
  draws: run + random,
  shared: run + ends + taps,
  tallies: run + ends,
} as const;

export const shaders = {
  arithmetic: ends + arithmetic,
  conv: convolving + alone,
  dense: densely + alone,
  relu: ends + relu,
  gather: ends + gather,
  moments: sampling + scale + moments,
  noise: sampling + noise,
  pool: ends + pool,
  target: order + target,
  single,
} as const;
