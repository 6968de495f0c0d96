// The libraries that can do the same in a browser, on the same weights and the same noisy samples, in turns.
//
// They get the samples ready-made, and their time begins when everything is uploaded and compiled. Of a library
// without gradients the forward pass is measured. What each computes is held against our map (or, of forward
// passes, against each other's logits): who is fast and wrong would not count.

import { loadModel, requestDevice, sensitivity } from "../../src/index.js";
import { decodeModel } from "../../src/onnx.js";
import { relativeL2 } from "../close.js";
import { fullSize } from "../models/architectures/index.js";
import { normals } from "../reference/philox.js";
import type { Report } from "./bench.js";
import { imageFor, type NetworkName } from "./networks.js";
import type { Peer, Task } from "./peers/peer.js";
import { middle, timed } from "./timing.js";

const NOISE = 0.15;
const REPEATS = 5;
/** A peer that took so long, its first run included, gets no further turn; but it gets one. */
const ENOUGH_MS = 40_000;

/** Whose operators cover these networks. */
export const PEER_NETWORKS: readonly NetworkName[] = [
  "MNIST convnet",
  "SqueezeNet 1.1",
  "ResNet-18",
  "Inception V3",
];

/** The noisy copies that our own run makes on the GPU, by the twin of its noise. */
function noisySamples(image: Float32Array, count: number): Float32Array {
  const range = image.reduce((a, b) => Math.max(a, b)) - image.reduce((a, b) => Math.min(a, b));
  const result = new Float32Array(count * image.length);
  for (let i = 0; i < count; i++) {
    const noise = normals(image.length, 0, i);
    image.forEach((v, e) => {
      result[i * image.length + e] = v + NOISE * range * (noise[e] as number);
    });
  }
  return result;
}

async function ours(gpu: GPU, task: Task, image: Float32Array): Promise<Peer> {
  const device = await requestDevice({ gpu });
  const model = await loadModel(device, task.bytes);
  const [samples = 1, ...shape] = task.shape;
  const source = { data: image, shape: [1, ...shape] };
  return {
    name: "smoothgrad",
    async run() {
      const options = { samples, target: task.target, noise: NOISE, seed: 0 };
      const map = await sensitivity(model, source, options);
      const data = await map.data("mean");
      map.destroy();
      return data;
    },
    destroy: () => device.destroy(),
  };
}

type Maker = (task: Task) => Promise<Peer>;

const makers: readonly Maker[] = [
  async (task) => (await import("./peers/tfjs.js")).tensorFlow("wasm", task),
  async (task) => (await import("./peers/jax.js")).jax("wasm", task),
  async (task) => (await import("./peers/onnxruntime.js")).onnxRuntime("wasm", task),
  async (task) => (await import("./peers/jax.js")).jax("webgpu", task),
  async (task) => (await import("./peers/onnxruntime.js")).onnxRuntime("webgpu", task),
  async (task) => (await import("./peers/tfjs.js")).tensorFlow("webgpu", task),
];

/** Measures all of them on one network. */
export async function benchPeers(
  gpu: GPU,
  name: NetworkName,
  count: number,
  report: Report,
): Promise<void> {
  const architecture = fullSize[name];
  const bytes = new Uint8Array(architecture.build());
  const image = imageFor(architecture).data;
  const shape = [count, ...architecture.input.slice(1)];
  const samples = noisySamples(image, count);
  const task = { bytes, model: decodeModel(bytes), samples, shape, target: 0 };
  const peers = [await ours(gpu, task, image)];
  for (const make of makers) {
    await make(task).then(
      (peer) => peers.push(peer),
      (error) => report({ name: `${name}: a peer does not run here`, note: String(error) }),
    );
  }
  const results = new Map<Peer, Float32Array>();
  const times = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
  const spent = new Map<Peer, number>();
  for (const peer of peers) {
    const began = performance.now();
    await peer.run().then(
      (result) => results.set(peer, result),
      (error) => report({ name: `${name}: ${peer.name} fails`, note: String(error) }),
    );
    spent.set(peer, performance.now() - began);
  }
  for (let i = 0; i < REPEATS; i++) {
    for (const peer of results.keys()) {
      if (i > 0 && (spent.get(peer) as number) > ENOUGH_MS) continue;
      const time = await timed(() => peer.run());
      times.get(peer)?.push(time);
      spent.set(peer, (spent.get(peer) as number) + time);
    }
  }
  const [first] = [...results.keys()];
  const own = middle(times.get(first as Peer) as number[]);
  const logits = [...results].find(([peer]) => peer.isForwardOnly)?.[1];
  for (const [peer, result] of results) {
    const milliseconds = middle(times.get(peer) as number[]);
    const judge = peer.isForwardOnly ? logits : results.get(first as Peer);
    const off = relativeL2(result, judge as Float32Array).toExponential(1);
    const turns = `median of ${times.get(peer)?.length}`;
    const ratio = `${(milliseconds / own).toFixed(2)} × ours; off by ${off}; `;
    const note = peer === first ? turns : ratio + turns;
    await report({ name: `${name}, n = ${count}: ${peer.name}`, milliseconds, note });
  }
  for (const peer of peers) await peer.destroy();
}
