// What every architecture is written with: layers as PyTorch's exporter writes them down, with weights that keep
// the activations at a size of about one, so that a wrong layer cannot hide.
//
//   const g = new Network({ size: 32 });
//   let x = g.relu(g.convNorm(g.image, 16, { kernel: 3, stride: 2 }));
//   return g.classifier(x, 10);

import { type BuilderOptions, OnnxBuilder } from "../onnx-builder.js";

export interface NetworkOptions extends BuilderOptions {
  /** Height and width of the image. */
  size: number;
  /** Channels of the image; 3. */
  channels?: number;
  /** How many classes; 10. */
  classes?: number;
  /** The exporter's answer to a model in training mode: BatchNormalization stays a node of its own. */
  keepNorm?: boolean;
  /** The length of the batch axis, "N" (dynamic_axes) if not given. */
  batch?: number | string;
}

export interface ConvOptions {
  /** Height and width; 1. */
  kernel?: number | readonly [number, number];
  stride?: number;
  /** On every side; what keeps the size at stride 1 if not given. */
  pad?: number | readonly [number, number];
  groups?: number;
  bias?: boolean;
  /** Variance of an output for inputs of mean square 1; 2, since a ReLU halves it (He et al. 2015). */
  gain?: number;
}

const pair = (value: number | readonly [number, number]): [number, number] =>
  typeof value === "number" ? [value, value] : [value[0], value[1]];

/** A network under construction. Layers take and give names of tensors; channels are looked up. */
export class Network extends OnnxBuilder {
  readonly image: string;
  readonly size: number;
  readonly classes: number;
  readonly #keepNorm: boolean;
  readonly #batch: number | string;
  readonly #channels = new Map<string, number>();

  constructor(options: NetworkOptions) {
    super(options);
    const { size, channels = 3, classes = 10, keepNorm = false, batch = "N" } = options;
    this.size = size;
    this.classes = classes;
    this.#keepNorm = keepNorm;
    this.#batch = batch;
    this.image = this.input("input", [batch, channels, size, size]);
    this.#channels.set(this.image, channels);
  }

  /** Channels (features) of a tensor. */
  channels(x: string): number {
    const channels = this.#channels.get(x);
    if (channels === undefined) throw new Error(`the channels of "${x}" are not known`);
    return channels;
  }

  /** Says how many channels a tensor has that `node` made. */
  as(x: string, channels: number): string {
    this.#channels.set(x, channels);
    return x;
  }

  /** A name for the weights of the next node. */
  #next(op: string): string {
    return `${op}_${this.model.nodes.length}`;
  }

  conv(x: string, outputs: number, options: ConvOptions = {}): string {
    const { kernel = 1, stride = 1, groups = 1, bias = true, gain = 2 } = options;
    const [height, width] = pair(kernel);
    const [padY, padX] = pair(options.pad ?? [(height - 1) >> 1, (width - 1) >> 1]);
    const name = this.#next("Conv");
    const shape = [outputs, this.channels(x) / groups, height, width];
    const fanIn = (shape[1] as number) * height * width;
    const w = this.weight(`${name}.weight`, shape, { std: Math.sqrt(gain / fanIn) });
    const inputs = bias ? [x, w, this.weight(`${name}.bias`, [outputs])] : [x, w];
    const y = this.node("Conv", inputs, {
      dilations: [1, 1],
      group: groups,
      kernel_shape: [height, width],
      pads: [padY, padX, padY, padX],
      strides: [stride, stride],
    });
    return this.as(y, outputs);
  }

  /** A convolution and its BatchNormalization: two nodes if it is kept, otherwise one, as exporters fold it. */
  convNorm(x: string, outputs: number, options: ConvOptions & { scale?: number } = {}): string {
    const { gain = 2, scale = 1 } = options;
    if (this.#keepNorm) {
      return this.batchNorm(this.conv(x, outputs, { ...options, bias: false }), scale);
    }
    return this.conv(x, outputs, { ...options, gain: gain * scale * scale });
  }

  /** BatchNormalization with statistics near 0 and 1; `scale` is the mean of its γ. */
  batchNorm(x: string, scale = 1): string {
    const channels = this.channels(x);
    const name = this.#next("BatchNormalization");
    const vector = (what: string, mean: number, std: number) =>
      this.weight(`${name}.${what}`, [channels], { mean, std });
    const inputs = [
      vector("weight", scale, 0.1 * scale),
      vector("bias", 0, 0.1),
      vector("running_mean", 0, 0.1),
      vector("running_var", 1, 0.05),
    ];
    const attributes = { epsilon: 1e-5, momentum: 0.9 };
    return this.as(this.node("BatchNormalization", [x, ...inputs], attributes), channels);
  }

  /** A node that keeps the channels of its first input. */
  same(op: string, inputs: string[], attributes: Record<string, number | number[] | string> = {}) {
    return this.as(this.node(op, inputs, attributes), this.channels(inputs[0] as string));
  }

  relu(x: string): string {
    return this.same("Relu", [x]);
  }

  /** x · σ(x), written out as PyTorch's SiLU is. */
  silu(x: string): string {
    return this.same("Mul", [x, this.same("Sigmoid", [x])]);
  }

  /** x · HardSigmoid(x), written out as before opset 14. */
  hardSwish(x: string): string {
    return this.same("Mul", [x, this.hardSigmoid(x)]);
  }

  hardSigmoid(x: string): string {
    return this.same("HardSigmoid", [x], { alpha: 1 / 6 });
  }

  /** Clip to 0 … 6 with the bounds as Constant nodes. */
  relu6(x: string): string {
    return this.same("Clip", [x, this.number(0), this.number(6)]);
  }

  maxPool(x: string, kernel: number, stride: number, pad = 0, ceil = 0): string {
    return this.same("MaxPool", [x], {
      ceil_mode: ceil,
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    });
  }

  averagePool(x: string, kernel: number, stride: number): string {
    return this.same("AveragePool", [x], {
      ceil_mode: 0,
      kernel_shape: [kernel, kernel],
      pads: [0, 0, 0, 0],
      strides: [stride, stride],
    });
  }

  concat(...parts: string[]): string {
    const channels = parts.reduce((sum, part) => sum + this.channels(part), 0);
    return this.as(this.node("Concat", parts, { axis: 1 }), channels);
  }

  add(x: string, y: string): string {
    return this.same("Add", [x, y]);
  }

  /** Gemm on rows of features, as `nn.Linear` is written for tensors of two axes. */
  linear(x: string, outputs: number, gain = 1): string {
    const name = this.#next("Gemm");
    const fanIn = this.channels(x);
    const w = this.weight(`${name}.weight`, [outputs, fanIn], { std: Math.sqrt(gain / fanIn) });
    const b = this.weight(`${name}.bias`, [outputs]);
    const y = this.node("Gemm", [x, w, b], { alpha: 1, beta: 1, transB: 1 });
    return this.as(y, outputs);
  }

  /** A scalar as a Constant node. */
  number(value: number): string {
    const tensor = { type: "float32" as const, shape: [], values: [value] };
    return this.node("Constant", [], { value: tensor });
  }

  /** Integers as a Constant node: a list, or a scalar for a number. */
  integer(value: number | number[]): string {
    const [shape, values] = typeof value === "number" ? [[], [value]] : [[value.length], value];
    return this.node("Constant", [], { value: { type: "int64" as const, shape, values } });
  }

  flatten(x: string, features = this.channels(x)): string {
    return this.as(this.node("Flatten", [x], { axis: 1 }), features);
  }

  globalPool(x: string): string {
    return this.same("GlobalAveragePool", [x]);
  }

  /** The end of most networks: the mean over all positions, and a dense layer. */
  classifier(x: string): Uint8Array {
    return this.logits(this.linear(this.flatten(this.globalPool(x)), this.classes));
  }

  /** Makes a tensor the output; gives the file. */
  logits(x: string): Uint8Array {
    this.output(x, [this.#batch, this.classes]);
    return this.bytes();
  }
}
