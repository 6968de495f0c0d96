// The networks that can be trained here, as what an ONNX file would say of them, with their first weights.
//
// Every one takes [N, C, H, W] and gives logits [N, classes]. Dropout is not in the file: it is for training alone.

import type { Attribute, OnnxModel } from "../onnx/types.js";
import type { Node } from "../ops/types.js";
import type { Constant } from "../tensor/types.js";
import { standardNormals } from "./random.js";

/** A network with its initial weights. */
export interface Network {
  /** The network as an ONNX file would describe it. */
  readonly model: OnnxModel;
  /** [C,H,W] of its input. */
  readonly input: readonly [number, number, number];
  /** Number of classes. */
  readonly classes: number;
  /** The fraction of its elements that training sets to 0, by the name of a tensor. */
  readonly dropout: Readonly<Record<string, number>>;
}

/** Writes a network down, layer by layer; every method gives the name of a tensor. */
class Builder {
  private readonly nodes: Node[] = [];
  private readonly constants = new Map<string, Constant>();
  private readonly shapes = new Map<string, readonly number[]>();

  constructor(
    readonly input: readonly [number, number, number],
    private readonly seed: number,
  ) {
    this.shapes.set("input", [1, ...input]);
  }

  conv(
    x: string,
    name: string,
    outputs: number,
    kernel: number | readonly [number, number],
    stride = 1,
  ): string {
    const [, inputs = 0, height = 0, width = 0] = this.shapes.get(x) as number[];
    const [rows, columns] = typeof kernel === "number" ? [kernel, kernel] : kernel;
    const [top, left] = [(rows - 1) >> 1, (columns - 1) >> 1];
    const y = this.node(
      "Conv",
      name,
      [x, ...this.parameters(name, [outputs, inputs, rows, columns])],
      {
        kernel_shape: [rows, columns],
        strides: [stride, stride],
        pads: [top, left, rows - 1 - top, columns - 1 - left],
      },
    );
    const [h, w] = [Math.ceil(height / stride), Math.ceil(width / stride)];
    this.shapes.set(y, [1, outputs, h, w]);
    return this.relu(y, name);
  }

  maxPool(x: string, name: string): string {
    const y = this.node("MaxPool", name, [x], { kernel_shape: [2, 2], strides: [2, 2] });
    const [, channels = 0, height = 0, width = 0] = this.shapes.get(x) as number[];
    this.shapes.set(y, [1, channels, height >> 1, width >> 1]);
    return y;
  }

  /** The mean of 3 × 3 pixels around each. */
  smooth(x: string, name: string): string {
    const y = this.node("AveragePool", name, [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
    this.shapes.set(y, this.shapes.get(x) as number[]);
    return y;
  }

  concat(parts: readonly string[], name: string): string {
    const y = this.node("Concat", name, parts, { axis: 1 });
    const shapes = parts.map((part) => this.shapes.get(part) as number[]);
    const channels = shapes.reduce((sum, [, c = 0]) => sum + c, 0);
    this.shapes.set(y, [1, channels, ...(shapes[0] as number[]).slice(2)]);
    return y;
  }

  globalAverage(x: string, name: string): string {
    const y = this.node("GlobalAveragePool", name, [x], {});
    this.shapes.set(y, [1, (this.shapes.get(x) as number[])[1] as number, 1, 1]);
    return y;
  }

  flatten(x: string, name: string): string {
    const y = this.node("Flatten", name, [x], {});
    const elements = (this.shapes.get(x) as number[]).reduce((product, n) => product * n, 1);
    this.shapes.set(y, [1, elements]);
    return y;
  }

  dense(x: string, name: string, outputs: number): string {
    const [, inputs = 0] = this.shapes.get(x) as number[];
    const y = this.node("Gemm", name, [x, ...this.parameters(name, [outputs, inputs])], {
      transB: 1,
    });
    this.shapes.set(y, [1, outputs]);
    return y;
  }

  relu(x: string, name: string): string {
    const y = this.node("Relu", `${name} relu`, [x], {});
    this.shapes.set(y, this.shapes.get(x) as number[]);
    return y;
  }

  network(output: string, dropout: Network["dropout"] = {}): Network {
    const [, classes = 0] = this.shapes.get(output) as number[];
    const last = this.nodes.findIndex(({ outputs }) => outputs[0] === output);
    const nodes = this.nodes.with(last, { ...(this.nodes[last] as Node), outputs: ["logits"] });
    const shape = [null, ...this.input];
    const model: OnnxModel = {
      opset: 17,
      nodes,
      constants: this.constants,
      inputs: [{ name: "input", type: "float32", shape }],
      outputs: ["logits"],
      metadata: {},
    };
    return { model, input: this.input, classes, dropout };
  }

  private node(
    op: string,
    name: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
  ): string {
    this.nodes.push({ name, op, inputs, outputs: [name], attributes });
    return name;
  }

  /** Weights whose first values keep the variance through a ReLU (He et al. 2015), and a bias of 0. */
  private parameters(name: string, shape: readonly number[]): [string, string] {
    const [outputs = 0, ...rest] = shape;
    const inputs = rest.reduce((product, n) => product * n, 1);
    const values = standardNormals(outputs * inputs, this.seed, this.constants.size);
    const data = values.map((z) => Math.sqrt(2 / inputs) * z);
    const [w, b] = [`${name} weights`, `${name} bias`];
    this.constants.set(w, { type: "float32", shape, data });
    this.constants.set(b, { type: "float32", shape: [outputs], data: new Float32Array(outputs) });
    return [w, b];
  }
}

/** Two convolutions and two dense layers, as in TensorFlow's tutorial of 2017, "Deep MNIST for Experts". */
function tutorial(widths: readonly [number, number, number], seed: number): Network {
  const b = new Builder([1, 28, 28], seed);
  const first = b.maxPool(b.conv("input", "conv 1", widths[0], 5), "pool 1");
  const second = b.maxPool(b.conv(first, "conv 2", widths[1], 5), "pool 2");
  const hidden = b.relu(b.dense(b.flatten(second, "flat"), "dense 1", widths[2]), "dense 1");
  return b.network(b.dense(hidden, "dense 2", 10), { [hidden]: 0.5 });
}

/** Blocks of Inception V3 (Szegedy et al. 2016), without its normalization, on pictures of 32 × 32. */
function inception(seed: number): Network {
  const b = new Builder([3, 32, 32], seed);
  // Figure 5: two 3 × 3 in place of a 5 × 5.
  const wide = (x: string, name: string, n: number) =>
    b.concat(
      [
        b.conv(x, `${name} 1x1`, n, 1),
        b.conv(b.conv(x, `${name} 3x3 reduce`, n, 1), `${name} 3x3`, n, 3),
        b.conv(
          b.conv(b.conv(x, `${name} double reduce`, n, 1), `${name} double 1`, n, 3),
          `${name} double 2`,
          n,
          3,
        ),
        b.conv(b.smooth(x, `${name} pool`), `${name} pool 1x1`, n, 1),
      ],
      name,
    );
  // Figure 6: 1 × 7 and 7 × 1 in place of a 7 × 7.
  const factorized = (x: string, name: string, n: number) =>
    b.concat(
      [
        b.conv(x, `${name} 1x1`, n, 1),
        b.conv(
          b.conv(b.conv(x, `${name} 7x7 reduce`, n, 1), `${name} 1x7`, n, [1, 7]),
          `${name} 7x1`,
          n,
          [7, 1],
        ),
        b.conv(b.smooth(x, `${name} pool`), `${name} pool 1x1`, n, 1),
      ],
      name,
    );
  // Figure 10: half as many rows and columns, by a pool and by convolutions side by side.
  const reduced = (x: string, name: string, n: number) =>
    b.concat(
      [
        b.maxPool(x, `${name} pool`),
        b.conv(b.conv(x, `${name} 3x3 reduce`, n, 1), `${name} 3x3`, n, 3, 2),
      ],
      name,
    );
  const stem = b.conv(b.conv("input", "stem 1", 16, 3), "stem 2", 32, 3, 2);
  const mixed = reduced(wide(stem, "mixed 1", 16), "mixed 2", 32);
  const last = factorized(factorized(mixed, "mixed 3", 32), "mixed 4", 48);
  const mean = b.flatten(b.globalAverage(last, "mean"), "flat");
  return b.network(b.dense(mean, "classes", 10), { [mean]: 0.2 });
}

/** The networks by name: each takes a seed for its initial weights. */
export const networks = {
  "mnist-tutorial": (seed: number) => tutorial([32, 64, 1024], seed),
  "mnist-small": (seed: number) => tutorial([16, 32, 128], seed),
  "cifar-inception": inception,
} as const satisfies Record<string, (seed: number) => Network>;

/** Name of a network in `networks`. */
export type NetworkName = keyof typeof networks;
