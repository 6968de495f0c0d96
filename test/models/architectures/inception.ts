// Inception V3 (Szegedy et al. 2016), the network of the SmoothGrad paper, as torchvision has it: a stem, then
// blocks A, B (halves), C, D (halves) and E, each of branches that meet in a Concat.

import { type ConvOptions, Network, type NetworkOptions } from "./network.js";

export interface InceptionOptions extends NetworkOptions {
  /** A factor of all channels; 1. */
  width?: number;
  /** How many blocks A, C and E there are; 3, 4, 2. */
  blocks?: readonly [number, number, number];
}

/** Widths of the pool branches of blocks A, and of the inner convolutions of blocks C. */
const POOLED = [32, 64, 64];
const INNER = [128, 160, 160, 192];

class Inception extends Network {
  constructor(
    options: InceptionOptions,
    readonly width: number,
  ) {
    super(options);
  }

  /** A convolution without padding, its BatchNormalization and ReLU. */
  unit(x: string, outputs: number, options: ConvOptions = {}): string {
    return this.relu(this.convNorm(x, Math.max(1, Math.round(outputs * this.width)), options));
  }

  /** `F.avg_pool2d(x, 3, 1, 1)`, which counts the padding: the exporter writes a Pad before it. */
  pooled(x: string, outputs: number): string {
    const padded = this.same("Pad", [x, this.integer([0, 0, 1, 1, 0, 0, 1, 1])], {
      mode: "constant",
    });
    return this.unit(this.averagePool(padded, 3, 1), outputs);
  }

  stem(): string {
    let x = this.unit(this.image, 32, { kernel: 3, stride: 2, pad: 0 });
    x = this.unit(x, 32, { kernel: 3, pad: 0 });
    x = this.maxPool(this.unit(x, 64, { kernel: 3 }), 3, 2);
    x = this.unit(x, 80);
    return this.maxPool(this.unit(x, 192, { kernel: 3, pad: 0 }), 3, 2);
  }

  blockA(x: string, pool: number): string {
    const five = this.unit(this.unit(x, 48), 64, { kernel: 5 });
    const three = this.unit(this.unit(x, 64), 96, { kernel: 3 });
    return this.concat(
      this.unit(x, 64),
      five,
      this.unit(three, 96, { kernel: 3 }),
      this.pooled(x, pool),
    );
  }

  blockB(x: string): string {
    const halve = { kernel: 3, stride: 2, pad: 0 };
    const double = this.unit(this.unit(x, 64), 96, { kernel: 3 });
    return this.concat(
      this.unit(x, 384, halve),
      this.unit(double, 96, halve),
      this.maxPool(x, 3, 2),
    );
  }

  blockC(x: string, inner: number): string {
    const [row, column] = [{ kernel: [1, 7] }, { kernel: [7, 1] }] as const;
    const single = this.unit(this.unit(this.unit(x, inner), inner, row), 192, column);
    let double = this.unit(this.unit(x, inner), inner, column);
    double = this.unit(this.unit(double, inner, row), inner, column);
    return this.concat(this.unit(x, 192), single, this.unit(double, 192, row), this.pooled(x, 192));
  }

  blockD(x: string): string {
    const halve = { kernel: 3, stride: 2, pad: 0 };
    const seven = this.unit(this.unit(x, 192), 192, { kernel: [1, 7] });
    return this.concat(
      this.unit(this.unit(x, 192), 320, halve),
      this.unit(this.unit(seven, 192, { kernel: [7, 1] }), 192, halve),
      this.maxPool(x, 3, 2),
    );
  }

  blockE(x: string): string {
    const spread = (y: string) => [
      this.unit(y, 384, { kernel: [1, 3] }),
      this.unit(y, 384, { kernel: [3, 1] }),
    ];
    const single = this.concat(...spread(this.unit(x, 384)));
    const double = this.concat(...spread(this.unit(this.unit(x, 448), 384, { kernel: 3 })));
    return this.concat(this.unit(x, 320), single, double, this.pooled(x, 192));
  }
}

/** The network, with BatchNormalization kept unless the options say otherwise. */
export function inceptionV3(options: InceptionOptions): Uint8Array {
  const { width = 1, blocks = [3, 4, 2] } = options;
  const g = new Inception({ keepNorm: true, ...options }, width);
  let x = g.stem();
  for (const pool of POOLED.slice(0, blocks[0])) x = g.blockA(x, pool);
  x = g.blockB(x);
  for (const inner of INNER.slice(0, blocks[1])) x = g.blockC(x, inner);
  x = g.blockD(x);
  for (let i = 0; i < blocks[2]; i++) x = g.blockE(x);
  return g.classifier(x);
}
