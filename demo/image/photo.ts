// The image beside the map: the same part of it that the network sees, at the same size.

import type { Preprocess, Preset } from "../../src/index.js";
import { placement, resolvePreprocess, type Size } from "../../src/index.js";

/** What the network's input is. */
export interface Input extends Size {
  readonly channels: number;
}

/** Reads a picture file as the library does: without its color profile. */
export function readPhoto(file: Blob): Promise<ImageBitmap> {
  return createImageBitmap(file, { colorSpaceConversion: "none" });
}

/** Paints what a network of this input sees of a photo over all of a canvas, or the part of it that `view` says. */
export function paintPhoto(
  canvas: HTMLCanvasElement,
  photo: ImageBitmap,
  input: Input,
  preprocess: Preset | Preprocess | undefined,
  view: ArrayLike<number>,
): void {
  const context = canvas.getContext("2d")!;
  // Only zooms and shifts: the columns of the matrix are (zoom x, 0, 0), (0, zoom y, 0), (left, top, 1).
  const place = placement(photo, input, resolvePreprocess(preprocess, input.channels));
  const [zoom, x, y] = [view[0]!, view[8]!, view[9]!];
  const left = place[8]! + x * place[0]! * input.width;
  const top = place[9]! + y * place[5]! * input.height;
  const [width, height] = [zoom * place[0]! * input.width, zoom * place[5]! * input.height];
  context.imageSmoothingEnabled = photo.width > 4 * input.width || photo.width > 64;
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(photo, left, top, width, height, 0, 0, canvas.width, canvas.height);
}
