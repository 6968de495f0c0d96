// From where a model is to a model that is ready. What makes plans of files is not in the first load of the library:
// it comes beside the file.

import { breathe } from "../gpu/slices.js";
import { checkDevice, checkSource } from "../options/arguments.js";
import { checkGiven } from "../options/check.js";
import { loading } from "../options/loading.js";
import type { Option } from "../options/option.js";
import { loadShaders } from "../shaders/registry.js";
import type { Model, ModelOptions, ModelSource } from "./model.js";

/**
 * Loads an ONNX classifier onto a device and compiles its kernels. Rejects with one sentence where the file is not a model,
 * has operators that are not supported (all are named), or is not a classifier.
 */
export async function loadModel(
  device: GPUDevice,
  source: ModelSource,
  options: ModelOptions = {},
): Promise<Model> {
  checkDevice("loadModel", device);
  checkSource(source);
  checkGiven("loadModel", loading satisfies Record<keyof ModelOptions, Option>, options);
  const { signal } = options;
  const [{ decodeModel, externalFiles }, { makeModel }, { bytes, url }] = await Promise.all([
    import("../onnx/decode.js"),
    import("./model.js"),
    fetched("the model", source, signal),
    loadShaders(),
  ]);
  let names = externalFiles(bytes);
  if (names.length > 0) {
    const { tensorsFor } = await import("../graph/outputs.js");
    const outline = decodeModel(bytes, { isLenient: true });
    names = externalFiles(bytes, tensorsFor(outline, options.output));
  }
  const files = await dataFiles(names, url, options);
  signal?.throwIfAborted();
  const decoded = decodeModel(bytes, { external: (name) => files.get(name) });
  await breathe();
  return makeModel(device, decoded, { name: url?.match(/[^/?#]+(?=[?#]|$)/)?.[0], ...options });
}

/** The bytes of a source, and where they were fetched. */
async function fetched(
  what: string,
  source: ModelSource,
  signal: AbortSignal | undefined,
): Promise<{ bytes: Uint8Array; url?: string }> {
  if (source instanceof Uint8Array) return { bytes: source };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source) };
  const response =
    source instanceof Response ? source : await fetch(source, { ...(signal && { signal }) });
  const { url, ok, status, statusText } = response;
  if (!ok) throw new Error(`${what} at ${url} could not be fetched: ${status} ${statusText}`);
  return { bytes: new Uint8Array(await response.arrayBuffer()), url };
}

/** The data files of a model, as far as they can be had; all that are not where the model was are named at once. */
async function dataFiles(
  names: readonly string[],
  url: string | undefined,
  { external, signal }: ModelOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const missing: string[] = [];
  for (const name of names) {
    const path = name.split("/").map(encodeURIComponent).join("/");
    const source = external ? await external(name) : url && new URL(path, url);
    if (!source) continue;
    const found =
      source instanceof URL ? await fetch(source, { ...(signal && { signal }) }) : source;
    if (found instanceof Response && found.status === 404) missing.push(found.url);
    else files.set(name, (await fetched(`the data file "${name}"`, found, signal)).bytes);
  }
  if (missing.length === 0) return files;
  const them = missing.length === 1 ? "a file beside it, which is" : "files beside it, which are";
  throw new Error(`the model keeps its weights in ${them} missing: ${missing.join(", ")}`);
}
