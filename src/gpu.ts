// Plays steps on a device. Knows pipelines, bind groups and command encoders; knows no operator.
//
// A step names its shader, entry point and buffers by name. The text of the shader says which binding number
// a name has, and layout "auto" makes WebGPU itself complain about a binding too many or too few. Pipelines
// are kept per device for as long as the device lives: two layers that differ in nothing share one.

import { shaders } from "./shaders.js";
import type { BufferId, Step } from "./types.js";

const pipelines = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>();
const ready = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

/** The text of a step's shader as it is compiled: its constants, then the file. */
export function shaderText(step: Step): string {
  const text = shaders[step.shader];
  if (text === undefined) throw new Error(`${step.label}: there is no shader "${step.shader}"`);
  const lines = Object.entries(step.constants ?? {}).map(([name, value]) => {
    assertInteger(step, name, value);
    return `const ${name} = ${value};\n`;
  });
  return lines.join("") + text;
}

function pipelineKey(step: Step): string {
  return JSON.stringify([step.shader, step.entry, step.constants, step.overrides]);
}

// A fractional value for an integer override passes silently in WebGPU, so only floats may be fractional;
// by convention their names end in _F.
function assertInteger(step: Step, name: string, value: number): void {
  if (!name.endsWith("_F") && !Number.isInteger(value)) {
    throw new Error(`${step.label}: ${name} must be an integer, got ${value}`);
  }
}

/** Compiles the pipelines of all steps in parallel; resolves when the last is ready. */
export async function compile(device: GPUDevice, steps: readonly Step[]): Promise<void> {
  let pending = pipelines.get(device);
  if (!pending) pipelines.set(device, (pending = new Map()));
  let done = ready.get(device);
  if (!done) ready.set(device, (done = new Map()));
  const modules = new Map<string, GPUShaderModule>();
  const waits: Promise<unknown>[] = [];
  for (const step of steps) {
    const key = pipelineKey(step);
    let promise = pending.get(key);
    if (!promise) {
      const code = shaderText(step);
      let module = modules.get(code);
      if (!module) {
        module = device.createShaderModule({ label: step.shader, code });
        modules.set(code, module);
      }
      const constants: Record<string, number> = {};
      for (const [name, value] of Object.entries(step.overrides)) {
        assertInteger(step, name, value);
        constants[name] = value;
      }
      promise = device
        .createComputePipelineAsync({
          label: `${step.shader}.${step.entry}`,
          layout: "auto",
          compute: { module, entryPoint: step.entry, constants },
        })
        .then((pipeline) => {
          done.set(key, pipeline);
          return pipeline;
        });
      pending.set(key, promise);
      promise.catch(() => pending.delete(key));
    }
    waits.push(promise);
  }
  await Promise.all(waits);
}

const bindingNumbers = new Map<string, Map<string, number>>();

/** Binding number of each variable of a shader, read from its text. */
function bindingsOf(shader: string): Map<string, number> {
  let numbers = bindingNumbers.get(shader);
  if (!numbers) {
    numbers = new Map();
    const pattern = /@group\(0\)\s*@binding\((\d+)\)\s*var(?:<[^>]*>)?\s+(\w+)/g;
    for (const match of (shaders[shader] ?? "").matchAll(pattern)) {
      numbers.set(match[2] as string, Number(match[1]));
    }
    bindingNumbers.set(shader, numbers);
  }
  return numbers;
}

/** A step with its pipeline and bind group, ready to be launched again and again. */
export interface Launch {
  readonly step: Step;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** Binds compiled steps to buffers. Throws where a step names a buffer that is not there. */
export function bind(
  device: GPUDevice,
  steps: readonly Step[],
  buffers: ReadonlyMap<BufferId, GPUBuffer>,
): Launch[] {
  const done = ready.get(device);
  return steps.map((step) => {
    const pipeline = done?.get(pipelineKey(step));
    if (!pipeline) throw new Error(`${step.label}: its pipeline was not compiled`);
    const numbers = bindingsOf(step.shader);
    const entries = Object.entries(step.bindings).map(([name, id]) => {
      const binding = numbers.get(name);
      const buffer = buffers.get(id);
      if (binding === undefined) throw new Error(`${step.label}: ${step.shader} has no "${name}"`);
      if (!buffer) throw new Error(`${step.label}: there is no buffer ${id} for "${name}"`);
      return { binding, resource: { buffer } };
    });
    const bindGroup = device.createBindGroup({
      label: step.label,
      layout: pipeline.getBindGroupLayout(0),
      entries,
    });
    return { step, pipeline, bindGroup };
  });
}

/** Encodes launches for a batch of `samples` into a compute pass. */
export function play(
  pass: GPUComputePassEncoder,
  launches: readonly Launch[],
  samples: number,
): void {
  for (const { step, pipeline, bindGroup } of launches) {
    const [x, y, z] = step.workgroups;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(x, y, step.samples ? z * Math.ceil(samples / step.samples) : z);
  }
}

/** Copies a buffer (or its first `bytes`) back to the CPU. */
export async function read(
  device: GPUDevice,
  source: GPUBuffer,
  bytes = source.size,
): Promise<ArrayBuffer> {
  const staging = device.createBuffer({
    label: "read back",
    size: bytes,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}

/** Plays launches each in a pass of its own and measures them, in milliseconds; needs "timestamp-query". */
export async function measure(
  device: GPUDevice,
  launches: readonly Launch[],
  samples: number,
): Promise<Float64Array> {
  const count = 2 * launches.length;
  const querySet = device.createQuerySet({ type: "timestamp", count });
  const times = device.createBuffer({
    label: "timestamps",
    size: count * 8,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  try {
    const encoder = device.createCommandEncoder({ label: "measured" });
    launches.forEach((launch, i) => {
      const timestampWrites = {
        querySet,
        beginningOfPassWriteIndex: 2 * i,
        endOfPassWriteIndex: 2 * i + 1,
      };
      const pass = encoder.beginComputePass({ label: launch.step.label, timestampWrites });
      play(pass, [launch], samples);
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, times, 0);
    device.queue.submit([encoder.finish()]);
    const stamps = new BigInt64Array(await read(device, times));
    return Float64Array.from(
      launches,
      (_, i) => Number((stamps[2 * i + 1] as bigint) - (stamps[2 * i] as bigint)) / 1e6,
    );
  } finally {
    querySet.destroy();
    times.destroy();
  }
}
