// Noise on the weights (Bykov et al. 2022): w · (1 + level · z), where z is the normal of the seed, the draw, the
// parameter's name and the weight's place in it, which is that of its element in packed memory.

import type { OnnxModel } from "../../src/onnx/types.js";
import type { Constant } from "../../src/tensor/types.js";
import { normals } from "./philox.js";

/** The names that the parameters of `smallNetwork` have as they are played. */
export const KEYS: Readonly<Record<string, string>> = {
  w1: "w1 b1 packed",
  b1: "w1 b1 bias",
  w2: "w2 packed",
  w3: "Reshape_5 w3 b3 packed",
  b3: "Reshape_5 w3 b3 bias",
};

// FNV-1a.
function hash(name: string): number {
  let value = 0x811c9dc5n;
  for (const byte of new TextEncoder().encode(name))
    value = ((value ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
  return Number(value);
}

// Weights [O, C, kernel…] lie as [O/4][C/4][k] of 4 × 4 matrices, column by column; a vector as it is.
function places({ shape }: Constant): number[] {
  const [outputs = 1, inputs = 1, ...kernel] = shape;
  if (shape.length === 1) return Array.from({ length: outputs }, (_, o) => o);
  const taps = kernel.reduce((a, b) => a * b, 1);
  const found: number[] = [];
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < inputs; c++) {
      for (let k = 0; k < taps; k++) {
        const matrix = (Math.floor(o / 4) * Math.ceil(inputs / 4) + Math.floor(c / 4)) * taps + k;
        found.push(matrix * 16 + (c % 4) * 4 + (o % 4));
      }
    }
  }
  return found;
}

/** The model as a draw of the weights has it; `keys` names the parameters that are noisy. */
export function withNoise(
  model: OnnxModel,
  keys: Readonly<Record<string, string>>,
  { level, draw, seed = 0 }: { level: number; draw: number; seed?: number },
): OnnxModel {
  const constants = new Map(model.constants);
  for (const [name, key] of Object.entries(keys)) {
    const constant = constants.get(name)!;
    const at = places(constant);
    const z = normals(Math.max(...at) + 1, seed, draw, { purpose: 3, name: hash(key) });
    const data = Float64Array.from(constant.data, (w, e) => w * (1 + level * z[at[e]!]!));
    constants.set(name, { ...constant, data });
  }
  return { ...model, constants };
}
