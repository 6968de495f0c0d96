// The gradient of one pixel on the way from the image to a noisy copy of it: how little the map of an image says about
// that of its neighbor (Smilkov et al. 2017, figure 2). The way is a path from a baseline, which is the image itself.

import { whileAlive } from "../gpu/device.js";
import { read } from "../gpu/play.js";
import { Submits } from "../gpu/submits.js";
import type { ImageSource } from "../image/image.js";
import { methodOf } from "../methods/methods.js";
import { playClean } from "../model/engine.js";
import type { Model } from "../model/model.js";
import { checkModel } from "../options/arguments.js";
import { checkGiven } from "../options/check.js";
import { isListOf, type Rows, whole } from "../options/option.js";
import { sampling } from "../options/sampling.js";
import type { View } from "../shaders/step.js";
import { GRADIENT_SCALE, unpackStored } from "../tensor/half.js";
import { positions, VEC4_BYTES, vec4s } from "../tensor/layout.js";
import { Accumulator, chooseClasses } from "./accumulator.js";
import { valuesOf } from "./baseline.js";
import { prepare } from "./batch.js";
import { planOptions } from "./plan-options.js";
import { type SensitivityOptions, settle } from "./settings.js";

/** Options of `gradientLine`: which pixel, and how far the noisy copy is. */
export interface LineOptions
  extends Pick<SensitivityOptions, "target" | "preprocess" | "seed" | "signal"> {
  /** Column and row in the network's input, from 0. */
  readonly pixel: readonly [x: number, y: number];
  /** Number of places on the way; 200 by default. */
  readonly points?: number;
  /** σ of the noise at the end of the way, as a fraction of the input's range; 0.01 by default, which nobody sees. */
  readonly noise?: number;
}

/** The result of `gradientLine`. */
export interface GradientLine {
  /** The places, from 0 (the image) to 1 (the noisy copy), [points]. */
  readonly t: Float32Array<ArrayBuffer>;
  /** For each channel, ∂S/∂x of the pixel at each place, [C][points]. */
  readonly gradients: readonly Float32Array<ArrayBuffer>[];
  /** The largest |∂S/∂x| over all pixels and channels at each place, [points]. */
  readonly largest: Float32Array<ArrayBuffer>;
}

const { target, preprocess, seed, signal: abort, steps, noise: level } = sampling;
const rows: Rows<LineOptions> = {
  ...{ target, preprocess, seed, signal: abort, points: steps, noise: level },
  pixel: {
    what: "[x, y], a place in the input",
    fits: (value) => isListOf(value, whole(0, 65536)) && value.length === 2,
  },
};

const BATCH = 16; // gradients of whole inputs that are read back together

/** As in on-demand.ts. */
export async function gradientLine(
  model: Model,
  image: ImageSource,
  options: LineOptions,
): Promise<GradientLine> {
  checkModel("gradientLine", model);
  checkGiven("gradientLine", rows, options);
  const { pixel, points = 200, noise = 0.01, ...others } = options;
  const { channels, height, width } = model.input;
  const [x, y] = pixel;
  if (!(x >= 0 && x < width && y >= 0 && y < height)) {
    throw new Error(`there is no pixel ${x}, ${y} in an input of ${width} × ${height}`);
  }
  const { device } = model;
  const signal = model.plans.endedOr(others.signal);
  signal.throwIfAborted();
  const tensor = await model.tensor(image, options.preprocess);
  let release = () => {};
  let sums: Accumulator | undefined;
  try {
    release = await model.plans.takeTurn(signal);
    const data = await whileAlive(device, valuesOf(device, tensor));
    const baseline = { data, shape: [1, channels, height, width] };
    const path = { method: "integrated-gradients", quadrature: "riemann", steps: points } as const;
    const settings = settle({ ...others, ...path, baseline, noise, signal, samples: 1 });
    const passes = methodOf(settings.method).procedure.passes(settings, model.input);
    const count = Math.min(points, BATCH);
    const engine = await model.plans.engine(planOptions(model, settings), count);
    const setting = await prepare(engine, tensor, settings, passes);
    const submits = new Submits(device, settings);
    await playClean(submits, engine, tensor, setting.scale);
    const [target = "top1"] = settings.targets;
    sums = Accumulator.of(engine, chooseClasses(model, target, undefined), settings.begins);
    await sums.playClass(submits, engine);
    await submits.submit();
    const { precision } = engine.plan;
    const scale = GRADIENT_SCALE[precision];
    const view = engine.plan.gradient as View;
    const gradients = Array.from({ length: channels }, () => new Float32Array(points));
    const largest = new Float32Array(points);
    for (let first = 0, samples = 0; first < points; first += samples) {
      samples = Math.min(engine.fitting(submits), points - first);
      submits.label = `places from ${first}`;
      engine.setBatch({ ...setting, samples, first });
      await engine.play(submits, ["forward", "backward"], samples);
      await submits.submit();
      const end = view.offset + (samples - 1) * view.stride + vec4s(view.layout);
      const reading = read(device, engine.gradient, end * VEC4_BYTES[precision]);
      const all = unpackStored(await whileAlive(device, reading, signal), precision);
      for (let i = 0; i < samples; i++) {
        const from = (view.offset + i * view.stride) * 4;
        const own = all.subarray(from, from + vec4s(view.layout) * 4);
        for (let c = 0; c < channels; c++) {
          gradients[c]![first + i] = (own[place(c, y * width + x, view)] as number) / scale;
        }
        largest[first + i] = largestOf(own, channels, view) / scale;
      }
    }
    return { t: Float32Array.from(settings.nodes, ([alpha]) => alpha), gradients, largest };
  } finally {
    release();
    sums?.destroy();
    tensor.destroy();
  }
}

/** Where channel c of a position is in a packed tensor. */
function place(c: number, position: number, { layout }: View): number {
  return (Math.floor(c / 4) * positions(layout) + position) * 4 + (c % 4);
}

/** Padding lanes hold anything, so they do not count. */
function largestOf(values: Float32Array, channels: number, view: View): number {
  let largest = 0;
  for (let c = 0; c < channels; c++) {
    for (let p = 0; p < positions(view.layout); p++) {
      largest = Math.max(largest, Math.abs(values[place(c, p, view)] as number));
    }
  }
  return largest;
}
