// What transformers and ConvNeXt add to the layers: LayerNormalization, GELU, dense layers over tokens, and the
// arithmetic on shapes that the exporter leaves in a file with a dynamic batch axis. Features stand on the last axis.

import { Network } from "./network.js";

export class Transformer extends Network {
  /** One node from opset 17 on, its definition before. */
  layerNorm(x: string, epsilon = 1e-6): string {
    const features = this.channels(x);
    const name = `LayerNorm_${this.model.nodes.length}`;
    const scale = this.weight(`${name}.weight`, [features], { mean: 1 });
    const bias = this.weight(`${name}.bias`, [features]);
    if (this.model.opset >= 17) {
      return this.same("LayerNormalization", [x, scale, bias], { axis: -1, epsilon });
    }
    const mean = (y: string) => this.node("ReduceMean", [y], { axes: [-1] });
    const centered = this.same("Sub", [x, mean(x)]);
    const variance = mean(this.node("Pow", [centered, this.number(2)]));
    const deviation = this.node("Sqrt", [this.node("Add", [variance, this.number(epsilon)])]);
    const normal = this.same("Div", [centered, deviation]);
    return this.same("Add", [this.same("Mul", [normal, scale]), bias]);
  }

  /** 0.5 · x · (1 + erf(x / √2)), as it is written out. */
  gelu(x: string): string {
    const erf = this.node("Erf", [this.node("Div", [x, this.number(Math.SQRT2)])]);
    const product = this.same("Mul", [x, this.node("Add", [erf, this.number(1)])]);
    return this.same("Mul", [product, this.number(0.5)]);
  }

  /** A dense layer on the last axis of any tensor: MatMul by Wᵀ, then the bias first in the Add. */
  tokens(x: string, outputs: number, { gain = 1, bias = true } = {}): string {
    const features = this.channels(x);
    const name = `MatMul_${this.model.nodes.length}`;
    const std = Math.sqrt(gain / features);
    const y = this.node("MatMul", [x, this.weight(`${name}.weight`, [features, outputs], { std })]);
    const sum = bias ? this.node("Add", [this.weight(`${name}.bias`, [outputs]), y]) : y;
    return this.as(sum, outputs);
  }

  /** Dense, GELU, dense; what it adds to a sum is small. */
  perceptron(x: string, inner: number): string {
    const features = this.channels(x);
    return this.tokens(this.gelu(this.tokens(x, inner, { gain: 2 })), features, { gain: 0.5 });
  }

  transpose(x: string, perm: number[], channels = this.channels(x)): string {
    return this.as(this.node("Transpose", [x], { perm }), channels);
  }

  /** `x.shape[axis]`: Shape, then Gather. */
  lengthOf(x: string, axis: number): string {
    return this.node("Gather", [this.node("Shape", [x]), this.integer(axis)], { axis: 0 });
  }

  /** `x.view(…)` with lengths that are computed (names) or known. */
  reshape(x: string, lengths: (string | number)[], channels = this.channels(x)): string {
    return this.as(this.node("Reshape", [x, this.shapeOf(lengths)]), channels);
  }

  /** A list of lengths: each an Unsqueeze of a scalar or a Constant node, put together by Concat. */
  shapeOf(lengths: (string | number)[]): string {
    if (lengths.every((n) => typeof n === "number")) return this.integer(lengths);
    const parts = lengths.map((n) =>
      typeof n === "number" ? this.integer([n]) : this.node("Unsqueeze", [n, this.integer([0])]),
    );
    return this.node("Concat", parts, { axis: 0 });
  }

  /** Elements `start` to `end` of an axis, in steps. */
  slice(x: string, axis: number, start: number, end: number, step = 1): string {
    const inputs = [[start], [end], [axis], [step]].map((list) => this.integer(list));
    return this.same("Slice", [x, ...inputs]);
  }
}

/** The largest integer of the file format, by which exporters say "to the end". */
export const END = Number.MAX_SAFE_INTEGER;
