// Training in float64: the loss of a batch, its gradient with respect to every parameter, and one step of Adam. The
// twins of loss.wgsl and optimizer.wgsl.

import type { OnnxModel } from "../../src/onnx/types.js";
import { constantGradients, forward } from "./index.js";

/** Softmax cross-entropy, the mean over the samples, and its gradient with respect to the logits [n,k]. */
export function crossEntropy(logits: Float64Array, labels: ArrayLike<number>) {
  const classes = logits.length / labels.length;
  const dy = new Float64Array(logits.length);
  let loss = 0;
  for (let n = 0; n < labels.length; n++) {
    const row = logits.subarray(n * classes, (n + 1) * classes);
    const total = row.reduce((sum, v) => sum + Math.exp(v), 0);
    loss -= (row[labels[n]!]! - Math.log(total)) / labels.length;
    row.forEach((v, k) => {
      dy[n * classes + k] = (Math.exp(v) / total - (k === labels[n] ? 1 : 0)) / labels.length;
    });
  }
  return { loss, dy };
}

/** The loss of a batch of inputs [n,C,H,W]. */
export function lossOf(
  model: OnnxModel,
  x: Float64Array,
  shape: readonly number[],
  labels: ArrayLike<number>,
): number {
  return crossEntropy(forward(model, x, shape).get(model.outputs[0]!)!.data, labels).loss;
}

/** Its gradient with respect to every parameter. */
export function parameterGradients(
  model: OnnxModel,
  x: Float64Array,
  shape: readonly number[],
  labels: ArrayLike<number>,
): Map<string, Float64Array> {
  const values = forward(model, x, shape);
  const { dy } = crossEntropy(values.get(model.outputs[0]!)!.data, labels);
  return constantGradients(model, values, dy);
}
