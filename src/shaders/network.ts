// The shaders that ordinary convolutional networks need, from the noise to the moments: a part that every model brings.

import moments from "../../shaders/methods/moments.wgsl";
import noise from "../../shaders/methods/noise.wgsl";
import target from "../../shaders/methods/target.wgsl";
import arithmetic from "../../shaders/network/arithmetic.wgsl";
import conv from "../../shaders/network/conv.wgsl";
import dense from "../../shaders/network/dense.wgsl";
import gather from "../../shaders/network/gather.wgsl";
import pool from "../../shaders/network/pool.wgsl";
import relu from "../../shaders/network/relu.wgsl";
import f32 from "../../shaders/shared/f32.wgsl";

/** Their texts by name; and how tensors are stored in single precision, in whose place half precision comes. */
export const ordinary = {
  arithmetic,
  conv,
  dense,
  f32,
  gather,
  moments,
  noise,
  pool,
  relu,
  target,
} as const;
