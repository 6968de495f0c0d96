// The random numbers of the shader: the known-answer vectors of Random123, and normals against their twin.

import { dispatch, kernels, run } from "../../src/gpu/kernel.js";
import { read } from "../../src/gpu/play.js";
import { normals, philox } from "../reference/philox.js";
import { close, suite, testWithDevice } from "../support/harness.js";
import probeText from "./random-probe.wgsl";

const ANSWERS = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

async function ask(device: GPUDevice, asked: { counter: number[]; key: number[] }[]) {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const make = (size: number) => device.createBuffer({ size, usage });
  const count = asked.length;
  const buffers = { asked: make(count * 32), words: make(count * 16), values: make(count * 16) };
  const data = Uint32Array.from(asked.flatMap(({ counter, key }) => [...counter, ...key, 0, 0]));
  device.queue.writeBuffer(buffers.asked, 0, data);
  const { probe } = await kernels(device, probeText, ["probe"]);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  run(pass, [dispatch(device, probe, buffers, count)]);
  pass.end();
  device.queue.submit([encoder.finish()]);
  const words = new Uint32Array(await read(device, buffers.words));
  const values = new Float32Array(await read(device, buffers.values));
  for (const buffer of Object.values(buffers)) buffer.destroy();
  return { words, values };
}

const test = suite("random numbers");

test("the twin gives the known answers of Random123", () => {
  for (const { counter, key, words } of ANSWERS) {
    close(philox(counter, key), words, { rtol: 0, atol: 0 });
  }
});

testWithDevice(test, "the shader gives the known answers of Random123", async (device) => {
  const { words } = await ask(device, ANSWERS);
  close(
    words,
    ANSWERS.flatMap((answer) => answer.words),
    { rtol: 0, atol: 0 },
  );
});

testWithDevice(test, "normals agree with their twin", async (device) => {
  const count = 4096;
  const asked = Array.from({ length: count / 4 }, (_, i) => ({
    counter: [i, 3, 0, 0],
    key: [42, 0],
  }));
  const { values } = await ask(device, asked);
  const expected = normals(count, 42, 3);
  close(values, expected, { rtol: 1e-5, atol: 2e-6 });
  const mean = expected.reduce((a, b) => a + b, 0) / count;
  const variance = expected.reduce((a, b) => a + b * b, 0) / count;
  close([mean, variance], [0, 1], { rtol: 0, atol: 0.05 });
});

test.run();
