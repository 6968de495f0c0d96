// ConvNeXt (Liu et al. 2022): 7 × 7 depthwise convolutions, LayerNormalization over channels by two Transposes,
// GELU, and a learned scale of what each block adds.

import type { NetworkOptions } from "./network.js";
import { Transformer } from "./transformer.js";

export interface ConvNextOptions extends NetworkOptions {
  /** Channels and blocks of each stage. */
  stages: readonly (readonly [channels: number, blocks: number])[];
}

const LAST = [0, 2, 3, 1];
const SECOND = [0, 3, 1, 2];

/** LayerNormalization over the channels of [N, C, H, W]. */
function channelNorm(g: Transformer, x: string): string {
  return g.transpose(g.layerNorm(g.transpose(x, LAST)), SECOND);
}

function block(g: Transformer, x: string): string {
  const channels = g.channels(x);
  const mixed = g.conv(x, channels, { kernel: 7, groups: channels });
  const y = g.perceptron(g.layerNorm(g.transpose(mixed, LAST)), 4 * channels);
  const scale = g.weight(`layer_scale_${g.model.nodes.length}`, [channels, 1, 1], { std: 0.5 });
  return g.as(g.node("Add", [g.node("Mul", [scale, g.transpose(y, SECOND)]), x]), channels);
}

/** The network. */
export function convNext(options: ConvNextOptions): Uint8Array {
  const g = new Transformer(options);
  let x = g.image;
  options.stages.forEach(([channels, blocks], stage) => {
    const first = stage === 0;
    const kernel = first ? 4 : 2;
    if (!first) x = channelNorm(g, x);
    x = g.conv(x, channels, { kernel, stride: kernel, pad: 0, gain: 1 });
    if (first) x = channelNorm(g, x);
    for (let i = 0; i < blocks; i++) x = block(g, x);
  });
  x = channelNorm(g, g.globalPool(x));
  return g.logits(g.linear(g.flatten(x), g.classes));
}

/** ConvNeXt-Tiny. */
export const CONVNEXT_TINY = {
  stages: [
    [96, 3],
    [192, 3],
    [384, 9],
    [768, 3],
  ],
} as const;
