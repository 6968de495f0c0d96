// The shaders that ordinary convolutional networks need, from the noise to the moments: a part that every model brings.

import moments from "../../shaders/methods/moments.wgsl";
import noise from "../../shaders/methods/noise.wgsl";
import target from "../../shaders/methods/target.wgsl";
import arithmetic from "../../shaders/network/arithmetic.wgsl";
import conv from "../../shaders/network/conv.wgsl";
import gather from "../../shaders/network/gather.wgsl";
import gemm from "../../shaders/network/gemm.wgsl";
import pool from "../../shaders/network/pool.wgsl";
import relu from "../../shaders/network/relu.wgsl";
import f32 from "../../shaders/shared/f32.wgsl";

/** Their texts by name; and how tensors are stored in single precision, in whose place half precision comes. */
export const ordinary = {
  arithmetic,
  conv,
  f32,
  gather,
  gemm,
  moments,
  noise,
  pool,
  relu,
  target,
} as const;
