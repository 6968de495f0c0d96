// A map as a file: a picture with or without what it is of, its numbers, or its settings.

import type { Saved } from "../messages.js";

const MARGIN = 24;
const LINE = 22;

/** What is written below a picture and into JSON. */
export interface Legend {
  /** Image, model and class. */
  readonly title: string;
  readonly caption: string;
  /** Everything by which the map can be made again. */
  readonly settings: unknown;
}

/** The file of what was saved. */
export async function fileOf({ what, images, npy }: Saved, legend: Legend): Promise<Blob> {
  if (npy) return new Blob([npy], { type: "application/octet-stream" });
  if (what === "json") {
    return new Blob([`${JSON.stringify(legend, null, 2)}\n`], { type: "application/json" });
  }
  const canvas = what === "pair" ? sideBySide(images, legend) : onlyPicture(images[0]!);
  return canvas.convertToBlob({ type: "image/png" });
}

function onlyPicture(image: ImageData): OffscreenCanvas {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return canvas;
}

function sideBySide(images: readonly ImageData[], { title, caption }: Legend): OffscreenCanvas {
  const [{ width, height }] = images as [ImageData];
  const whole = images.length * width + (images.length + 1) * MARGIN;
  const canvas = new OffscreenCanvas(whole, height + 3 * MARGIN);
  const context = canvas.getContext("2d")!;
  const text = (content: string, font: string, wide: number) => {
    context.font = font;
    return linesOf(content, (line) => context.measureText(line).width, wide);
  };
  const fonts = ["600 16px system-ui, sans-serif", "15px system-ui, sans-serif"] as const;
  const lines = [title, caption].map((content, i) => text(content, fonts[i]!, whole - 2 * MARGIN));
  canvas.height = height + 2.5 * MARGIN + LINE * lines.flat().length;
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  images.forEach((image, i) => {
    context.putImageData(image, MARGIN + i * (width + MARGIN), MARGIN);
  });
  context.fillStyle = "#211e1a";
  let y = MARGIN + height + MARGIN;
  lines.forEach((each, i) => {
    context.font = fonts[i]!;
    for (const line of each) {
      context.fillText(line, MARGIN, y);
      y += LINE;
    }
  });
  return canvas;
}

/** Breaks a text at its spaces. */
function linesOf(text: string, widthOf: (line: string) => number, most: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (lines.at(-1) === "" || widthOf(longer) <= most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Hands a file to the browser to keep. */
export function keep(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
