// Networks that are a single line of layers.

import { Network, type NetworkOptions } from "./network.js";

/** The convolutional network of the MNIST tutorials: two convolutions of 5 × 5, two dense layers. */
export function mnistConvnet(options: NetworkOptions & { dense?: number }): Uint8Array {
  const g = new Network(options);
  const { dense = 1024, size } = options;
  let x = g.image;
  for (const outputs of [32, 64]) {
    x = g.maxPool(g.relu(g.conv(x, outputs, { kernel: 5 })), 2, 2);
  }
  const side = Math.floor(Math.floor(size / 2) / 2);
  x = g.relu(g.linear(g.flatten(x, 64 * side * side), dense, 2));
  return g.logits(g.linear(x, g.classes));
}

/** AlexNet (Krizhevsky 2014, "one weird trick"): large kernels, overlapping pools, dense layers. */
export function alexNet(options: NetworkOptions & { width?: number; dense?: number }): Uint8Array {
  const g = new Network(options);
  const { width = 64, dense = 4096, size } = options;
  const pooled = (n: number) => Math.floor((n - 3) / 2) + 1;
  const conv = (x: string, times: number, kernel: number, stride = 1, pad = kernel >> 1) =>
    g.relu(g.conv(x, times * width, { kernel, stride, pad }));
  let x = g.maxPool(conv(g.image, 1, 11, 4, 2), 3, 2);
  x = g.maxPool(conv(x, 3, 5), 3, 2);
  x = g.maxPool(conv(conv(conv(x, 6, 3), 4, 3), 4, 3), 3, 2);
  const side = pooled(pooled(pooled(Math.floor((size + 4 - 11) / 4) + 1)));
  x = g.averagePool(x, 1, 1);
  x = g.flatten(x, 4 * width * side * side);
  x = g.relu(g.linear(g.relu(g.linear(x, dense, 2)), dense, 2));
  return g.logits(g.linear(x, g.classes));
}

/** VGG (Simonyan & Zisserman 2015): convolutions of 3 × 3, a pool after each stage. */
export function vgg(
  options: NetworkOptions & { stages: readonly (readonly number[])[]; dense?: number },
): Uint8Array {
  const g = new Network(options);
  const { stages, dense = 4096, size } = options;
  let x = g.image;
  for (const stage of stages) {
    for (const outputs of stage) x = g.relu(g.convNorm(x, outputs, { kernel: 3 }));
    x = g.maxPool(x, 2, 2);
  }
  const side = size >> stages.length;
  x = g.flatten(g.averagePool(x, 1, 1), g.channels(x) * side * side);
  x = g.relu(g.linear(g.relu(g.linear(x, dense, 2)), dense, 2));
  return g.logits(g.linear(x, g.classes));
}

/** The widths of VGG-11. */
export const VGG11 = [[64], [128], [256, 256], [512, 512], [512, 512]] as const;
