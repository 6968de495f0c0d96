// Percentiles of a buffer of floats, found on the GPU and left there (shaders/picture/percentile.wgsl).

import percentileText from "../../shaders/picture/percentile.wgsl";
import type { Dispatch } from "../gpu/kernel.js";
import { dispatch, kernels, perDevice, run } from "../gpu/kernel.js";

/** The kernels, compiled once for a device. */
export const percentileKernels = perDevice((device) =>
  kernels(device, percentileText, ["count", "descend"]),
);

const most = 4;

/** Finds percentiles of one buffer again and again without allocating. */
export interface Percentiles {
  /** One f32 for each percentile asked for. */
  readonly result: GPUBuffer;
  /** Says which percentiles (0 to 100) the next `encode` finds; of |value| where `magnitude`. */
  request(percentiles: readonly number[], magnitude?: boolean): void;
  /** Encodes the search. */
  encode(encoder: GPUCommandEncoder): void;
  destroy(): void;
}

/** Prepares the search for `count` percentiles (4 at most) of all f32 values of a buffer, exact as numpy's. */
export async function createPercentiles(
  device: GPUDevice,
  values: GPUBuffer,
  count: number,
): Promise<Percentiles> {
  if (count < 1 || count > most) throw new Error(`1 to ${most} percentiles, got ${count}`);
  const { count: countKernel, descend } = await percentileKernels(device);
  const { STORAGE, COPY_DST, COPY_SRC } = GPUBufferUsage;
  const buffer = (label: string, size: number, usage: number) =>
    device.createBuffer({ label, size, usage: STORAGE | usage });
  const request = buffer("percentile request", 4 + 12 * count, COPY_DST);
  const search = buffer("percentile search", 4 * (2 + 3 * 2 * most), COPY_DST);
  const counts = buffer("percentile counts", 4 * 4 * 2 * most * 256, COPY_DST);
  const result = buffer("percentiles", 4 * count, COPY_SRC);

  const length = values.size / 4;
  const workgroups = Math.min(Math.ceil(length / 64), 65535);
  const passes: Dispatch[] = [];
  for (let digit = 0; digit < 4; digit++) {
    passes.push(
      dispatch(device, countKernel, { values, request, search, counts }, workgroups),
      dispatch(device, descend, { request, search, counted: counts, result }),
    );
  }
  const message = new DataView(new ArrayBuffer(request.size));

  return {
    result,
    request(percentiles, magnitude = false) {
      message.setUint32(0, magnitude ? 1 : 0, true);
      for (let i = 0; i < count; i++) {
        const { below, above, fraction } = orderStatistics(percentiles[i]!, length);
        message.setUint32(4 + 12 * i, below, true);
        message.setUint32(8 + 12 * i, above, true);
        message.setFloat32(12 + 12 * i, fraction, true);
      }
      device.queue.writeBuffer(request, 0, message.buffer);
    },
    encode(encoder) {
      encoder.clearBuffer(search);
      encoder.clearBuffer(counts);
      const pass = encoder.beginComputePass({ label: "percentiles" });
      run(pass, passes);
      pass.end();
    },
    destroy() {
      for (const each of [request, search, counts, result]) each.destroy();
    },
  };
}

/** Which two of N sorted numbers a percentile lies between, and how far from the nearer: numpy's linear rule. */
export function orderStatistics(percentile: number, length: number) {
  if (!(percentile >= 0 && percentile <= 100)) {
    throw new Error(`a percentile lies between 0 and 100, got ${percentile}`);
  }
  const position = (percentile / 100) * (length - 1);
  const below = Math.floor(position);
  const fraction = position - below;
  return {
    below,
    above: Math.min(below + 1, length - 1),
    fraction: fraction < 0.5 ? fraction : fraction - 1,
  };
}
