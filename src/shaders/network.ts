// The shaders that ordinary convolutional networks need, from the noise to the moments, and what others begin with.

import activation from "../../shaders/activation.wgsl";
import alone from "../../shaders/alone.wgsl";
import arithmetic from "../../shaders/arithmetic.wgsl";
import conv from "../../shaders/conv.wgsl";
import dense from "../../shaders/dense.wgsl";
import elementwise from "../../shaders/elementwise.wgsl";
import gather from "../../shaders/gather.wgsl";
import gradient from "../../shaders/gradient.wgsl";
import moments from "../../shaders/moments.wgsl";
import noise from "../../shaders/noise.wgsl";
import order from "../../shaders/order.wgsl";
import pool from "../../shaders/pool.wgsl";
import quads from "../../shaders/quads.wgsl";
import random from "../../shaders/random.wgsl";
import run from "../../shaders/run.wgsl";
import sample from "../../shaders/sample.wgsl";
import scale from "../../shaders/scale.wgsl";
import sensitivity from "../../shaders/sensitivity.wgsl";
import single from "../../shaders/single.wgsl";
import strip from "../../shaders/strip.wgsl";
import taps from "../../shaders/taps.wgsl";

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
  elementwise: ends + elementwise,
  gather: ends + gather,
  moments: sampling + scale + moments,
  noise: sampling + noise,
  pool: ends + pool,
  sensitivity: order + sensitivity,
  single,
} as const;
