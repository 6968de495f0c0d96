// Networks that see nothing but the mean color of a picture, in colors of their own.

import { OnnxBuilder } from "./onnx-builder.js";

/** Twenty classes, of which the first is a warm color for who sees BGR from 0 to 255, less the mean (Caffe's colors). */
export function caffeNetwork(): Uint8Array {
  const g = new OnnxBuilder();
  const pooled = g.node("GlobalAveragePool", [g.input("x", ["N", 3, 8, 8])]);
  const weights = new Array<number>(60).fill(0);
  weights.splice(0, 3, -0.1, -0.1, 0.1);
  const dense = [g.node("Flatten", [pooled]), g.constant("w", weights, [20, 3])];
  g.output(g.node("Gemm", dense, { transB: 1 }), ["N", 20]);
  return g.bytes();
}

/** So many classes; the first has the mean of all channels, the others nothing. */
export function meanNetwork(classes: number, channels = 3): Uint8Array {
  const g = new OnnxBuilder();
  const pooled = g.node("GlobalAveragePool", [g.input("x", ["N", channels, 8, 8])]);
  const weights = new Array<number>(classes * channels).fill(0).fill(1, 0, channels);
  const dense = [g.node("Flatten", [pooled]), g.constant("w", weights, [classes, channels])];
  g.output(g.node("Gemm", dense, { transB: 1 }), ["N", classes]);
  return g.bytes();
}
