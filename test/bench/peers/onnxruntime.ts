// onnxruntime-web. It has no gradients: what is measured is its forward pass alone.

import type * as Ort from "onnxruntime-web";
import type { Peer, Task } from "./peer.js";

// It finds its .wasm beside itself.
const FOLDER = "/packages/onnxruntime-web/dist/";

/** The peer with one of its execution providers. */
export async function onnxRuntime(
  provider: "webgpu" | "wasm",
  { bytes, samples, shape }: Task,
): Promise<Peer> {
  const file = provider === "wasm" ? "ort.wasm.min.mjs" : "ort.webgpu.min.mjs";
  const ort = (await import(`${FOLDER}${file}`)) as typeof Ort;
  ort.env.wasm.wasmPaths = FOLDER;
  ort.env.wasm.numThreads = navigator.hardwareConcurrency;
  const session = await ort.InferenceSession.create(bytes, { executionProviders: [provider] });
  const [input, output] = [session.inputNames[0] as string, session.outputNames[0] as string];
  return {
    name: `onnxruntime-web ${ort.env.versions.web} ${provider}, forward only`,
    isForwardOnly: true,
    async run() {
      const x = new ort.Tensor("float32", samples, shape);
      const outputs = await session.run({ [input]: x });
      return (await outputs[output]?.getData()) as Float32Array;
    },
  };
}
