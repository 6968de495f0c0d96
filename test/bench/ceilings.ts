// What the adapter can do at most, measured before anything else: what all other numbers are held against.

import { withConstants } from "../../src/shaders/text.js";
import text from "./ceilings.wgsl";
import { median } from "./timing.js";

/** An adapter's measured limits. */
export interface Ceilings {
  /** Operations in registers, GFLOP/s: the better of lane-by-lane products and products of matrices. */
  readonly gflops: number;
  /** Bytes loaded from storage, GB/s. */
  readonly bandwidth: number;
  /** A submit with one launch, and one more launch, in milliseconds. */
  readonly submit: number;
  readonly launch: number;
}

const FLOPS = { products: 32, matrices: 128 } as const;
const BYTES = 64;
/** Long enough that a submit does not count. */
const ENOUGH_MS = 20;

/** Measures them. */
export async function measureCeilings(device: GPUDevice): Promise<Ceilings> {
  const make = (vec4s: number) => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    return device.createBuffer({ size: vec4s * 16, usage });
  };
  // Larger than the caches of a GPU.
  const [source, result] = [make(2 ** 22), make(2 ** 20)];
  device.queue.writeBuffer(source, 0, new Float32Array(256).fill(-0.125));
  const time = async (entryPoint: string, rounds: number, groups: number, launches = 1) => {
    const code = withConstants(text, { ROUNDS: rounds });
    const module = device.createShaderModule({ code });
    const compute = { module, entryPoint };
    const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute });
    const layout = pipeline.getBindGroupLayout(0);
    const buffers = entryPoint === "nothing" ? [] : [source, result];
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const bindGroup = device.createBindGroup({ layout, entries });
    return median(5, () => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      for (let i = 0; i < launches; i++) pass.dispatchWorkgroups(groups);
      pass.end();
      device.queue.submit([encoder.finish()]);
      return device.queue.onSubmittedWorkDone();
    });
  };
  // Work of one kind in a millisecond, per unit of `perRound`.
  const rate = async (entryPoint: string, rounds: number, perRound: number) => {
    for (let groups = 64; ; groups *= 2) {
      // As many groups as there are results to leave, and then launches.
      const launches = Math.max(1, groups / 2 ** 14);
      const milliseconds = await time(entryPoint, rounds, groups / launches, launches);
      if (milliseconds < ENOUGH_MS) continue;
      return (groups * 64 * rounds * perRound) / milliseconds / 1e6;
    }
  };
  const products = await rate("products", 1024, FLOPS.products);
  const matrices = await rate("matrices", 1024, FLOPS.matrices);
  const bandwidth = await rate("loads", 64, BYTES);
  const submit = await time("nothing", 1, 1);
  const launch = ((await time("nothing", 1, 1, 1001)) - submit) / 1000;
  source.destroy();
  result.destroy();
  return { gflops: Math.max(products, matrices), bandwidth, submit, launch };
}
