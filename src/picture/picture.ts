// From a map's moments to numbers and pixels, all on the GPU.
//
// How to think of it: moments ─estimate─▶ scores [H,W] ─range─▶ ends (low, high) ─paint─▶ canvas or pixels.
// Another estimator, reduction, percentile, palette or overlay repeats these few small kernels and nothing else:
// no pass through the model, no read-back, and after the first time nothing to compile or to allocate.

import { throwIfLost } from "../gpu/device.js";
import { read } from "../gpu/play.js";
import { checkCanvas } from "../options/arguments.js";
import type { Estimator, PictureOptions, Range } from "../options/drawing.js";
import { whole } from "../options/option.js";
import { checkSize, takeShape } from "./canvas.js";
import {
  type AttributionSize,
  createEstimate,
  type Estimate,
  estimateKernels,
  type Moments,
} from "./estimate.js";
import { type Look, lookOf } from "./look.js";
import { canvasFormat, createPainter, frameOf, type Painter, paintKernels } from "./paint.js";
import { palettes } from "./palettes.js";
import { createRangeFinder, type RangeFinder, rangeKernels } from "./range.js";

/** How a map is painted, and how large. */
export interface PixelOptions extends PictureOptions {
  /** Width in pixels; that of the map by default. */
  readonly width?: number;
  /** Height in pixels; that of the map by default. */
  readonly height?: number;
}

const pixels = whole(1, 65536);

/** Compiles what the pictures of all maps need, so that the first one finds it done. */
export async function preparePictures(device: GPUDevice): Promise<void> {
  await Promise.all([estimateKernels(device), rangeKernels(device), paintKernels(device)]);
}

/** Prepares everything that pictures of one map need. The moments and the input stay the caller's. */
export async function createPicture(device: GPUDevice, moments: Moments): Promise<Picture> {
  const estimate = await createEstimate(device, moments);
  const range = await createRangeFinder(device, estimate.scores);
  const painter = await createPainter(device, {
    scores: estimate.scores,
    ends: range.ends,
    photo: moments.input.photo,
    map: moments.input,
  });
  await painter.prepare(canvasFormat());
  return new Picture(device, moments, estimate, range, painter);
}

const configured = new WeakMap<GPUCanvasContext, GPUDevice>();

/** The pictures of one map. Made by `createPicture`. */
export class Picture {
  /** How many samples the moments are of; to be set by whoever adds samples to them. */
  samples: number;
  readonly #device: GPUDevice;
  readonly #moments: Moments;
  readonly #estimate: Estimate;
  readonly #range: RangeFinder;
  readonly #painter: Painter;
  #isDestroyed = false;

  constructor(
    device: GPUDevice,
    moments: Moments,
    estimate: Estimate,
    range: RangeFinder,
    painter: Painter,
  ) {
    this.samples = moments.samples;
    this.#device = device;
    this.#moments = moments;
    this.#estimate = estimate;
    this.#range = range;
    this.#painter = painter;
  }

  /** Paints the map on a canvas, and gives it the map's shape where it has no size of its own. */
  draw(canvas: HTMLCanvasElement | OffscreenCanvas, options: PictureOptions = {}): void {
    this.check();
    checkCanvas(canvas);
    const look = lookOf("draw", options);
    const context = canvas.getContext("webgpu") as GPUCanvasContext | null;
    if (!context) throw new Error("the canvas has another kind of context: take a fresh one");
    const { input } = this.#moments;
    if (look.fit !== "fill") takeShape(canvas, frameOf(input, input.photo, look));
    checkSize(canvas, this.#device);
    if (configured.get(context) !== this.#device) {
      const format = canvasFormat();
      context.configure({ device: this.#device, format, alphaMode: "premultiplied" });
      configured.set(context, this.#device);
    }
    this.#paint(context.getCurrentTexture(), look);
  }

  /** Paints the map and reads its pixels back. */
  async pixels(options: PixelOptions = {}): Promise<ImageData> {
    this.check();
    const look = lookOf("pixels", options, { width: pixels, height: pixels });
    const { width = this.#moments.input.width, height = this.#moments.input.height } = options;
    const format = "rgba8unorm";
    const target = this.#device.createTexture({
      label: "pixels",
      size: [width, height],
      format,
      usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC,
    });
    const bytesPerRow = Math.ceil(width / 64) * 256;
    const rows = this.#device.createBuffer({
      label: "rows of pixels",
      size: bytesPerRow * height,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    try {
      await this.#painter.prepare(format);
      this.#paint(target, look, (encoder) =>
        encoder.copyTextureToBuffer({ texture: target }, { buffer: rows, bytesPerRow }, target),
      );
      const padded = new Uint8Array(await read(this.#device, rows));
      const image = new ImageData(width, height);
      for (let y = 0; y < height; y++) {
        const row = padded.subarray(y * bytesPerRow, y * bytesPerRow + width * 4);
        image.data.set(row, y * width * 4);
      }
      return image;
    } finally {
      target.destroy();
      rows.destroy();
    }
  }

  /** Reads back the attribution, row-major [C,H,W]. */
  async attribution(estimator: Estimator): Promise<Float32Array<ArrayBuffer>> {
    this.check();
    lookOf("data", { estimator });
    return this.#estimate.attribution(this.samples, estimator);
  }

  /** How large the attribution is over all channels and pixels, and how sure. */
  async size(estimator: Estimator): Promise<AttributionSize> {
    this.check();
    lookOf("errorOf", { estimator });
    return this.#estimate.size(this.samples, estimator);
  }

  /** Reads back the scores [H,W] that `draw` would paint with the same options. */
  async scores(options: PictureOptions = {}): Promise<Float32Array<ArrayBuffer>> {
    this.check();
    const encoder = this.#device.createCommandEncoder({ label: "scores" });
    this.#estimate.encode(encoder, this.samples, lookOf("scores", options));
    this.#device.queue.submit([encoder.finish()]);
    return new Float32Array(await read(this.#device, this.#estimate.scores));
  }

  /** Reads back the scores that `draw` would paint as the ends of the palette: a `scale` for other pictures. */
  async range(options: PictureOptions = {}): Promise<Range> {
    const encoder = this.#device.createCommandEncoder({ label: "range" });
    this.measure(encoder, lookOf("range", options));
    this.#device.queue.submit([encoder.finish()]);
    const [low, high] = new Float32Array(await read(this.#device, this.#range.ends));
    return { low: low!, high: high! };
  }

  /** @internal Where `measure` leaves the scores and the ends of their range. */
  get buffers(): { scores: GPUBuffer; ends: GPUBuffer } {
    return { scores: this.#estimate.scores, ends: this.#range.ends };
  }

  /** Frees what the pictures needed; the moments and the input stay. */
  destroy(): void {
    this.#isDestroyed = true;
    this.#estimate.destroy();
    this.#range.destroy();
    this.#painter.destroy();
  }

  /** @internal Encodes the scores and their range. */
  measure(encoder: GPUCommandEncoder, look: Look): void {
    this.check();
    this.#estimate.encode(encoder, this.samples, look);
    this.#range.encode(encoder, look, palettes[look.palette].diverging);
  }

  /** @internal Throws one sentence where the map, the photo under it or the device is gone. */
  check(): void {
    throwIfLost(this.#device);
    if (this.#isDestroyed) throw new Error("the map was destroyed: read and draw it before");
    if (this.#moments.input.isDestroyed) {
      throw new Error("the map whose photo this picture shows was destroyed: keep it as long");
    }
  }

  #paint(
    target: GPUTexture,
    look: Look,
    after: (encoder: GPUCommandEncoder) => void = () => {},
  ): void {
    const encoder = this.#device.createCommandEncoder({ label: "picture" });
    this.measure(encoder, look);
    this.#painter.encode(encoder, target, look);
    after(encoder);
    this.#device.queue.submit([encoder.finish()]);
  }
}
