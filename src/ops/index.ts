// The table of operators: ONNX's name → how it is done here.

import type { Op } from "../types.js";
import { Piecewise } from "./activation.js";
import { Arithmetic } from "./arithmetic.js";
import { DepthToSpace, SpaceToDepth } from "./blocks.js";
import { Concat } from "./concat.js";
import { Conv } from "./conv.js";
import { Gemm } from "./dense.js";
import { MatMul } from "./matmul.js";
import { Rearrange } from "./move.js";
import { BatchNormalization } from "./normalization.js";
import { Pad } from "./pad.js";
import { AveragePool, GlobalAveragePool, MaxPool } from "./pool.js";
import { Quantize } from "./quantize.js";
import { ReduceMax, ReduceMean, ReduceMin, ReduceSum, Standardize } from "./reduce.js";
import { Expand, Tile } from "./repeat.js";
import { Flatten, Identity, Relayout, Reshape, Squeeze, Unsqueeze } from "./reshape.js";
import { Resize } from "./resize.js";
import { Gather, GatherElements, GatherND, Split } from "./select.js";
import { Slice } from "./slice.js";
import { smooth } from "./smooth.js";
import { LogSoftmax, Softmax } from "./softmax.js";
import { Spread, Unfold } from "./spread.js";
import { Transpose } from "./transpose.js";

export const ops: Readonly<Record<string, Op>> = {
  ...smooth,
  Add: Arithmetic,
  AveragePool,
  BatchNormalization,
  Clip: Piecewise,
  Concat,
  Conv,
  DepthToSpace,
  Div: Arithmetic,
  Dropout: Identity,
  Expand,
  Flatten,
  Gather,
  GatherElements,
  GatherND,
  Gemm,
  GlobalAveragePool,
  Identity,
  LeakyRelu: Piecewise,
  LogSoftmax,
  MatMul,
  Max: Arithmetic,
  MaxPool,
  Min: Arithmetic,
  Mul: Arithmetic,
  PRelu: Arithmetic,
  Pad,
  Pow: Arithmetic,
  Quantize,
  Rearrange,
  ReduceMax,
  ReduceMean,
  ReduceMin,
  ReduceSum,
  Relayout,
  Relu: Piecewise,
  Reshape,
  Resize,
  Slice,
  Softmax,
  SpaceToDepth,
  Split,
  Spread,
  Standardize,
  Squeeze,
  Sub: Arithmetic,
  Tile,
  Transpose,
  Unfold,
  Unsqueeze,
  Upsample: Resize,
};
