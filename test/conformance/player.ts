// Plays a plan for inputs that are not noisy copies of one image: each sample of the batch has its own. What the
// plan does around the network (noise, seed, statistics) is left out, and input, output, seed and gradient are
// written and read from outside.

import { bind, compile, play, read } from "../../src/gpu/play.js";
import { complete } from "../../src/gpu/slices.js";
import type { Graph } from "../../src/ops/types.js";
import { makePlan } from "../../src/plan/plan.js";
import type { BufferId, Step, View } from "../../src/shaders/step.js";

import { places, vec4s } from "../../src/tensor/layout.js";
import type { Layout } from "../../src/tensor/types.js";

/** A graph on a device, for batches of a given size. */
export interface Player {
  /** The output for every sample, row-major, one after the other. */
  forward(inputs: Float32Array): Promise<Float32Array>;
  /** The gradient of Σ seed · output with respect to every sample, after a forward pass. */
  backward(seeds: Float32Array): Promise<Float32Array>;
  destroy(): void;
}

const AROUND = ["add_noise", "seed", "accumulate"];

function stepOf(steps: readonly Step[], entry: string): Step {
  const step = steps.find((s) => s.entry === entry);
  if (!step) throw new Error(`the plan has no step ${entry}`);
  return step;
}

/** Packs samples as a view of a buffer has them; what is not theirs is zero. */
function packed(values: Float32Array, view: Omit<View, "buffer">, samples: number): Float32Array {
  const result = new Float32Array(samples * view.stride * 4);
  const to = places(view.layout);
  for (let n = 0; n < samples; n++) {
    const start = (n * view.stride + view.offset) * 4;
    to.forEach((place, e) => {
      result[start + place] = values[n * to.length + e] as number;
    });
  }
  return result;
}

function unpacked(buffer: Float32Array, view: Omit<View, "buffer">, samples: number): Float32Array {
  const from = places(view.layout);
  const result = new Float32Array(samples * from.length);
  for (let n = 0; n < samples; n++) {
    const start = (n * view.stride + view.offset) * 4;
    from.forEach((place, e) => {
      result[n * from.length + e] = buffer[start + place] as number;
    });
  }
  return result;
}

/** Compiles the plan of a graph and allocates its buffers. */
export async function openPlayer(
  device: GPUDevice,
  graph: Graph,
  samples: number,
): Promise<Player> {
  const plan = makePlan(graph, { method: "gradient", explains: "all" });
  const isInner = (step: Step) => !AROUND.includes(step.entry);
  const [forward, backward] = [plan.forward.filter(isInner), plan.backward.filter(isInner)];
  const buffers = new Map<BufferId, GPUBuffer>();
  const own: GPUBuffer[] = [];
  const make = (label: string, size: number) => {
    const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage;
    const usage = STORAGE | UNIFORM | COPY_DST | COPY_SRC;
    const buffer = device.createBuffer({ label, size: Math.ceil(size / 16) * 16, usage });
    own.push(buffer);
    return buffer;
  };
  const physical = plan.physical.map((bytes, place) => make(`place ${place}`, bytes * samples));
  plan.buffers.forEach(({ label, bytes, fixed, contents }, id) => {
    const place = plan.places[id] as number;
    if (place >= 0) buffers.set(id, physical[place] as GPUBuffer);
    else if (fixed) {
      const buffer = make(label, bytes);
      if (contents)
        device.queue.writeBuffer(buffer, 0, complete(contents()) as Float32Array<ArrayBuffer>);
      buffers.set(id, buffer);
    }
  });
  device.queue.writeBuffer(
    buffers.get(plan.ports.run) as GPUBuffer,
    0,
    Uint32Array.of(samples, 0, 0, 0, 0),
  );
  await compile(device, [...forward, ...backward]);
  const bound = [bind(device, forward, buffers), bind(device, backward, buffers)] as const;
  own.push(bound[0].uniforms, bound[1].uniforms);

  const buffer = (id: BufferId | undefined) => buffers.get(id as BufferId) as GPUBuffer;
  const whole = (layout: Layout) => ({ layout, offset: 0, stride: vec4s(layout) });
  const input = whole(plan.input);
  const run = async (part: 0 | 1) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    play(pass, bound[part].launches, samples);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  const write = (to: GPUBuffer, values: Float32Array) =>
    device.queue.writeBuffer(to, 0, values as Float32Array<ArrayBuffer>);
  return {
    async forward(inputs) {
      const noisy = stepOf(plan.forward, "add_noise").bindings.noisy;
      write(buffer(noisy), packed(inputs, input, samples));
      await run(0);
      const { stride } = plan.logits;
      const bytes = await read(device, buffer(plan.logits.buffer), samples * stride * 16);
      return unpacked(new Float32Array(bytes), plan.logits, samples);
    },
    async backward(seeds) {
      const step = stepOf(plan.backward, "seed");
      const stride = step.uniforms.layer?.stride as number;
      const place = { layout: plan.logits.layout, offset: 0, stride };
      write(buffer(step.bindings.seeds), packed(seeds, place, samples));
      await run(1);
      const gradients = stepOf(plan.backward, "accumulate").bindings.gradients;
      const bytes = await read(device, buffer(gradients), samples * input.stride * 16);
      return unpacked(new Float32Array(bytes), input, samples);
    },
    destroy() {
      for (const b of own) b.destroy();
    },
  };
}
