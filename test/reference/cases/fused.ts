// Cases of the operators that onnxruntime's optimizer writes.

import type { Case } from "../case.js";

export const fused: readonly Case[] = [{ op: "com.microsoft::Gelu", shape: [1, 5, 2, 2] }];
