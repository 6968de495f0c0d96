// Operators of com.microsoft, which onnxruntime's optimizer writes in place of several of ONNX's. Here they are these again:
// what can be one kernel becomes one where plans are made.

import { inputOf } from "../attributes.js";
import type { Composition } from "../types.js";

/** x times the normal distribution, of before ONNX had it. */
const gelu: Composition = (node, write) => write.node("Gelu", [inputOf(node)]);

/** By operator. */
export const fused: Readonly<Record<string, Composition>> = {
  "com.microsoft::Gelu": gelu,
};
