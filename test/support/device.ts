// The one GPUDevice that all GPU tests share, with the adapter's own limits, and the error scopes around a test.

let shared: Promise<GPUDevice> | undefined;
const uncaptured: string[] = [];

/** Runs the body inside validation, out-of-memory and internal error scopes; any error in them rejects. */
export async function withDevice(body: (device: GPUDevice) => Promise<void> | void): Promise<void> {
  shared ??= openDevice();
  const device = await shared;
  const scopes = ["validation", "out-of-memory", "internal"] as const;
  for (const scope of scopes) device.pushErrorScope(scope);
  const lost = device.lost.then(({ reason, message }) => {
    throw new Error(`The device was lost (${reason}): ${message}`);
  });
  let failure: unknown;
  try {
    await Promise.race([lost, (async () => body(device))()]);
  } catch (error) {
    failure = error;
  }
  const errors = await Promise.all(scopes.map(() => device.popErrorScope().catch(() => null)));
  const error = errors.find((error) => error !== null);
  // A GPU error is the cause of whatever the body then complained about.
  if (error) throw new Error(`${error.constructor.name}: ${error.message}`, { cause: failure });
  if (failure) throw failure;
}

/** The uncaptured GPU errors since the last call. */
export function takeUncapturedErrors(): string[] {
  return uncaptured.splice(0);
}

/** Leaves the shared device to whoever still uses it; the next test opens another. */
export function dropDevice(): void {
  shared = undefined;
}

async function openDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("There is no WebGPU adapter: GPU tests cannot run here");
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } =
    adapter.limits;
  const device = await adapter.requestDevice({
    label: "tests",
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage },
    requiredFeatures: (["timestamp-query", "subgroups"] as const).filter((feature) =>
      adapter.features.has(feature),
    ),
  });
  device.addEventListener("uncapturederror", ({ error }) => uncaptured.push(error.message));
  device.lost.then(dropDevice);
  return device;
}
