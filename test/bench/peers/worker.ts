// A worker in which one peer sits: it is ended with it, however stuck the peer may be.

import type { Peer, Task } from "./peer.js";

const makers = {
  smoothgrad: async (task: Task) => (await import("./smoothgrad.js")).smoothGrad(task),
  "TF.js wasm": async (task: Task) => (await import("./tfjs.js")).tensorFlow("wasm", task),
  "TF.js webgpu": async (task: Task) => (await import("./tfjs.js")).tensorFlow("webgpu", task),
  "jax-js wasm": async (task: Task) => (await import("./jax.js")).jax("wasm", task),
  "jax-js webgpu": async (task: Task) => (await import("./jax.js")).jax("webgpu", task),
  "onnxruntime-web wasm": async (task: Task) =>
    (await import("./onnxruntime.js")).onnxRuntime("wasm", task),
  "onnxruntime-web webgpu": async (task: Task) =>
    (await import("./onnxruntime.js")).onnxRuntime("webgpu", task),
};

/** Who can be asked. */
export type PeerName = keyof typeof makers;

/** A peer is made with the first message and runs at each of the others. */
export type Message = { readonly name: PeerName; readonly task: Task } | "run";

/** What is answered: what was made, what a run took and gave, or why there is nothing. */
export type Answer =
  | { readonly name: string; readonly isForwardOnly: boolean }
  | { readonly milliseconds: number; readonly result: Float32Array }
  | { readonly error: string };

let peer: Peer | undefined;

async function answer(message: Message): Promise<Answer> {
  if (message !== "run") {
    peer = await makers[message.name](message.task);
    return { name: peer.name, isForwardOnly: peer.isForwardOnly ?? false };
  }
  const began = performance.now();
  const result = (await peer?.run()) as Float32Array;
  return { milliseconds: performance.now() - began, result };
}

addEventListener("message", ({ data }: MessageEvent<Message>) => {
  answer(data).then(
    (reply) => postMessage(reply),
    (error) => postMessage({ error: String(error) }),
  );
});
