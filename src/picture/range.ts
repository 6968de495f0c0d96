// Which scores are the two ends of the palette. Found on the GPU (shaders/picture/range.wgsl) and left there.

import rangeText from "../../shaders/picture/range.wgsl";
import { dispatch, kernels, perDevice, run } from "../gpu/kernel.js";
import type { Look } from "./look.js";
import { createPercentiles, percentileKernels } from "./percentile.js";

/** The range of one buffer of scores. */
export interface RangeFinder {
  /** Two f32: low and high, as the last `encode` left them. */
  readonly ends: GPUBuffer;
  /** Encodes the search; symmetric about zero for a diverging palette. */
  encode(encoder: GPUCommandEncoder, look: Look, symmetric: boolean): void;
  destroy(): void;
}

/** The kernels, compiled once for a device. */
export const rangeKernels = perDevice(async (device) => {
  const [made] = await Promise.all([
    kernels(device, rangeText, ["range"]),
    percentileKernels(device),
  ]);
  return made;
});

/** Prepares the search in a buffer of f32 scores. */
export async function createRangeFinder(
  device: GPUDevice,
  scores: GPUBuffer,
): Promise<RangeFinder> {
  const { range: kernel } = await rangeKernels(device);
  const percentiles = await createPercentiles(device, scores, 2);
  const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage;
  const settings = device.createBuffer({
    label: "range settings",
    size: 4,
    usage: UNIFORM | COPY_DST,
  });
  const ends = device.createBuffer({
    label: "range",
    size: 8,
    usage: STORAGE | COPY_DST | COPY_SRC,
  });
  const range = dispatch(device, kernel, { percentiles: percentiles.result, settings, ends });

  return {
    ends,
    encode(encoder, { percentile, scale }, symmetric) {
      if (scale) {
        device.queue.writeBuffer(ends, 0, new Float32Array([scale.low, scale.high]));
        return;
      }
      const [low, high] = typeof percentile === "object" ? percentile : [0, percentile];
      percentiles.request([low, high], symmetric);
      device.queue.writeBuffer(settings, 0, new Uint32Array([symmetric ? 1 : 0]));
      percentiles.encode(encoder);
      const pass = encoder.beginComputePass({ label: "range" });
      run(pass, [range]);
      pass.end();
    },
    destroy() {
      percentiles.destroy();
      settings.destroy();
      ends.destroy();
    },
  };
}
