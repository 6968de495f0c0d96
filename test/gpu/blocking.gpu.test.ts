// That the library, on a page's main thread, never keeps it for long: whenever a slice of time is over it pauses, and no
// piece of work between two pauses is large. Here every slice is over at once, so that all pauses that it can make are
// seen. ResNet-18 has eleven million weights to be packed.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import { loadModel } from "../../src/model/load.js";
import { fullSize } from "../models/architectures/index.js";
import { randn, suite, testWithDevice } from "../support/harness.js";

const test = suite("the main thread");

/** The bytes that were written to the GPU from one pause to the next, while time flies. */
async function pausesOf(device: GPUDevice, work: () => Promise<unknown>): Promise<number[]> {
  const { MessageChannel } = globalThis;
  const { now } = performance;
  const { writeBuffer } = device.queue;
  let [time, bytes] = [0, 0];
  const written: number[] = [];
  performance.now = () => (time += 1000);
  globalThis.MessageChannel = class extends MessageChannel {
    constructor() {
      super();
      written.push(bytes);
      bytes = 0;
    }
  };
  device.queue.writeBuffer = function (...words: Parameters<typeof writeBuffer>) {
    const [, , data, , size] = words;
    const each = "BYTES_PER_ELEMENT" in data ? (data.BYTES_PER_ELEMENT as number) : 1;
    bytes += size === undefined ? data.byteLength : size * each;
    return writeBuffer.apply(this, words);
  };
  try {
    await work();
  } finally {
    performance.now = now;
    globalThis.MessageChannel = MessageChannel;
    device.queue.writeBuffer = writeBuffer;
  }
  return [...written, bytes];
}

// Both pack the weights of each channel in a step of its own. Packed at once they would come to a pause for each buffer.
for (const [name, channels] of [
  ["SqueezeNet 1.1", 2_000],
  ["ResNet-18", 5_000],
] as const) {
  testWithDevice(
    test,
    `${name} is loaded and explained in small pieces`,
    async (device) => {
      const { input, build } = fullSize[name];
      const bytes = build();
      const image = { data: randn(3 * 224 * 224, 7), shape: input };
      const written = await pausesOf(device, async () => {
        const model = await loadModel(device, bytes);
        const options = { samples: 2, target: 0, submitTime: Number.POSITIVE_INFINITY };
        (await sensitivity(model, image, options)).destroy();
        model.destroy();
      });
      assert.ok(written.length > channels, `${written.length} pauses`);
      const most = Math.max(...written);
      assert.ok(most <= 2 ** 22 + 2 ** 16, `${most} bytes were written without a pause`);
      const all = written.reduce((sum, bytes) => sum + bytes, 0);
      assert.ok(all > 4e6, `only ${all} bytes were seen`);
    },
    { long: true },
  );
}

test.run();
