// TensorFlow.js: mnist-small with channels last, which its kernels want, by its own gradients and its own Adam.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import type { Learner, Lesson } from "./learner.js";

/** The learner on the WebGPU backend. */
export async function tensorFlow({ weights, pixels, labels, rate }: Lesson): Promise<Learner> {
  await tf.setBackend("webgpu");
  await tf.ready();
  const of = (name: string) => {
    const { data, shape } = weights.get(name)!;
    return tf.tensor(data, [...shape]);
  };
  const conv = (name: string) => ({
    w: tf.variable(tf.transpose(of(`${name} weights`), [2, 3, 1, 0])) as tf.Variable<tf.Rank.R4>,
    b: tf.variable(of(`${name} bias`)),
  });
  const dense = (name: string) => ({
    w: tf.variable(of(`${name} weights`)) as tf.Variable<tf.Rank.R2>,
    b: tf.variable(of(`${name} bias`)),
  });
  const [c1, c2, d1, d2] = [conv("conv 1"), conv("conv 2"), dense("dense 1"), dense("dense 2")];
  const count = labels.length;
  const x = tf.div(tf.tensor4d(Float32Array.from(pixels), [count, 28, 28, 1]), 255);
  const y = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), 10), "float32");
  const block = (x: tf.Tensor4D, { w, b }: ReturnType<typeof conv>) => {
    const z = tf.relu(tf.add(tf.conv2d(x, w, 1, "same"), b)) as tf.Tensor4D;
    return tf.maxPool(z, 2, 2, "valid");
  };
  const layer = (x: tf.Tensor2D, { w, b }: ReturnType<typeof dense>) =>
    tf.add(tf.matMul(x, w, false, true), b) as tf.Tensor2D;
  const loss = () => {
    const pooled = block(block(x as tf.Tensor4D, c1), c2);
    // The file flattens with channels first.
    const flat = tf.reshape(tf.transpose(pooled, [0, 3, 1, 2]), [count, -1]) as tf.Tensor2D;
    const logits = layer(tf.relu(layer(flat, d1)), d2);
    return tf.losses.softmaxCrossEntropy(y, logits) as tf.Scalar;
  };
  const adam = tf.train.adam(rate, 0.9, 0.999, 1e-8);
  return {
    name: `TF.js ${tf.version_core} webgpu`,
    async step() {
      const value = tf.tidy(() => adam.minimize(loss, true) as tf.Scalar);
      const [found] = await value.data();
      value.dispose();
      return found as number;
    },
  };
}
