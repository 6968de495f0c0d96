// Single kernels outside a plan: those of the borders, where pictures come in (image.ts) and maps go out
// (picture.ts). Pipelines live as long as their device; resources are bound by the names in the shader's text.

import { bindingNumbers } from "../shaders/text.js";

/** A pipeline and the binding number of every name in its shader. */
export interface Kernel<Pipeline extends GPUComputePipeline | GPURenderPipeline> {
  readonly pipeline: Pipeline;
  readonly bindings: ReadonlyMap<string, number>;
}

/** Makes a value at most once for each device, and forgets it with the device. */
export function perDevice<T>(make: (device: GPUDevice) => T): (device: GPUDevice) => T {
  const made = new WeakMap<GPUDevice, T>();
  return (device) => {
    let value = made.get(device);
    if (value === undefined) made.set(device, (value = make(device)));
    return value;
  };
}

/** Compiles some entry points of one shader. */
export async function kernels<Name extends string>(
  device: GPUDevice,
  code: string,
  entryPoints: readonly Name[],
): Promise<Record<Name, Kernel<GPUComputePipeline>>> {
  const module = device.createShaderModule({ label: entryPoints[0], code });
  const bindings = bindingNumbers(code);
  const made = {} as Record<Name, Kernel<GPUComputePipeline>>;
  const compile = async (entryPoint: Name) => {
    const pipeline = await device.createComputePipelineAsync({
      label: entryPoint,
      layout: "auto",
      compute: { module, entryPoint },
    });
    made[entryPoint] = { pipeline, bindings };
  };
  await Promise.all(entryPoints.map(compile));
  return made;
}

/** Binds resources by name: exactly those that the kernel's entry point uses. */
export function bindGroup(
  device: GPUDevice,
  { pipeline, bindings }: Kernel<GPUComputePipeline | GPURenderPipeline>,
  resources: Readonly<Record<string, GPUBuffer | GPUTextureView>>,
): GPUBindGroup {
  const entries = Object.entries(resources).map(([name, resource]) => {
    const binding = bindings.get(name);
    if (binding === undefined) throw new Error(`${pipeline.label}: there is no "${name}"`);
    return { binding, resource };
  });
  const layout = pipeline.getBindGroupLayout(0);
  return device.createBindGroup({ label: pipeline.label, layout, entries });
}

/** One launch of a kernel, ready to be repeated. */
export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: number;
}

/** A kernel with its resources and its size. */
export function dispatch(
  device: GPUDevice,
  kernel: Kernel<GPUComputePipeline>,
  resources: Readonly<Record<string, GPUBuffer | GPUTextureView>>,
  workgroups = 1,
): Dispatch {
  const group = bindGroup(device, kernel, resources);
  return { pipeline: kernel.pipeline, bindGroup: group, workgroups };
}

/** Encodes dispatches one after the other. */
export function run(pass: GPUComputePassEncoder, dispatches: readonly Dispatch[]): void {
  for (const { pipeline, bindGroup: group, workgroups } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(workgroups);
  }
}
