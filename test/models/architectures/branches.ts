// Networks whose layers branch and meet in a Concat: SqueezeNet, DenseNet.

import { Network, type NetworkOptions } from "./network.js";

/** SqueezeNet 1.1 (Iandola et al. 2016): fire modules; the last layer is a convolution, then ReLU and mean. */
export function squeezeNet(options: NetworkOptions & { width?: number }): Uint8Array {
  const g = new Network(options);
  const { width = 16 } = options;
  const fire = (x: string, times: number) => {
    const squeezed = g.relu(g.conv(x, times * width));
    const expand = (kernel: number) => g.relu(g.conv(squeezed, 4 * times * width, { kernel }));
    return g.concat(expand(1), expand(3));
  };
  let x = g.relu(g.conv(g.image, 4 * width, { kernel: 3, stride: 2, pad: 0 }));
  for (const stage of [
    [1, 1],
    [2, 2],
    [3, 3, 4, 4],
  ]) {
    x = stage.reduce(fire, g.maxPool(x, 3, 2, 0, 1));
  }
  x = g.globalPool(g.relu(g.conv(x, g.classes)));
  return g.logits(g.flatten(x));
}

/** DenseNet (Huang et al. 2017): a layer reads all layers before it in its block, through a BatchNormalization. */
export function denseNet(
  options: NetworkOptions & { growth?: number; blocks: readonly number[] },
): Uint8Array {
  const g = new Network(options);
  const { growth = 32, blocks } = options;
  const activated = (x: string) => g.relu(g.batchNorm(x));
  let x = g.relu(g.convNorm(g.image, 2 * growth, { kernel: 7, stride: 2 }));
  x = g.maxPool(x, 3, 2, 1);
  blocks.forEach((layers, b) => {
    const features = [x];
    for (let i = 0; i < layers; i++) {
      const bottleneck = g.relu(g.convNorm(activated(g.concat(...features)), 4 * growth));
      features.push(g.conv(bottleneck, growth, { kernel: 3, bias: false }));
    }
    x = g.concat(...features);
    if (b < blocks.length - 1) {
      x = g.conv(activated(x), g.channels(x) / 2, { bias: false });
      x = g.averagePool(x, 2, 2);
    }
  });
  return g.classifier(activated(x));
}

/** Layers of the blocks of DenseNet-121. */
export const DENSENET121 = [6, 12, 24, 16] as const;
