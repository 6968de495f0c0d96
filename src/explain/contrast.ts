// The map of two classes: what speaks for the one and what for the other, blue, gray and red. It is a picture
// like any other, whose scores are made of those of two maps.

import contrastText from "../../shaders/picture/contrast.wgsl";
import { dispatch, kernels, perDevice, run } from "../gpu/kernel.js";
import { checkMap } from "../options/arguments.js";
import type { PictureOptions } from "../options/drawing.js";
import type { Estimate } from "../picture/estimate.js";
import { canvasFormat, createPainter } from "../picture/paint.js";
import { Picture, type PixelOptions } from "../picture/picture.js";
import { createRangeFinder } from "../picture/range.js";
import type { SensitivityMap } from "./map.js";

const pipelines = perDevice((device) => kernels(device, contrastText, ["contrast"]));

/** A picture of two maps of one image. Made by `contrast`; the maps must outlive it. */
export interface Contrast {
  /** Paints it over a canvas: what speaks for the first map's class is red, for the second's blue. */
  draw(canvas: HTMLCanvasElement | OffscreenCanvas, options?: PictureOptions): void;
  /** Paints it and reads the pixels back. */
  pixels(options?: PixelOptions): Promise<ImageData>;
  /** Reads back the difference at every pixel, from −1 to 1, row-major [H,W]. */
  scores(options?: PictureOptions): Promise<Float32Array<ArrayBuffer>>;
  /** Frees its buffers on the GPU; the maps stay. */
  destroy(): void;
}

/** As in on-demand.ts. */
export async function contrast(first: SensitivityMap, second: SensitivityMap): Promise<Contrast> {
  for (const map of [first, second]) checkMap("contrast", map);
  const { device, tensor } = first;
  if (first.shape.join() !== second.shape.join() || second.device !== device) {
    throw new Error(
      `the maps must be of one model, got [${first.shape.join()}] and [${second.shape.join()}]`,
    );
  }
  const [a, b] = [first.picture, second.picture];
  for (const picture of [a, b]) picture.check();
  const { contrast: kernel } = await pipelines(device);
  const positions = tensor.width * tensor.height;
  const scores = device.createBuffer({
    label: "scores of two maps",
    size: 4 * positions,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  });
  const resources = { a: a.buffers.scores, ends_a: a.buffers.ends, scores };
  const others = { b: b.buffers.scores, ends_b: b.buffers.ends };
  const groups = Math.min(Math.ceil(positions / 64), 65535);
  const difference = dispatch(device, kernel, { ...resources, ...others }, groups);

  const none = () => Promise.reject(new Error("two maps have no attribution of their own"));
  const estimate: Estimate = {
    scores,
    encode(encoder, _, look) {
      const how = { ...look, scale: undefined, palette: "grayscale" } as const;
      a.measure(encoder, { ...how, estimator: look.estimator ?? first.estimator });
      b.measure(encoder, { ...how, estimator: look.estimator ?? second.estimator });
      const pass = encoder.beginComputePass({ label: "contrast" });
      run(pass, [difference]);
      pass.end();
    },
    attribution: none,
    size: none,
    destroy: () => scores.destroy(),
  };
  const range = await createRangeFinder(device, scores);
  const { photo } = tensor;
  const painter = await createPainter(device, { scores, ends: range.ends, photo, map: tensor });
  await painter.prepare(canvasFormat());
  const moments = { moments: scores, samples: 0, input: tensor };
  const picture = new Picture(device, moments, estimate, range, painter);
  const whole = { palette: "diverging", scale: { low: -1, high: 1 } } as const;
  return {
    draw: (canvas, options) => picture.draw(canvas, { ...whole, ...options }),
    pixels: (options) => picture.pixels({ ...whole, ...options }),
    scores: (options) => picture.scores({ ...whole, ...options }),
    destroy: () => picture.destroy(),
  };
}
