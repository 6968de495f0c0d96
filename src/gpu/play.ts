// Plays steps on a device. Knows pipelines, bind groups and command encoders; knows no operator.
//
// A step names its shader, entry point and buffers by name. The text of the shader says which binding number
// a name has, and layout "auto" makes WebGPU itself complain about a binding too many or too few. Pipelines
// are kept per device for as long as the device lives. What differs from layer to layer is not compiled into a
// pipeline but lies in uniform structs, so that all layers of a kind, of all models, share one.

import { loadShaders } from "../shaders/registry.js";
import type { BufferId, Step } from "../shaders/step.js";
import { bindingsOf, packUniform, shaderText } from "../shaders/text.js";
import { mapToRead } from "./device.js";

const pipelines = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>();
const ready = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

function pipelineKey(step: Step): string {
  return JSON.stringify([step.shader, step.entry, step.constants, step.precision]);
}

/** Compiles the pipelines of all steps in parallel; resolves when the last is ready. */
export async function compile(device: GPUDevice, steps: readonly Step[]): Promise<void> {
  await Promise.all(await startCompiling(device, steps));
}

/** Starts compiling; resolves to the promises of the pipelines, so that the caller can work before it awaits them. */
export async function startCompiling(
  device: GPUDevice,
  steps: readonly Step[],
): Promise<Promise<unknown>[]> {
  await loadShaders(steps);
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
      promise = device
        .createComputePipelineAsync({
          label: `${step.shader}.${step.entry}`,
          layout: "auto",
          compute: { module, entryPoint: step.entry },
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
  return waits;
}

/** A step with its pipeline and bind group, ready to be launched again and again. */
export interface Launch {
  readonly step: Step;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** Launches and the buffer that holds the uniforms of them all, for whoever frees it. */
export interface Bound {
  readonly launches: readonly Launch[];
  readonly uniforms: GPUBuffer;
}

/** Binds compiled steps to buffers. Throws where a step names a buffer that is not there. */
export function bind(
  device: GPUDevice,
  steps: readonly Step[],
  buffers: ReadonlyMap<BufferId, GPUBuffer>,
): Bound {
  const done = ready.get(device);
  const align = device.limits.minUniformBufferOffsetAlignment;
  const slices = steps.flatMap((step) =>
    Object.keys(step.uniforms).map((name) => packUniform(step, name)),
  );
  const offsets: number[] = [];
  let size = 0;
  for (const slice of slices) {
    offsets.push(size);
    size = Math.ceil((size + slice.byteLength) / align) * align;
  }
  const uniforms = device.createBuffer({
    label: "uniforms",
    size: Math.max(size, 16),
    usage: GPUBufferUsage.UNIFORM,
    mappedAtCreation: true,
  });
  const bytes = new Uint8Array(uniforms.getMappedRange());
  slices.forEach((slice, i) => {
    bytes.set(new Uint8Array(slice), offsets[i]);
  });
  uniforms.unmap();

  let next = 0;
  const launches = steps.map((step) => {
    const pipeline = done?.get(pipelineKey(step));
    if (!pipeline) throw new Error(`${step.label}: its pipeline was not compiled`);
    const numbers = bindingsOf(step);
    const numberOf = (name: string): number => {
      const binding = numbers.get(name);
      if (binding === undefined) throw new Error(`${step.label}: ${step.shader} has no "${name}"`);
      return binding;
    };
    const entries: GPUBindGroupEntry[] = Object.entries(step.bindings).map(([name, id]) => {
      const buffer = buffers.get(id);
      if (!buffer) throw new Error(`${step.label}: there is no buffer ${id} for "${name}"`);
      return { binding: numberOf(name), resource: { buffer } };
    });
    for (const name of Object.keys(step.uniforms)) {
      const slice = {
        offset: offsets[next] as number,
        size: (slices[next] as ArrayBuffer).byteLength,
      };
      entries.push({ binding: numberOf(name), resource: { buffer: uniforms, ...slice } });
      next++;
    }
    const layout = pipeline.getBindGroupLayout(0);
    return {
      step,
      pipeline,
      bindGroup: device.createBindGroup({ label: step.label, layout, entries }),
    };
  });
  return { launches, uniforms };
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
    await mapToRead(device, staging);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}
