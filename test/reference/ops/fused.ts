// Operators of com.microsoft that stand for several of ONNX's: the twins of these, one after the other.

import type { Twin } from "../twin.js";
import { Gelu } from "./unary.js";

export const fused: Readonly<Record<string, Twin>> = {
  "com.microsoft::Gelu": Gelu,
};
