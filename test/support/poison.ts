// Memory that holds NaN before anything is written to it. WebGPU hands out zeros, and so hides a kernel that leaves a
// padding lane or a whole element unwritten until the memory has been used for something else.

/** Runs the body while every buffer that an engine allocates for tensors of samples begins as NaN in either precision. */
export async function poisoned<T>(device: GPUDevice, body: () => Promise<T>): Promise<T> {
  const create = device.createBuffer;
  device.createBuffer = (descriptor) => {
    const buffer = create.call(device, descriptor);
    // The name that engine.ts gives to memory that tensors of samples share.
    if (/^shared \d+$/.test(descriptor.label ?? "")) {
      device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(0xffffffff));
    }
    return buffer;
  };
  try {
    return await body();
  } finally {
    device.createBuffer = create;
  }
}
