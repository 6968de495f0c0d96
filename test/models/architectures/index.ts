// The architectures that people bring, each as a file that an exporter might have written: in full size for long
// tests and benchmarks, and small enough for every run of the tests.

import { DENSENET121, denseNet, squeezeNet } from "./branches.js";
import { CONVNEXT_TINY, convNext } from "./convnext.js";
import { inceptionV3 } from "./inception.js";
import { EFFICIENTNET_B0, MOBILENET_V2, MOBILENET_V3_SMALL, mobileNet, slim } from "./mobile.js";
import type { NetworkOptions } from "./network.js";
import { alexNet, mnistConvnet, VGG11, vgg } from "./plain.js";
import { RESNET18, RESNET50, resNet } from "./resnet.js";
import { SWIN_T, swin } from "./swin.js";
import { VIT_B16, vit } from "./vit.js";

/** How a file is written, whatever the network: opset, batch axis, BatchNormalization, seed of the weights. */
export type Export = Partial<Pick<NetworkOptions, "opset" | "batch" | "keepNorm" | "seed">>;

/** A network of a given size. */
export interface Architecture {
  /** Shape of its input for one sample. */
  readonly input: readonly [1, number, number, number];
  /** The bytes of its file. */
  build(how?: Export): Uint8Array;
}

function architecture<O extends NetworkOptions>(
  builder: (options: O) => Uint8Array,
  options: O,
): Architecture {
  const { channels = 3, size } = options;
  return { input: [1, channels, size, size], build: (how) => builder({ ...options, ...how }) };
}

const IMAGENET = { size: 224, classes: 1000 } as const;

/** The networks as their papers have them. */
export const fullSize = {
  "MNIST convnet": architecture(mnistConvnet, { size: 28, channels: 1 }),
  AlexNet: architecture(alexNet, IMAGENET),
  "VGG-11": architecture(vgg, { ...IMAGENET, stages: VGG11 }),
  "ResNet-18": architecture(resNet, { ...IMAGENET, blocks: RESNET18 }),
  "ResNet-50": architecture(resNet, { ...IMAGENET, blocks: RESNET50, bottleneck: true }),
  "Inception V3": architecture(inceptionV3, { ...IMAGENET, size: 299 }),
  "SqueezeNet 1.1": architecture(squeezeNet, IMAGENET),
  "DenseNet-121": architecture(denseNet, { ...IMAGENET, blocks: DENSENET121 }),
  MobileNetV2: architecture(mobileNet, { ...IMAGENET, ...MOBILENET_V2 }),
  "MobileNetV3-Small": architecture(mobileNet, { ...IMAGENET, ...MOBILENET_V3_SMALL }),
  "EfficientNet-B0": architecture(mobileNet, { ...IMAGENET, ...EFFICIENTNET_B0 }),
  "ConvNeXt-Tiny": architecture(convNext, { ...IMAGENET, ...CONVNEXT_TINY }),
  "ViT-B/16": architecture(vit, { ...IMAGENET, ...VIT_B16 }),
  "Swin-T": architecture(swin, { ...IMAGENET, ...SWIN_T }),
} as const;

/** The same with few channels, few layers and small images, some of odd size. */
export const smallSize = {
  "MNIST convnet": architecture(mnistConvnet, { size: 12, channels: 1, dense: 32 }),
  AlexNet: architecture(alexNet, { size: 63, width: 6, dense: 24 }),
  "VGG with BatchNormalization": architecture(vgg, {
    size: 24,
    stages: [[8], [12], [16, 16]],
    dense: 24,
    keepNorm: true,
  }),
  "ResNet of basic blocks": architecture(resNet, { size: 37, width: 6, blocks: [1, 2, 1] }),
  "ResNet of bottlenecks": architecture(resNet, {
    size: 32,
    width: 4,
    blocks: [1, 1, 2],
    bottleneck: true,
    groups: 2,
    keepNorm: true,
  }),
  "Inception V3": architecture(inceptionV3, { size: 79, width: 1 / 12, blocks: [1, 1, 1] }),
  SqueezeNet: architecture(squeezeNet, { size: 43, width: 2 }),
  DenseNet: architecture(denseNet, { size: 32, growth: 6, blocks: [2, 3] }),
  MobileNetV2: architecture(mobileNet, { size: 32, ...slim(MOBILENET_V2, 1 / 4, [0, 1, 2, 3, 4]) }),
  MobileNetV3: architecture(mobileNet, {
    size: 40,
    ...slim(MOBILENET_V3_SMALL, 1 / 4, [0, 1, 2, 3, 4]),
  }),
  EfficientNet: architecture(mobileNet, {
    size: 32,
    ...slim(EFFICIENTNET_B0, 1 / 4, [0, 1, 2, 3, 4]),
  }),
  ConvNeXt: architecture(convNext, {
    size: 32,
    stages: [
      [12, 1],
      [18, 2],
    ],
  }),
  ViT: architecture(vit, { size: 32, patch: 8, layers: 2, heads: 3, features: 24, inner: 40 }),
  Swin: architecture(swin, {
    size: 32,
    window: 4,
    features: 12,
    stages: [
      [2, 2],
      [2, 3],
    ],
  }),
} as const;
