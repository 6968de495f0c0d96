// ResNet (He et al. 2016) with basic blocks (18, 34) and bottlenecks (50 and more).

import { Network, type NetworkOptions } from "./network.js";

export interface ResNetOptions extends NetworkOptions {
  /** Blocks of each of the four stages. */
  blocks: readonly number[];
  bottleneck?: boolean;
  /** Channels of the first stage; 64. */
  width?: number;
  /** Groups of the 3 × 3 convolutions of bottlenecks (ResNeXt); 1. */
  groups?: number;
}

/** The network; what a block adds is small, so that many of them keep the size of the activations. */
export function resNet(options: ResNetOptions): Uint8Array {
  const g = new Network(options);
  const { blocks, bottleneck = false, width = 64, groups = 1 } = options;
  const basic = (x: string, inner: number, stride: number) => {
    const y = g.relu(g.convNorm(x, inner, { kernel: 3, stride }));
    return g.convNorm(y, inner, { kernel: 3, scale: 0.4 });
  };
  const narrow = (x: string, inner: number, stride: number) => {
    const y = g.relu(g.convNorm(x, inner));
    const z = g.relu(g.convNorm(y, inner, { kernel: 3, stride, groups }));
    return g.convNorm(z, 4 * inner, { scale: 0.4 });
  };
  let x = g.relu(g.convNorm(g.image, width, { kernel: 7, stride: 2 }));
  x = g.maxPool(x, 3, 2, 1);
  blocks.forEach((count, stage) => {
    const inner = width << stage;
    for (let i = 0; i < count; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const y = (bottleneck ? narrow : basic)(x, inner, stride);
      const fits = stride === 1 && g.channels(x) === g.channels(y);
      const skip = fits ? x : g.convNorm(x, g.channels(y), { stride, gain: 1 });
      x = g.relu(g.add(y, skip));
    }
  });
  return g.classifier(x);
}

/** Blocks of the stages of ResNet-18 and ResNet-50. */
export const RESNET18 = [2, 2, 2, 2] as const;
export const RESNET50 = [3, 4, 6, 3] as const;
