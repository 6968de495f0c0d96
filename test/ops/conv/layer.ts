// One convolution without a network around it: the steps of whichever kernel is asked for, on buffers of random numbers.
// The planner's place is taken by a list that the steps are written to.

import { bind, compile, play, read } from "../../../src/gpu/play.js";
import { complete } from "../../../src/gpu/slices.js";
import type { Choice } from "../../../src/ops/conv/choose.js";
import { depthwiseBackward, depthwiseForward } from "../../../src/ops/conv/depthwise.js";
import { directBackward, directForward } from "../../../src/ops/conv/direct.js";
import type { Convolution, Geometry, Way } from "../../../src/ops/conv/geometry.js";
import { im2colBackward, im2colForward } from "../../../src/ops/conv/im2col.js";
import { toImage } from "../../../src/ops/conv/to-image.js";
import { winogradBackward, winogradForward } from "../../../src/ops/conv/winograd.js";
import { compiled } from "../../../src/ops/epilogue.js";
import type { Node, Planning, Sink, Tiling } from "../../../src/ops/types.js";
import type { Step, View } from "../../../src/shaders/step.js";
import { packChannels, unpackChannels } from "../../../src/tensor/channels.js";
import { vec4s } from "../../../src/tensor/layout.js";
import type { Contents, Layout } from "../../../src/tensor/types.js";
import { randn } from "../../support/randn.js";

/** The sizes of a convolution of square kernels and planes. */
export interface Sizes {
  readonly channels: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly size: number;
  readonly stride?: number;
  readonly pad?: number;
  readonly dilation?: number;
  readonly groups?: number;
}

/** A convolution with random weights and a bias. */
export function convolutionOf(sizes: Sizes): Convolution {
  const { channels, outputs, kernel, size, stride = 1, dilation = 1, groups = 1 } = sizes;
  const { pad = ((kernel - 1) / 2) * dilation } = sizes;
  const both = (n: number): [number, number] => [n, n];
  const output = Math.floor((size + 2 * pad - (kernel - 1) * dilation - 1) / stride) + 1;
  const geometry: Geometry = {
    ...{ kernel: both(kernel), stride: both(stride), dilation: both(dilation) },
    ...{ before: both(pad), after: both(pad), input: both(size), output: both(output) },
    ...{ channels, outputs, groups },
  };
  const shape = [outputs, channels / groups, kernel, kernel];
  const taps = (channels / groups) * kernel * kernel;
  const data = randn(outputs * taps, 7).map((w) => w / Math.sqrt(taps));
  return {
    geometry,
    weights: { type: "float32", shape, data },
    bias: { type: "float32", shape: [outputs], data: randn(outputs, 8) },
    key: "w",
  };
}

/** The shape of what a convolution reads or makes, for one sample: [1, C, H, W]. */
export function shapeOf({ geometry }: Convolution, which: "x" | "y"): number[] {
  const { channels, outputs, input, output } = geometry;
  return which === "x" ? [1, channels, ...input] : [1, outputs, ...output];
}

interface Made {
  readonly bytes: number;
  readonly contents?: () => Contents;
}

/** Steps, and the buffers that they name: x and y of a forward pass, dy and dx of a backward one, the others behind. */
interface Recorded {
  readonly steps: readonly Step[];
  readonly buffers: readonly Made[];
  readonly source: View;
  readonly result: View;
}

const NODE: Node = {
  ...{ op: "Conv", domain: "", name: "c", inputs: ["x"], outputs: ["y"], attributes: {} },
};
/** The place of the uniform buffer of run.wgsl. */
const RUN = 0;

/** What a kernel plays for a convolution. */
export function stepsOf(conv: Convolution, choice: Choice, way: Way, tiling: Tiling): Recorded {
  const steps: Step[] = [];
  const buffers: Made[] = [{ bytes: 64 }];
  const known = new Map<string, number>();
  const tensor = (shape: readonly number[]): View => {
    const layout: Layout = { shape: [...shape], channel: 1 };
    const stride = vec4s(layout);
    return { buffer: buffers.push({ bytes: stride * 16 }) - 1, layout, offset: 0, stride };
  };
  const fixed = (key: string, bytes: number, contents: () => Contents): number => {
    const buffer = known.get(key) ?? buffers.push({ bytes, contents }) - 1;
    known.set(key, buffer);
    return buffer;
  };
  const [x, y] = [tensor(shapeOf(conv, "x")), tensor(shapeOf(conv, "y"))];
  const plan = {
    ...{ tiling, run: RUN, backward: true, changingWeights: false, precision: "single", fixed },
    value: (name: string) => (name === "x" ? x : y),
    mask: () => undefined,
    savedTensor: (_node: Node, _name: string, layout: Layout) => tensor(layout.shape),
    weights: (key: string, count: number, contents: () => Contents) =>
      fixed(key, count * 16, contents),
    step: (step: Step) => steps.push(compiled(step)),
  } as Partial<Planning> as Planning;
  if (way === "forward") forward(plan, conv, choice, x);
  else backward(plan, conv, choice, y, { ...x, add: false });
  const [source, result] = way === "forward" ? [x, y] : [y, x];
  return { steps, buffers, source, result };
}

function forward(plan: Planning, conv: Convolution, choice: Choice, x: View): void {
  switch (choice.shader) {
    case "depthwise":
    case "depthwise3":
      depthwiseForward(NODE, plan, conv, choice.shader, x);
      break;
    case "im2col":
      im2colForward(NODE, plan, conv, x);
      break;
    case "winograd":
    case "winograd5":
      winogradForward(NODE, plan, conv, x);
      break;
    case "conv":
    case "conv-shared":
      directForward(NODE, plan, conv, choice, x);
      break;
    default:
      throw new Error(`${choice.shader} makes no y`);
  }
}

function backward(plan: Planning, conv: Convolution, choice: Choice, dy: View, dx: Sink): void {
  switch (choice.shader) {
    case "depthwise":
    case "depthwise3":
      depthwiseBackward(NODE, plan, conv, choice.shader, dy, dx);
      break;
    case "im2col":
      im2colBackward(NODE, plan, conv, dy, dx);
      break;
    case "winograd":
    case "winograd5":
      winogradBackward(NODE, plan, conv, dy, dx);
      break;
    case "conv-to-image":
    case "conv-to-image-strided":
      toImage(NODE, plan, conv, choice.shader, dy, dx);
      break;
    case "conv":
    case "conv-shared":
      directBackward(NODE, plan, conv, choice, dy, dx);
      break;
  }
}

/** A kernel on a device, with a batch of random samples to play it for. */
export interface Player {
  /** What it is given: [N, C, H, W]. */
  readonly source: Float32Array;
  /** Plays it so many times in a submit, and waits for the end. */
  play(times?: number): Promise<void>;
  /** What it has made: [N, C, H, W]. */
  result(): Promise<Float32Array>;
  destroy(): void;
}

/** Compiles a kernel's steps, and allocates and fills their buffers for so many samples. */
export async function playerOf(
  device: GPUDevice,
  { steps, buffers, source, result }: Recorded,
  samples: number,
): Promise<Player> {
  const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage;
  const made = buffers.map(({ bytes, contents }, id) => {
    const usage = (id === RUN ? UNIFORM : STORAGE) | COPY_DST | COPY_SRC;
    const size = contents || id === RUN ? bytes : bytes * samples;
    const buffer = device.createBuffer({ size, usage });
    if (contents)
      device.queue.writeBuffer(buffer, 0, complete(contents()) as Float32Array<ArrayBuffer>);
    return buffer;
  });
  const of = (id: number) => made[id] as GPUBuffer;
  const [, channels = 0, height = 0, width = 0] = source.layout.shape;
  const one = channels * height * width;
  const data = randn(samples * one, 9);
  device.queue.writeBuffer(of(RUN), 0, Uint32Array.of(samples));
  for (let n = 0; n < samples; n++) {
    const packed = packChannels(data.subarray(n * one, (n + 1) * one), channels);
    device.queue.writeBuffer(of(source.buffer), n * source.stride * 16, packed);
  }
  await compile(device, steps);
  const { launches, uniforms } = bind(device, steps, new Map(made.entries()));
  return {
    source: data,
    async play(times = 1) {
      const encoder = device.createCommandEncoder();
      for (let i = 0; i < times; i++) {
        const pass = encoder.beginComputePass();
        play(pass, launches, samples);
        pass.end();
      }
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
    },
    async result() {
      const packed = new Float32Array(await read(device, of(result.buffer)));
      const stride = result.stride * 4;
      const own = result.layout.shape[1] as number;
      const planes = Array.from({ length: samples }, (_, n) =>
        unpackChannels(packed.subarray(n * stride, (n + 1) * stride), own),
      );
      return Float32Array.from(planes.flatMap((plane) => [...plane]));
    },
    destroy() {
      for (const buffer of [...made, uniforms]) buffer.destroy();
    },
  };
}
