// The device that all GPU tests share works, and the scopes around a test catch what is wrong in it.

import * as assert from "uvu/assert";
import { withDevice } from "../support/device.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const test = suite("device");

testWithDevice(test, "doubles numbers", async (device) => {
  const x = randn(1000, 7);
  const size = x.byteLength;
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const values = device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
  const result = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  device.queue.writeBuffer(values, 0, x);
  const code = `
    @group(0) @binding(0) var<storage, read_write> x: array<f32>;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x < arrayLength(&x)) { x[id.x] *= 2; }
    }`;
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const layout = pipeline.getBindGroupLayout(0);
  const entries = [{ binding: 0, resource: { buffer: values } }];
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(Math.ceil(x.length / 64));
  pass.end();
  encoder.copyBufferToBuffer(values, 0, result, 0, size);
  device.queue.submit([encoder.finish()]);
  await result.mapAsync(GPUMapMode.READ);
  close(
    new Float32Array(result.getMappedRange()),
    x.map((value) => 2 * value),
    { rtol: 0, atol: 0 },
  );
  values.destroy();
  result.destroy();
});

test("a validation error fails the test around it", async () => {
  const wrong = withDevice((device) => {
    device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  });
  const message = await wrong.then(
    () => "nothing failed",
    (error: Error) => error.message,
  );
  assert.match(message, /GPUValidationError/);
});

test("what the body throws fails the test around it", async () => {
  const wrong = withDevice(() => {
    throw new Error("on purpose");
  });
  const message = await wrong.then(
    () => "nothing failed",
    (error: Error) => error.message,
  );
  assert.is(message, "on purpose");
});

test.run();
