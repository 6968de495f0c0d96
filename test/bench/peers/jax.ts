// jax-js. An array is given away where it is used; what is used again is used as `.ref`.

import { defaultDevice, grad, init, jit, lax, nn, numpy as np } from "@jax-js/jax";
import { decodeModel } from "../../../src/onnx/decode.js";
import type { Peer, Task } from "./peer.js";
import { convert, list, type Operators, padding, walk } from "./walk.js";

type Array = np.Array;

const operators: Operators<Array> = {
  Conv(node, [x, w, b]) {
    const [top, left, bottom, right] = padding(node);
    const pads: [number, number][] = [
      [top, bottom],
      [left, right],
    ];
    const y = lax.convGeneralDilated(
      (x as Array).ref,
      (w as Array).ref,
      list(node, "strides"),
      pads,
    );
    return b ? y.add(b.ref.reshape([1, -1, 1, 1])) : y;
  },
  Relu: (_node, [x]) => nn.relu((x as Array).ref),
  Add: (_node, [a, b]) => (a as Array).ref.add((b as Array).ref),
  MaxPool(node, [x]) {
    const [top, left, bottom, right] = padding(node);
    const pads: [number, number][] = [
      [0, 0],
      [0, 0],
      [top, bottom],
      [left, right],
    ];
    const window = list(node, "kernel_shape");
    return lax.reduceWindow(
      // It pads with zeros, which after a Relu win over nothing.
      np.pad((x as Array).ref, pads),
      np.max,
      [1, 1, ...window],
      [1, 1, ...list(node, "strides")],
    );
  },
  GlobalAveragePool: (_node, [x]) => np.mean((x as Array).ref, [2, 3], { keepdims: true }),
  Concat: (_node, inputs) =>
    np.concatenate(
      inputs.map((x) => x.ref),
      1,
    ),
  Flatten: (_node, [x]) => (x as Array).ref.reshape([(x as Array).shape[0] as number, -1]),
  Gemm: (_node, [x, w, b]) =>
    np.dot((x as Array).ref, (w as Array).ref.transpose()).add((b as Array).ref),
};

/** The peer on one of its backends. */
export async function jax(backend: "webgpu" | "wasm", task: Task): Promise<Peer> {
  const { bytes, samples, shape, target } = task;
  const model = decodeModel(bytes);
  await init(backend);
  defaultDevice(backend);
  const weights = convert(model, (data, shape) => np.array(data, { shape }));
  const x = np.array(samples, { shape: [...shape] });
  const score = (x: Array) => {
    const logits = walk(model, operators, weights, x);
    const classes = logits.shape[1] as number;
    const chosen = new Float32Array(classes);
    chosen[target] = 1;
    return np.sum(logits.mul(np.array(chosen, { shape: [1, classes] })));
  };
  const mean = jit((x: Array) => np.mean(grad(score)(x), 0));
  return {
    name: `jax-js ${backend}`,
    async run() {
      return (await (mean(x.ref) as Array).data()) as Float32Array;
    },
  };
}
