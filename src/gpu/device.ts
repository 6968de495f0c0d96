// Getting a device, and what is said when there is none.

import { checkGiven } from "../options/check.js";
import { requesting } from "../options/loading.js";

/** Options of `requestDevice`. */
export interface DeviceOptions {
  /** The WebGPU entry point; `navigator.gpu` by default. */
  readonly gpu?: GPU;
  /** Which GPU to prefer where there are two; the browser's choice by default. */
  readonly powerPreference?: "low-power" | "high-performance";
}

/** Optional features, requested where available. */
const FEATURES = ["timestamp-query", "subgroups"] as const;

/**
 * Requests a device with all the memory its adapter allows, and with timestamps and subgroups where available. Any other
 * GPUDevice works with this library, too. Rejects with one sentence for the user where there is no WebGPU.
 */
export async function requestDevice(options: DeviceOptions = {}): Promise<GPUDevice> {
  checkGiven("requestDevice", requesting, options);
  const gpu = options.gpu ?? globalThis.navigator?.gpu;
  if (!gpu) {
    throw new Error(
      "this browser has no WebGPU: use a current Chrome, Edge, Safari or Firefox, on https or localhost",
    );
  }
  const adapter = await gpu.requestAdapter({
    ...(options.powerPreference && { powerPreference: options.powerPreference }),
  });
  if (!adapter) {
    throw new Error(
      "WebGPU found no GPU here: check that hardware acceleration is on in the browser's settings",
    );
  }
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } =
    adapter.limits;
  return adapter.requestDevice({
    label: "smoothgrad",
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage },
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
  });
}

/** Who waits for a device that may be lost, and the error once it is. */
interface Watch {
  readonly waiting: Set<(error: Error) => void>;
  lost?: Error;
}

const watches = new WeakMap<GPUDevice, Watch>();

function watchOf(device: GPUDevice): Watch {
  let watch = watches.get(device);
  if (!watch) {
    const made: Watch = { waiting: new Set() };
    device.lost.then(({ reason, message }) => {
      made.lost = new Error(`the GPU device was lost (${reason}): ${message}`);
      for (const reject of made.waiting) reject(made.lost);
    });
    watches.set(device, made);
    watch = made;
  }
  return watch;
}

/** Waits for something of a device; rejects with the reason if the device is lost before, or a signal heard. */
export function whileAlive<T>(
  device: GPUDevice,
  promise: Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const watch = watchOf(device);
  if (watch.lost || signal?.aborted) {
    promise.catch(() => {});
    return Promise.reject(watch.lost ?? signal?.reason);
  }
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal?.reason);
    watch.waiting.add(reject);
    signal?.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => {
      watch.waiting.delete(reject);
      signal?.removeEventListener("abort", stop);
    });
  });
}

/** Throws the device's sentence where it is known to be lost. */
export function throwIfLost(device: GPUDevice): void {
  const { lost } = watchOf(device);
  if (lost) throw lost;
}

/** Milliseconds in which a device that failed says that it is lost. */
const LATE = 2000;

/** Maps a buffer to be read; a lost device rejects with its sentence and not with the browser's AbortError. */
export async function mapToRead(device: GPUDevice, buffer: GPUBuffer): Promise<void> {
  const { lost } = device;
  await whileAlive(device, buffer.mapAsync(GPUMapMode.READ)).catch(async (error) => {
    // The buffer may hear of the loss before the device does.
    await Promise.race([lost, new Promise((done) => setTimeout(done, LATE))]);
    throwIfLost(device);
    throw error;
  });
}

/** The adapter's name for people. */
export function adapterName(device: GPUDevice): string {
  const { vendor, architecture, device: chip, description } = device.adapterInfo;
  return description || [vendor, architecture, chip].filter(Boolean).join(" ") || "unnamed adapter";
}
