// TensorFlow.js. Its convolutions want channels last, so weights and samples are brought into that order before.

import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { decodeModel } from "../../../src/onnx/decode.js";
import type { Node } from "../../../src/ops/types.js";
import type { Peer, Task } from "./peer.js";
import { convert, list, type Operators, padding, walk } from "./walk.js";

type Pair = [number, number];

function padded(x: tf.Tensor4D, node: Node, value: number): tf.Tensor4D {
  const [top, left, bottom, right] = padding(node);
  const none: Pair = [0, 0];
  if (Math.max(top, left, bottom, right) === 0) return x;
  return tf.pad4d(x, [none, [top, bottom], [left, right], none], value);
}

const operators: Operators<tf.Tensor> = {
  Conv(node, [x, w, b]) {
    const strides = list(node, "strides") as Pair;
    const y = tf.conv2d(padded(x as tf.Tensor4D, node, 0), w as tf.Tensor4D, strides, "valid");
    return b ? tf.add(y, b) : y;
  },
  Add: (_node, [a, b]) => tf.add(a as tf.Tensor, b as tf.Tensor),
  BatchNormalization(node, [x, scale, bias, mean, variance]) {
    const [a, b, m, v] = [scale, bias, mean, variance] as tf.Tensor1D[];
    const { epsilon = 1e-5 } = node.attributes;
    return tf.batchNorm(x as tf.Tensor4D, m!, v!, b!, a!, epsilon as number);
  },
  AveragePool(node, [x]) {
    const kernel = list(node, "kernel_shape") as Pair;
    return tf.avgPool(x as tf.Tensor4D, kernel, list(node, "strides") as Pair, "valid");
  },
  // Inception V3 alone pads, by a pixel, before it pools.
  Pad: (_node, [x]) =>
    tf.pad4d(x as tf.Tensor4D, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]),
  Relu: (_node, [x]) => tf.relu(x as tf.Tensor),
  MaxPool(node, [x]) {
    const kernel = list(node, "kernel_shape") as Pair;
    const strides = list(node, "strides") as Pair;
    return tf.maxPool(padded(x as tf.Tensor4D, node, -1e30), kernel, strides, "valid");
  },
  GlobalAveragePool: (_node, [x]) => tf.mean(x as tf.Tensor, [1, 2], true),
  Concat: (_node, inputs) => tf.concat([...inputs], 3),
  Flatten(_node, [x]) {
    const first = tf.transpose(x as tf.Tensor, [0, 3, 1, 2]);
    return tf.reshape(first, [first.shape[0] as number, -1]);
  },
  Gemm: (_node, [x, w, b]) =>
    tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true), b as tf.Tensor),
};

/** The peer on one of its backends. */
export async function tensorFlow(backend: "webgpu" | "wasm", task: Task): Promise<Peer> {
  const { bytes, samples, shape, target } = task;
  const model = decodeModel(bytes);
  setWasmPaths("/packages/@tensorflow/tfjs-backend-wasm/dist/");
  setThreadsCount(navigator.hardwareConcurrency);
  await tf.setBackend(backend);
  await tf.ready();
  const weights = convert(model, (data, shape) => {
    const w = tf.tensor(data, shape);
    return shape.length === 4 ? tf.transpose(w, [2, 3, 1, 0]) : w;
  });
  const x = tf.transpose(tf.tensor(samples, [...shape]), [0, 2, 3, 1]);
  const score = (x: tf.Tensor) => {
    const logits = walk(model, operators, weights, x);
    const chosen = tf.oneHot(tf.tensor1d([target], "int32"), logits.shape[1] as number);
    return tf.sum(tf.mul(logits, tf.cast(chosen, "float32")));
  };
  return {
    name: `TF.js ${tf.version_core} ${backend}`,
    async run() {
      const map = tf.tidy(() => tf.transpose(tf.mean(tf.grad(score)(x), 0), [2, 0, 1]));
      const data = (await map.data()) as Float32Array;
      map.dispose();
      return data;
    },
  };
}
