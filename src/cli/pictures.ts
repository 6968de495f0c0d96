// What an input file is, by its first bytes and not by its name: a tensor, a picture that Chrome decodes, or something
// else, with the command that makes such a picture of it.

import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { textKind, textStart } from "../onnx/signature.js";
import { reasonOf } from "./files.js";
import { type InputKind, type PictureFormat, TAKEN } from "./formats.js";

/** Reads what an input is; rejects with one sentence where it is known to be of no use. */
export async function inputKind(file: string): Promise<InputKind> {
  const bytes = await readFile(file).catch((cause) => {
    throw new Error(`the file cannot be read: ${reasonOf(cause)}`, { cause });
  });
  if (bytes.length === 0) throw new Error("the file is empty");
  const text = textStart(bytes);
  if (text !== undefined) throw new Error(textFault(text, file));
  const start = bytes.toString("latin1", 0, 256);
  if (start.startsWith("\x93NUMPY")) return "tensor";
  const format = formatOf(start);
  if (format === undefined) {
    const fault = faultOf(start, file);
    if (fault) throw new Error(fault);
  } else if (isCutOff(bytes, format)) {
    throw new Error(`the ${format} is cut off: its end is missing; copy or download it once more`);
  }
  return format;
}

function formatOf(start: string): PictureFormat | undefined {
  if (start.startsWith("\xff\xd8\xff")) return "JPEG";
  if (start.startsWith("\x89PNG")) return "PNG";
  if (start.startsWith("GIF8")) return "GIF";
  if (start.startsWith("RIFF") && start.startsWith("WEBP", 8)) return "WebP";
  if (start.startsWith("BM")) return "BMP";
  return brandsOf(start).some((brand) => /^avi[fs]$/.test(brand)) ? "AVIF" : undefined;
}

/** What a file of the ISO media family says it is and can be read as; none if it is of another. */
function brandsOf(start: string): string[] {
  if (!start.startsWith("ftyp", 4)) return [];
  const length = start.charCodeAt(2) * 256 + start.charCodeAt(3);
  const brands = start.slice(8, Math.min(length, 64)).match(/.{4}/gs) ?? [];
  return brands.filter((_, i) => i !== 1); // The second one is a version.
}

const OTHERS = [
  { magics: ["II*\0", "MM\0*", "II+\0", "MM\0+"], kind: "a TIFF picture or a camera's raw file" },
  { magics: ["\xff\x0a", "\0\0\0\x0cJXL "], kind: "a JPEG XL picture" },
  { magics: ["\0\0\0\x0cjP  "], kind: "a JPEG 2000 picture" },
  { magics: ["8BPS"], kind: "a Photoshop file" },
  { magics: ["%PDF"], kind: "a PDF" },
];

/** What else a file is, with the way out, in one sentence. */
function faultOf(start: string, file: string): string | undefined {
  const [from, jpg, png] = [quoted(file), renamed(file, ".jpg"), renamed(file, ".png")];
  const brands = brandsOf(start);
  if (brands.some((brand) => /^(hei[cmsx]|hev[cmsx]|mif1|msf1)$/.test(brand))) {
    const ways = `"sips -s format jpeg ${from} --out ${jpg}" on a Mac, "heif-convert ${from} ${jpg}" elsewhere`;
    return `it is an HEIC picture, as iPhones take them, which Chrome cannot decode; convert it: ${ways}`;
  }
  if (brands.length > 0 || start.startsWith("\x1a\x45\xdf\xa3") || start.startsWith("AVI ", 8)) {
    return `it is a video; take a picture out of it: "ffmpeg -i ${from} -frames:v 1 ${png}"`;
  }
  const isThat = (magic: string) => start.startsWith(magic);
  const other = OTHERS.find(({ magics }) => magics.some(isThat));
  if (other) {
    return `it is ${other.kind}, which Chrome cannot decode; convert it: "magick ${from} ${png}"`;
  }
  if (start.startsWith("PK\x03\x04")) {
    return start.includes(".npy")
      ? "it is a .npz archive; write the one array with numpy.save"
      : "it is a ZIP archive; unpack it first";
  }
  if (start.startsWith("\x1f\x8b")) return "it is compressed with gzip; unpack it first: gunzip";
  const isModel = start.startsWith("\x08") && start[2] === "\x12";
  return isModel ? "it looks like an ONNX model: a model goes behind --model" : undefined;
}

const SVG = /^(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<(svg|!DOCTYPE svg)/is;

function textFault(text: string, file: string): string {
  if (!SVG.test(text) && !/\.svg$/i.test(file)) return `${textKind(text)}; ${TAKEN}`;
  const png = renamed(file, ".png");
  return `it is an SVG drawing, which has no pixels yet; convert it: "rsvg-convert --width 512 ${quoted(file)} --output ${png}"`;
}

/** A file's name as a shell takes it. */
const quoted = (file: string) => (/^[\w./\\:-]+$/.test(file) ? file : `'${file}'`);

/** Never the name of the file itself, which a converter would overwrite. */
function renamed(file: string, ending: string): string {
  const name = basename(file, extname(file));
  return quoted(
    extname(file).toLowerCase() === ending ? `${name}.converted${ending}` : name + ending,
  );
}

// Chrome decodes what there is of a picture and leaves the rest gray, so it does not say that something is missing.
function isCutOff(bytes: Buffer, format: PictureFormat): boolean {
  if (format === "PNG") return !bytes.includes("IEND");
  if (format === "WebP") return bytes.length < 12 || bytes.readUInt32LE(4) + 8 > bytes.length;
  return format === "JPEG" && !bytes.includes("\xff\xd9", startOfScan(bytes), "latin1");
}

// Where the pixels of a JPEG begin: behind its segments, some of which hold a small JPEG of their own.
function startOfScan(bytes: Buffer): number {
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda) {
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return at;
}
