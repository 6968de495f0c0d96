// The libraries that can do the same in a browser, on the same weights and the same noisy samples.
//
// Each sits in a worker of its own and takes turns with us, so that a ratio compares what was measured side by side;
// then it goes, and the next one comes. Their time begins when everything is uploaded and compiled. Of a library
// without gradients the forward pass is measured. What each computes is held against our map (or, of forward
// passes, against each other's logits): who is fast and wrong would not count.

import { fullSize } from "../models/architectures/index.js";
import { normals } from "../reference/philox.js";
import { relativeL2 } from "../support/close.js";
import type { Report } from "./bench.js";
import { imageFor, type NetworkName } from "./networks.js";
import type { Task } from "./peers/peer.js";
import type { Answer, Message, PeerName } from "./peers/worker.js";
import { middle } from "./timing.js";

const NOISE = 0.15;
const REPEATS = 5;
/** A peer that took so long, its first run included, gets no further turn; but it gets one. */
const ENOUGH_MS = 40_000;
/** Who takes longer for a single answer is sent away. */
const LIMIT_S = 180;

/** Whose operators cover these networks. */
export const PEER_NETWORKS: readonly NetworkName[] = [
  "MNIST convnet",
  "SqueezeNet 1.1",
  "ResNet-18",
  "Inception V3",
];

const PEERS: readonly PeerName[] = [
  "TF.js wasm",
  "onnxruntime-web wasm",
  "jax-js webgpu",
  "onnxruntime-web webgpu",
  "TF.js webgpu",
  "jax-js wasm",
];

/** The noisy copies that our own run makes on the GPU, by the twin of its noise. */
function noisySamples(image: Float32Array, count: number): Float32Array<ArrayBuffer> {
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

type Made = Extract<Answer, { name: string }>;
type Ran = Extract<Answer, { result: Float32Array }>;

/** A peer in its worker. */
class Seat {
  private readonly worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });

  /** Asks and waits for the answer; rejects with a sentence where none comes. */
  private ask(message: Message): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { worker } = this;
      const late = () => reject(new Error(`did not end in ${LIMIT_S} s`));
      const timer = setTimeout(late, LIMIT_S * 1000);
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        clearTimeout(timer);
        if ("error" in data) reject(new Error(data.error));
        else resolve(data);
      };
      worker.onerror = ({ message }) => {
        clearTimeout(timer);
        reject(new Error(message));
      };
      worker.postMessage(message);
    });
  }

  async make(name: PeerName, task: Task): Promise<Made> {
    return (await this.ask({ name, task })) as Made;
  }

  async run(): Promise<Ran> {
    return (await this.ask("run")) as Ran;
  }

  leave(): void {
    this.worker.terminate();
  }
}

/** Measures all of them on one network. */
export async function benchPeers(name: NetworkName, count: number, report: Report): Promise<void> {
  const architecture = fullSize[name];
  const image = imageFor(architecture).data as Float32Array<ArrayBuffer>;
  const task: Task = {
    bytes: new Uint8Array(architecture.build()),
    image,
    noise: NOISE,
    samples: noisySamples(image, count),
    shape: [count, ...architecture.input.slice(1)],
    target: 0,
  };
  const own = new Seat();
  await own.make("smoothgrad", task);
  const { result: map } = await own.run();
  let logits: Float32Array | undefined;
  for (const each of PEERS) {
    const row = `${name}, n = ${count}: ${each}`;
    const peer = new Seat();
    try {
      const { name: version, isForwardOnly } = await peer.make(each, task);
      const { result, milliseconds: first } = await peer.run();
      if (isForwardOnly) logits ??= result;
      const [ours, theirs]: [number[], number[]] = [[], []];
      for (let spent = first; theirs.length < REPEATS; ) {
        ours.push((await own.run()).milliseconds);
        const { milliseconds } = await peer.run();
        theirs.push(milliseconds);
        spent += milliseconds;
        if (spent > ENOUGH_MS) break;
      }
      const milliseconds = middle(theirs);
      const ratio = (milliseconds / middle(ours)).toFixed(2);
      const off = relativeL2(result, (isForwardOnly ? logits : map) as Float32Array);
      const note =
        `${ratio} × ours (${middle(ours).toFixed(0)} ms); off by ${off.toExponential(1)}; ` +
        `median of ${theirs.length}; ${version}`;
      await report({ name: row, milliseconds, note });
    } catch (error) {
      await report({ name: row, note: (error as Error).message });
    } finally {
      peer.leave();
    }
  }
  own.leave();
}
