// The benchmarks, in the page. A benchmark is a name and a function that measures; what it reports is a row.
//
// Times are medians: a GPU that is shared, and even more a CPU that plays one, has outliers on the slow side.

import { models } from "./models.js";

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly milliseconds: number;
  readonly gflops?: number;
  readonly note?: string;
}

/** Measures something on the device and reports one row or many. */
export type Benchmark = (device: GPUDevice, report: (row: Row) => unknown) => Promise<void>;

const benchmarks: Readonly<Record<string, Benchmark>> = { dispatch, ...models };

/** Runs the benchmarks whose names contain one of the patterns, all without patterns; resolves with the adapter's name. */
export async function run(
  patterns: readonly string[],
  report: (row: Row) => unknown,
): Promise<string> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("There is no WebGPU adapter");
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } =
    adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage },
    requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
  });
  device.addEventListener("uncapturederror", ({ error }) => console.error(error.message));
  for (const [name, benchmark] of Object.entries(benchmarks)) {
    if (patterns.length > 0 && !patterns.some((pattern) => name.includes(pattern))) continue;
    await benchmark(device, report);
  }
  const { vendor, architecture, description } = adapter.info;
  return [vendor, architecture, description].filter(Boolean).join(" ");
}

/** The median time of some calls after one that is not counted, in milliseconds. */
export async function median(times: number, action: () => Promise<unknown>): Promise<number> {
  await action();
  const measured: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await action();
    measured.push(performance.now() - start);
  }
  return measured.sort((a, b) => a - b)[times >> 1] as number;
}

// What a launch costs when its kernel does nothing, alone and as one of many in a submit.
async function dispatch(device: GPUDevice, report: (row: Row) => unknown): Promise<void> {
  const code = "@compute @workgroup_size(1) fn main() {}";
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const submit = (launches: number) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    for (let i = 0; i < launches; i++) pass.dispatchWorkgroups(1);
    pass.end();
    device.queue.submit([encoder.finish()]);
    return device.queue.onSubmittedWorkDone();
  };
  const one = await median(20, () => submit(1));
  const many = await median(20, () => submit(1001));
  await report({ name: "dispatch: a submit with one launch", milliseconds: one });
  await report({ name: "dispatch: one more launch", milliseconds: (many - one) / 1000 });
}
