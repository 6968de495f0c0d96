// jax-js: mnist-small and Adam as one compiled function. An array is given away where it is used; what is used again is
// used as `.ref`.

import { defaultDevice, init, jit, lax, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import type { Learner, Lesson } from "./learner.js";

type Arrays = np.Array[];

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/** The learner on the WebGPU backend. */
export async function jax({ weights, pixels, labels, rate }: Lesson): Promise<Learner> {
  await init("webgpu");
  defaultDevice("webgpu");
  const count = labels.length;
  const inputs = Float32Array.from(pixels, (p) => p / 255);
  const x = np.array(inputs, { shape: [count, 1, 28, 28] });
  const onehot = new Float32Array(count * 10);
  labels.forEach((label, n) => {
    onehot[n * 10 + label] = 1;
  });
  const y = np.array(onehot, { shape: [count, 10] });
  const names = ["conv 1", "conv 2", "dense 1", "dense 2"];
  let w: Arrays = names.flatMap((name) =>
    ["weights", "bias"].map((part) => {
      const { data, shape } = weights.get(`${name} ${part}`)!;
      return np.array(data, { shape: [...shape] });
    }),
  );
  const zeros = (): Arrays => w.map((each) => np.zeros(each.shape));
  let [m, v] = [zeros(), zeros()];
  let t = 0;

  const block = (x: np.Array, w: np.Array, b: np.Array) => {
    const z = lax.convGeneralDilated(
      x,
      w,
      [1, 1],
      [
        [2, 2],
        [2, 2],
      ],
    );
    const a = nn.relu(z.add(b.reshape([1, -1, 1, 1])));
    return lax.reduceWindow(a, np.max, [1, 1, 2, 2], [1, 1, 2, 2]);
  };
  const layer = (x: np.Array, w: np.Array, b: np.Array) => np.dot(x, w.transpose()).add(b);
  const loss = (w: Arrays, x: np.Array, y: np.Array) => {
    const [w1, b1, w2, b2, w3, b3, w4, b4] = w as [
      ...[np.Array, np.Array, np.Array, np.Array, np.Array, np.Array, np.Array, np.Array],
    ];
    const flat = block(block(x, w1, b1), w2, b2).reshape([count, -1]);
    const logits = layer(nn.relu(layer(flat, w3, b3)), w4, b4);
    return np.sum(nn.logSoftmax(logits, 1).mul(y)).mul(-1 / count);
  };
  const step = jit(
    (w: Arrays, m: Arrays, v: Arrays, x: np.Array, y: np.Array, c1: np.Array, c2: np.Array) => {
      const [value, g] = valueAndGrad(loss)(
        w.map((each) => each.ref),
        x,
        y,
      ) as [np.Array, Arrays];
      const mean = g.map((each, i) => m[i]!.mul(BETA1).add(each.ref.mul(1 - BETA1)));
      const square = g.map((each, i) => v[i]!.mul(BETA2).add(each.ref.mul(each).mul(1 - BETA2)));
      const next = w.map((each, i) => {
        const root = np.sqrt(square[i]!.ref.mul(c2.ref)).add(EPSILON);
        return each.sub(mean[i]!.ref.mul(c1.ref).div(root).mul(rate));
      });
      c1.dispose();
      c2.dispose();
      return [value, next, mean, square] as const;
    },
  ) as unknown as (...args: unknown[]) => [np.Array, Arrays, Arrays, Arrays];
  return {
    name: "jax-js webgpu",
    async step() {
      t++;
      const [c1, c2] = [1 / (1 - BETA1 ** t), 1 / (1 - BETA2 ** t)].map((c) => np.array(c));
      const [value, ...next] = step(w, m, v, x.ref, y.ref, c1, c2);
      [w, m, v] = next;
      return ((await value.data()) as Float32Array)[0] as number;
    },
  };
}
