// The parameters of a convolution as its kernels read them: packed into 4 × 4 matrices, into lanes of four channels, and the
// bias.

import { packVector } from "../../tensor/layout.js";
import { type Arguments, layer } from "../epilogue.js";
import type { LayerWeights } from "../rules/lrp.js";
import type { Planning } from "../types.js";
import { type Convolution, groupQuads, mergedGroups, tapsOf } from "./geometry.js";

/** Weights as conv.wgsl reads them: [O/4][C/merged/4][k] of 4 × 4 matrices, column by column. */
function* packMatrices({ geometry, weights }: Convolution): Generator<void, Float32Array> {
  const { groups, channels, outputs } = geometry;
  const { data } = weights;
  const taps = tapsOf(geometry);
  const merged = mergedGroups(geometry);
  const [perGroup, outPerGroup] = [channels / groups, outputs / groups];
  const inQuads = Math.ceil(channels / merged / 4);
  const packed = new Float32Array(Math.ceil(outputs / 4) * inQuads * taps * 16);
  for (let o = 0; o < outputs; o++) {
    const group = Math.floor(o / outPerGroup);
    const shift = (group % (groups / merged)) * perGroup;
    for (let i = 0; i < perGroup; i++) {
      const c = shift + i;
      const to = ((o >> 2) * inQuads + (c >> 2)) * taps;
      const from = (o * perGroup + i) * taps;
      for (let k = 0; k < taps; k++) {
        packed[(to + k) * 16 + (c & 3) * 4 + (o & 3)] = data[from + k] as number;
      }
    }
    yield;
  }
  return packed;
}

/** The weights as 4 × 4 matrices. */
export function matrices(conv: Convolution, plan: Planning): Arguments {
  const { in_quads } = groupQuads(conv.geometry);
  const quads = Math.ceil(conv.geometry.outputs / 4) * in_quads;
  const pack = conv.packed ?? (() => packMatrices(conv));
  const vec4s = quads * tapsOf(conv.geometry) * 4;
  const w = plan.weights(`${conv.key} packed`, vec4s, pack, conv.change);
  return { uniforms: {}, bindings: { w } };
}

/** The weights of a convolution with a group for each channel as depthwise.wgsl reads them: [C/4][k] of vec4. */
export function lanes(conv: Convolution, plan: Planning): Arguments {
  const vec4s = Math.ceil(conv.geometry.channels / 4) * tapsOf(conv.geometry);
  const w = plan.weights(`${conv.key} by lanes`, vec4s, () => packLanes(conv), conv.change);
  return { uniforms: {}, bindings: { w } };
}

function packLanes({ geometry, weights: { data } }: Convolution): Float32Array {
  const taps = tapsOf(geometry);
  const packed = new Float32Array(Math.ceil(geometry.channels / 4) * taps * 4);
  for (let c = 0; c < geometry.channels; c++) {
    for (let k = 0; k < taps; k++) {
      packed[((c >> 2) * taps + k) * 4 + (c & 3)] = data[c * taps + k] as number;
    }
  }
  return packed;
}

/** The bias as forward kernels read it. */
export function biasOf({ key, change, weights, bias }: LayerWeights, plan: Planning): Arguments {
  const vec4s = Math.ceil((weights.shape[0] as number) / 4);
  const b = bias
    ? plan.weights(`${key} bias`, vec4s, () => packVector(bias.data), change)
    : plan.fixed("no bias", 16, () => new Float32Array(4));
  return { ...layer({ bias: bias ? 1 : 0 }), bindings: { b } };
}
