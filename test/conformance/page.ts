// One conformance test, in the page: the outputs of the kernels against the numbers of the test, the gradient of a
// random projection of the outputs against central differences of the f64 twins.

import { loadUncommonOperators, makeGraph } from "../../src/graph/graph.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { decodeTensor } from "../../src/onnx/tensor.js";
import type { OnnxModel } from "../../src/onnx/types.js";
import type { Constant } from "../../src/tensor/types.js";
import { sizeOf, type Tensor } from "../reference/twin.js";
import { randn } from "../support/randn.js";
import { openPlayer } from "./player.js";
import { outputsOf, type Reading, read, sampleOf } from "./samples.js";

/** A test's folder and the names of its files. */
export interface TestFiles {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** What a test came to. */
export interface Result {
  readonly verdict: "pass" | "refused" | "FAIL";
  readonly detail?: string;
}

/** Thrown where a test is not for this program. */
class Refusal extends Error {}

/** Thrown where a number is wrong. */
class Difference extends Error {}

// What ONNX's own runner allows, with an absolute part for numbers that are sums of larger ones.
const RELATIVE = 1e-3;
const ABSOLUTE = 1e-5;

let shared: Promise<GPUDevice> | undefined;

async function openDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("there is no WebGPU adapter");
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
}

/** Runs one test. */
export async function runTest(files: TestFiles): Promise<Result> {
  shared ??= openDevice();
  const device = await shared;
  device.pushErrorScope("validation");
  try {
    const detail = await check(device, files);
    const error = await device.popErrorScope();
    if (error) return { verdict: "FAIL", detail: error.message };
    return { verdict: "pass", ...(detail && { detail }) };
  } catch (error) {
    const invalid = await device.popErrorScope();
    const { message } = error as Error;
    if (invalid) return { verdict: "FAIL", detail: invalid.message };
    if (error instanceof Refusal) return { verdict: "refused", detail: message };
    if (error instanceof Difference) return { verdict: "FAIL", detail: message };
    return { verdict: "FAIL", detail: `${message} ${(error as Error).stack}` };
  }
}

const refusing = <T>(action: () => T): T => {
  try {
    return action();
  } catch (error) {
    const [fact = ""] = (error as Error).message.split(/; (?:supported ones|ways out)/);
    throw new Refusal(fact, { cause: error });
  }
};

async function bytesOf(path: string): Promise<Uint8Array> {
  const response = await fetch(`/cases/${path}`);
  if (!response.ok) throw new Refusal(`there is no ${path}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function tensors(folder: string, files: readonly string[]): Promise<Constant[]> {
  const bytes = await Promise.all(files.map((file) => bytesOf(`${folder}/${file}`)));
  return bytes.map((b) => refusing(() => decodeTensor(b)));
}

const widened = ({ shape, data }: Constant): Tensor => ({ shape, data: Float64Array.from(data) });

async function check(device: GPUDevice, files: TestFiles): Promise<string | undefined> {
  const bytes = await bytesOf(`${files.name}/model.onnx`);
  const decoded = refusing(() => decodeModel(bytes));
  const folder = `${files.name}/test_data_set_0`;
  const inputs = await tensors(folder, files.inputs);
  const [data, ...others] = inputs;
  if (!data) throw new Refusal("it has no input");
  if (!data.type.startsWith("float")) throw new Refusal(`its data is ${data.type}`);
  if (data.shape.length === 0) throw new Refusal("its data is a single number: no sample axis");
  if (data.data.length === 0) throw new Refusal("its data is empty");

  const constants = new Map(decoded.constants);
  others.forEach((value, k) => {
    const name = decoded.inputs[k + 1]?.name;
    if (name) constants.set(name, value);
  });
  const model = { ...decoded, constants, inputs: decoded.inputs.slice(0, 1) };
  await loadUncommonOperators();
  refuseUnsupported(model);
  const outputs = await tensors(folder, files.outputs);
  const names = decoded.outputs.filter((_, k) => outputs[k]?.type.startsWith("float"));
  if (names.length === 0) throw new Refusal("it has no float output");
  const input = widened(data);
  const reading = readingOf(model, input, names);
  const expected = names.map((name) => outputs[decoded.outputs.indexOf(name)] as Constant);
  let note: string | undefined;
  for (const [k, name] of names.entries()) {
    note = (await compare(device, reading, input, name, widened(expected[k] as Constant))) ?? note;
  }
  return note;
}

function graphOf(model: OnnxModel, output: string) {
  return makeGraph(model, { output, keepSoftmax: true, axes: "NCHW" });
}

/** Refuses what the program refuses for its operators, whatever goes into them. */
function refuseUnsupported(model: OnnxModel): void {
  const inputs = model.inputs.map((input) => ({ ...input, shape: [1, ...input.shape.slice(1)] }));
  for (const output of model.outputs) {
    try {
      graphOf({ ...model, inputs }, output);
    } catch (error) {
      const [fact = ""] = (error as Error).message.split(/; (?:supported ones|ways out)/);
      if (/operators that are not supported|training mode/.test(fact)) {
        throw new Refusal(fact, { cause: error });
      }
    }
  }
}

function readingOf(model: OnnxModel, input: Tensor, names: readonly string[]): Reading {
  const reading = refusing(() => read(model, input, names));
  if (typeof reading === "object") return reading;
  throw new Refusal(reading);
}

async function compare(
  device: GPUDevice,
  { models, shared: isShared }: Reading,
  input: Tensor,
  output: string,
  expected: Tensor,
): Promise<string | undefined> {
  const count = models.length;
  const size = expected.data.length / count;
  const seeds = randn(expected.data.length, 3);
  const values = new Float32Array(expected.data.length);
  const gradients = new Float32Array(input.data.length);
  const x = Float32Array.from(input.data);
  for (let s = 0; s < count; s += isShared ? count : 1) {
    const samples = isShared ? count : 1;
    const graph = refusing(() => graphOf(models[s] as OnnxModel, output));
    const part = (values: Float32Array, size: number) =>
      values.slice(s * size, (s + samples) * size);
    // Of a final Sigmoid of one number the graph makes two classes, 1 − p and p.
    const isPair = size === 1 && sizeOf(graph.layouts.get(graph.output)?.shape ?? []) === 2;
    const player = await openPlayer(device, graph, samples);
    try {
      const width = x.length / count;
      const said = await player.forward(part(x, width));
      values.set(isPair ? said.filter((_, k) => k % 2 === 1) : said, s * size);
      const own = part(seeds, size);
      const seed = isPair ? Float32Array.from(Array.from(own, (each) => [0, each]).flat()) : own;
      gradients.set(await player.backward(seed), s * width);
    } finally {
      player.destroy();
    }
  }
  closeTo(`output "${output}"`, values, expected.data, ABSOLUTE);
  return checkGradient(models, input, output, seeds, gradients);
}

function closeTo(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  absolute: number,
): void {
  const finite = Array.from(expected).filter(Number.isFinite);
  const scale = Math.max(1, ...finite.map(Math.abs).slice(0, 100000));
  for (let e = 0; e < expected.length; e++) {
    const [a, b] = [actual[e] as number, expected[e] as number];
    if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b)) || a === b) continue;
    if (!(Math.abs(a - b) <= absolute * scale + RELATIVE * Math.abs(b))) {
      throw new Difference(`${what}: element ${e} of ${expected.length} is ${a} instead of ${b}`);
    }
  }
}

// Along some random directions, for each sample: its directional derivative is Σ dx · direction.
function checkGradient(
  models: readonly OnnxModel[],
  input: Tensor,
  output: string,
  seeds: Float32Array,
  gradients: Float32Array,
): string | undefined {
  if (models[0]?.nodes.some((node) => /Quantize|QLinear|Integer/.test(node.op))) {
    return "rounding passes the gradient straight through: no differences to compare";
  }
  let kinks = 0;
  const h = 1e-6;
  for (const [s, model] of models.entries()) {
    const x = sampleOf(input, s);
    const size = x.data.length;
    const g = gradients.subarray(s * size, (s + 1) * size);
    for (let d = 0; d < 3; d++) {
      const direction = randn(size, 100 * d + s + 1);
      const score = (t: number) => {
        const data = x.data.map((v, e) => v + t * (direction[e] as number));
        const [y] = outputsOf(model, { shape: x.shape, data }, [output]);
        const start = s * y!.data.length;
        return y!.data.reduce((sum, v, e) => sum + v * (seeds[start + e] as number), 0);
      };
      const [ahead, here, behind] = [score(h), score(0), score(-h)];
      const [right, left] = [(ahead - here) / h, (here - behind) / h];
      // A quarter of the step tells a jump, whose quotients grow, from a slope.
      const near = (score(h / 4) - here) / (h / 4);
      const extent = g.reduce((sum, v, e) => sum + Math.abs(v * (direction[e] as number)), 0);
      const scale = Math.max(extent, 1e-3);
      const allowed = 1e-3 * Math.max(scale, Math.abs(right));
      if (!(Math.abs(right - left) <= allowed && Math.abs(right - near) <= 4 * allowed)) {
        kinks++;
        continue;
      }
      if (!g.every(Number.isFinite)) {
        throw new Difference(`the gradient of sample ${s} is not finite`);
      }
      const said = g.reduce((sum, v, e) => sum + v * (direction[e] as number), 0);
      closeTo(`gradient of sample ${s}`, [said / scale], [(right + left) / 2 / scale], 1e-3);
    }
  }
  return kinks > 0
    ? `not differentiable there in ${kinks} of ${3 * models.length} directions`
    : undefined;
}
