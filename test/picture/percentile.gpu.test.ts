// Percentiles by radix select against sorting, and against numpy.

import * as assert from "uvu/assert";
import { read } from "../../src/gpu/play.js";
import { createPercentiles } from "../../src/picture/percentile.js";
import { percentile } from "../reference/picture.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const test = suite("percentile");

interface Question {
  device: GPUDevice;
  values: Float32Array<ArrayBuffer>;
  /** Asked for four at a time, which is what one search can find. */
  percents: readonly number[];
  magnitude?: boolean;
}

async function percentilesOf({ device, values, percents, magnitude = false }: Question) {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: values.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, values);
  const found: number[] = [];
  for (let i = 0; i < percents.length; i += 4) {
    const four = percents.slice(i, i + 4);
    const percentiles = await createPercentiles(device, buffer, four.length);
    percentiles.request(four, magnitude);
    const encoder = device.createCommandEncoder();
    percentiles.encode(encoder);
    device.queue.submit([encoder.finish()]);
    found.push(...new Float32Array(await read(device, percentiles.result)));
    percentiles.destroy();
  }
  buffer.destroy();
  return found;
}

const percents = [0, 50, 99, 99.9, 100, 1, 33.3, 75];
const exact = { rtol: 1e-6, atol: 0 };

const arrays: Record<string, Float32Array<ArrayBuffer>> = {
  "one number": new Float32Array([-3.5]),
  "seven numbers": new Float32Array([5, -1, 0.25, 5, -0, 1e-30, -1e30]),
  "a picture of gradients": randn(224 * 224, 3).map((x) => x * 1e-4),
  "a picture of sizes": randn(224 * 224, 4).map((x) => Math.abs(x) ** 3),
  "many ties": randn(10_000, 5).map((x) => Math.round(2 * x)),
  "equal numbers": new Float32Array(5000).fill(-0.1),
  zeros: new Float32Array(300),
  "almost all zeros": new Float32Array(5000).fill(2, 4990),
};

for (const [name, values] of Object.entries(arrays)) {
  testWithDevice(test, `of ${name}`, async (device) => {
    const found = await percentilesOf({ device, values, percents });
    const expected = percents.map((p) => percentile(values, p));
    close(found, expected, exact);
    const sizes = await percentilesOf({ device, values, percents, magnitude: true });
    const expectedSizes = percents.map((p) => percentile(values.map(Math.abs), p));
    close(sizes, expectedSizes, exact);
  });
}

// numpy 1.24.2: np.percentile of float32 values as float64.
testWithDevice(test, "equals numpy's", async (device) => {
  const values = Float32Array.from({ length: 1000 }, (_, i) => (((i * 7919) % 1009) - 500) / 8);
  const numpy = [-62.5, 0.6875, 62.25125, 63.37512500000001, 63.5, -61.25125, -20.416625];
  const asked = percents.slice(0, 7);
  close(await percentilesOf({ device, values, percents: asked }), numpy, exact);
  close(
    asked.map((p) => percentile(values, p)),
    numpy,
    { rtol: 1e-9 },
  );
  const ties = new Float32Array([3, 1, 3, 3, -2, 0, 3, -2, 1]);
  const found = await percentilesOf({ device, values: ties, percents: [0, 10, 25, 50] });
  close(found, [-2, -2, 0, 1], exact);
});

testWithDevice(test, "of a million numbers", async (device) => {
  const values = randn(1024 * 1024, 6);
  const found = await percentilesOf({ device, values, percents: [0, 99] });
  close(found, [percentile(values, 0), percentile(values, 99)], exact);
});

testWithDevice(test, "beyond 100 is refused", async (device) => {
  const values = new Float32Array([1]);
  const message = await percentilesOf({ device, values, percents: [101] }).catch(
    (error: Error) => error.message,
  );
  assert.is(message, "a percentile lies between 0 and 100, got 101");
});

test.run();
