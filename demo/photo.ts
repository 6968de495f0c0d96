// The photo beside the map: the same part of it that the network sees, at the same size.

import type { Preprocess, Preset } from "../src/index.js";
import { placement, resolvePreprocess, type Size } from "../src/preprocess.js";

/** Reads a picture file as the library does: without its color profile. */
export function readPhoto(file: Blob): Promise<ImageBitmap> {
  return createImageBitmap(file, { colorSpaceConversion: "none" });
}

/** Paints what a network of this input size sees of a photo over all of a canvas. */
export function paintPhoto(
  canvas: HTMLCanvasElement,
  photo: ImageBitmap,
  input: Size & { readonly channels: number },
  preprocess: Preset | Preprocess | undefined,
): void {
  const context = canvas.getContext("2d")!;
  // Only zooms and shifts: the columns of the matrix are (zoom x, 0, 0), (0, zoom y, 0), (left, top, 1).
  const place = placement(photo, input, resolvePreprocess(preprocess, input.channels));
  const [left, top] = [place[8]!, place[9]!];
  const [width, height] = [place[0]! * input.width, place[5]! * input.height];
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(photo, left, top, width, height, 0, 0, canvas.width, canvas.height);
}
