// For every operator that has a twin, the shapes and attributes on which it is tried, small and odd. The twins are checked
// on them against central differences, the kernels against the twins. Each family of operators has a file, with the name that
// its file in src/ops/ has.

import type { Case } from "./case.js";
import { arithmetic } from "./cases/arithmetic.js";
import { attention } from "./cases/attention.js";
import { batchNormalization } from "./cases/batch-normalization.js";
import { concat } from "./cases/concat.js";
import { conv } from "./cases/conv.js";
import { convTranspose } from "./cases/conv-transpose.js";
import { depthToSpace } from "./cases/depth-to-space.js";
import { einsum } from "./cases/einsum.js";
import { expand } from "./cases/expand.js";
import { fused } from "./cases/fused.js";
import { gather } from "./cases/gather.js";
import { gemm } from "./cases/gemm.js";
import { matmul } from "./cases/matmul.js";
import { normalizations } from "./cases/normalizations.js";
import { pad } from "./cases/pad.js";
import { pool } from "./cases/pool.js";
import { reduce } from "./cases/reduce.js";
import { relu } from "./cases/relu.js";
import { reshape } from "./cases/reshape.js";
import { resize } from "./cases/resize.js";
import { scatter } from "./cases/scatter.js";
import { slice } from "./cases/slice.js";
import { softmax } from "./cases/softmax.js";
import { transpose } from "./cases/transpose.js";
import { unary } from "./cases/unary.js";

/** The cases by family. */
export const families: Readonly<Record<string, readonly Case[]>> = {
  arithmetic,
  attention,
  "batch-normalization": batchNormalization,
  concat,
  conv,
  "conv-transpose": convTranspose,
  "depth-to-space": depthToSpace,
  einsum,
  expand,
  fused,
  gather,
  gemm,
  matmul,
  normalizations,
  pad,
  pool,
  reduce,
  relu,
  reshape,
  resize,
  scatter,
  slice,
  softmax,
  transpose,
  unary,
};

/** All cases, each with its number within its family, which is the seed of its image. */
export const cases: readonly (readonly [number: number, example: Case])[] = Object.values(
  families,
).flatMap((family) => [...family.entries()]);
