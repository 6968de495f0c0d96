// The independent judge of whole networks: onnxruntime-web, on WebAssembly, in the page of the GPU tests.

import type * as Ort from "onnxruntime-web";

// The runner serves the installed packages; the runtime finds its .wasm beside itself.
const FOLDER = "/packages/onnxruntime-web/dist/";

/** An output of an ONNX model, the first one unless it is named, for one input tensor, as onnxruntime computes it. */
export async function runOnnxRuntime(
  model: Uint8Array,
  data: Float32Array,
  shape: readonly number[],
  name?: string,
): Promise<Float32Array> {
  const ort = (await import(`${FOLDER}ort.wasm.min.mjs`)) as typeof Ort;
  ort.env.wasm.wasmPaths = FOLDER;
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  try {
    const [input, output] = [session.inputNames[0], name ?? session.outputNames[0]];
    if (input === undefined || output === undefined) throw new Error("the model has no output");
    const outputs = await session.run({ [input]: new ort.Tensor("float32", data, shape) });
    return outputs[output]?.data as Float32Array;
  } finally {
    await session.release();
  }
}
