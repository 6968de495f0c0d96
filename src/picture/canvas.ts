// How large a canvas is when a map is drawn on it, and where on it the map lies.

import type { Fit } from "../options/drawing.js";
import type { Size } from "../tensor/types.js";

type Canvas = HTMLCanvasElement | OffscreenCanvas;

/** Pixels that a picture on a plain canvas may be enlarged to: the canvas was as wide. */
const ROOM = 300;

/** The sizes that canvases without one were given here, in words. */
const given = new WeakMap<Canvas, string>();

const inWords = ({ width, height }: Size) => `${width}×${height}`;

/** Gives a canvas without width and height the shape of a picture, times a whole number. */
export function takeShape(canvas: Canvas, { width, height }: Size): void {
  const before = given.get(canvas);
  const hasNoSize = before
    ? before === inWords(canvas)
    : "hasAttribute" in canvas && !canvas.hasAttribute("width") && !canvas.hasAttribute("height");
  if (!hasNoSize) return;
  const times = Math.max(1, Math.floor(ROOM / Math.max(width, height)));
  const size = { width: times * width, height: times * height };
  // Setting a size clears the canvas, even the same size.
  if (before !== inWords(size)) Object.assign(canvas, size);
  given.set(canvas, inWords(size));
}

/** Throws one sentence where a device cannot paint a canvas. */
export function checkSize(canvas: Size, device: GPUDevice): void {
  const { width, height } = canvas;
  const largest = device.limits.maxTextureDimension2D;
  if (width > 0 && height > 0 && Math.max(width, height) <= largest) return;
  throw new Error(
    `the canvas has ${inWords(canvas)} pixels: the device paints 1×1 to ${largest}×${largest}`,
  );
}

/** Some pixels of a canvas. */
export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
}

/** The pixels of a canvas that a picture is painted on. */
export function fitted(picture: Size, { width, height }: Size, fit: Fit): Rectangle {
  const wide = (height * picture.width) / picture.height;
  const high = (width * picture.height) / picture.width;
  // In whole pixels a shape is never exact: what is off by less than one is filled.
  const isClose = Math.abs(wide - width) < 1 || Math.abs(high - height) < 1;
  if (fit === "fill" || isClose) return { x: 0, y: 0, width, height };
  const taken = (length: number, room: number) => Math.max(1, Math.round(Math.min(length, room)));
  const [w, h] = [taken(wide, width), taken(high, height)];
  return { x: (width - w) >> 1, y: (height - h) >> 1, width: w, height: h };
}
