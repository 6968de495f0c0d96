// The operators that ordinary convolutional networks do without.

import { Arithmetic } from "./arithmetic.js";
import { MatMul } from "./matmul.js";
import { DepthToSpace, SpaceToDepth } from "./move/depth-to-space.js";
import { Tile } from "./move/expand.js";
import { Gather, GatherElements, GatherND, Split } from "./move/gather.js";
import { Pad } from "./move/pad.js";
import { Slice } from "./move/slice.js";
import { Spread, Unfold } from "./move/spread.js";
import { Transpose } from "./move/transpose.js";
import { Quantize } from "./quantize.js";
import { ReduceMax, ReduceMean, ReduceMin, ReduceSum, Standardize } from "./reduce.js";
import { Resize } from "./resize.js";
import { LogSoftmax, Softmax } from "./softmax.js";
import type { Op } from "./types.js";
import { unary } from "./unary.js";

export const uncommonOps: Readonly<Record<string, Op>> = {
  ...unary,
  DepthToSpace,
  Gather,
  GatherElements,
  GatherND,
  LogSoftmax,
  MatMul,
  Max: Arithmetic,
  Min: Arithmetic,
  PRelu: Arithmetic,
  Pad,
  Pow: Arithmetic,
  Quantize,
  ReduceMax,
  ReduceMean,
  ReduceMin,
  ReduceSum,
  Resize,
  Slice,
  Softmax,
  SpaceToDepth,
  Split,
  Spread,
  Standardize,
  Tile,
  Transpose,
  Unfold,
  Upsample: Resize,
};
