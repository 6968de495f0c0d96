// The operators that ordinary convolutional networks do without.

import { Arithmetic } from "./arithmetic.js";
import { DepthToSpace, SpaceToDepth } from "./blocks.js";
import { MatMul } from "./matmul.js";
import { Pad } from "./pad.js";
import { Quantize } from "./quantize.js";
import { ReduceMax, ReduceMean, ReduceMin, ReduceSum, Standardize } from "./reduce.js";
import { Tile } from "./repeat.js";
import { Resize } from "./resize.js";
import { Gather, GatherElements, GatherND, Split } from "./select.js";
import { Slice } from "./slice.js";
import { smooth } from "./smooth.js";
import { LogSoftmax, Softmax } from "./softmax.js";
import { Spread, Unfold } from "./spread.js";
import { Transpose } from "./transpose.js";
import type { Op } from "./types.js";

export const rareOps: Readonly<Record<string, Op>> = {
  ...smooth,
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
