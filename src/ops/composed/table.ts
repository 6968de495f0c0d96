// The table of operators that are made of others, always or in some cases. Each file has its operators by ONNX's names at its
// end; those with a file of their own are named here.

import { matMul } from "../matmul.js";
import type { Composition } from "../types.js";
import { arithmetic } from "./arithmetic.js";
import { attention } from "./attention.js";
import { convolutions } from "./conv.js";
import { einsum } from "./einsum.js";
import { fused } from "./fused.js";
import { gemm } from "./gemm.js";
import { identities } from "./identity.js";
import { normalizations } from "./normalizations.js";
import { pools } from "./pool.js";
import { quantization } from "./quantized.js";
import { reductions } from "./reduce.js";
import { scatters } from "./scatter.js";
import { oldSoftmax } from "./softmax.js";

export const compositions: Readonly<Record<string, Composition>> = {
  ...arithmetic,
  ...convolutions,
  ...fused,
  ...identities,
  ...normalizations,
  ...pools,
  ...quantization,
  ...reductions,
  ...scatters,
  Attention: attention,
  Einsum: einsum,
  Gemm: gemm,
  LogSoftmax: oldSoftmax,
  MatMul: matMul,
  Softmax: oldSoftmax,
};
