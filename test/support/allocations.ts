// What is alive on a device: every buffer and texture that was made and not destroyed since the counting began.

/** The buffers and textures alive on a device. */
export class Allocations {
  private readonly alive = new Map<object, { label: string; bytes: number }>();
  /** Called before a resource is made. */
  before = () => {};
  /** Labels of what was made since the last `forget`. */
  made: string[] = [];

  /** Labels of what is alive, one for each. */
  get labels(): string[] {
    return Array.from(this.alive.values(), ({ label }) => label);
  }

  get bytes(): number {
    return [...this.alive.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  forget(): void {
    this.made = [];
  }

  add(resource: GPUBuffer | GPUTexture, label: string, bytes: number): void {
    this.alive.set(resource, { label, bytes });
    this.made.push(label);
    const { destroy } = resource;
    resource.destroy = () => {
      this.alive.delete(resource);
      return destroy.call(resource);
    };
  }
}

/** Runs the body while what the device allocates is counted. */
export async function counting<T>(
  device: GPUDevice,
  body: (allocations: Allocations) => Promise<T>,
): Promise<T> {
  const allocations = new Allocations();
  const { createBuffer, createTexture } = device;
  device.createBuffer = (descriptor) => {
    allocations.before();
    const buffer = createBuffer.call(device, descriptor);
    allocations.add(buffer, descriptor.label ?? "buffer", descriptor.size);
    return buffer;
  };
  device.createTexture = (descriptor) => {
    allocations.before();
    const texture = createTexture.call(device, descriptor);
    allocations.add(texture, descriptor.label ?? "texture", 0);
    return texture;
  };
  try {
    return await body(allocations);
  } finally {
    Object.assign(device, { createBuffer, createTexture });
  }
}
