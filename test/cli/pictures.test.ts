// What the command line makes of input files: by their bytes, whatever their names are.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as assert from "uvu/assert";
import { inputKind } from "../../src/cli/pictures.js";
import { writeNpy } from "../../src/tensor/npy.js";
import { smallNetwork } from "../models/tiny.js";
import { suite } from "../support/harness.js";

const test = suite("cli/pictures");

const latin = (text: string) => Buffer.from(text, "latin1");
const padded = (start: string) => latin(start + "\0\x01\x02\x03".repeat(40));
const media = (...brands: string[]) => {
  const [major, ...compatible] = brands;
  const box = `ftyp${major}\0\0\0\0${compatible.join("")}`;
  return padded(`\0\0\0${String.fromCharCode(box.length + 4)}${box}\0\0\0\x08meta`);
};

// A JPEG with a thumbnail, itself a whole JPEG, in its first segment.
const thumbnail = "\xff\xd8\xff\xdb\0\x04..\xff\xd9";
const jpeg = (end: string) =>
  latin(
    `\xff\xd8\xff\xe1\0${String.fromCharCode(thumbnail.length + 2)}${thumbnail}\xff\xda\0\x04..pixels\0${end}`,
  );

/** The kind of a file with these bytes, or the sentence that refuses it. */
async function kindOf(name: string, bytes: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-"));
  try {
    const file = join(folder, name);
    await writeFile(file, bytes);
    return String(await inputKind(file));
  } catch (error) {
    return (error as Error).message.replaceAll(`${folder}/`, "");
  } finally {
    await rm(folder, { recursive: true });
  }
}

const webp = latin("RIFF\x14\0\0\0WEBPVP8L\0\0\0\0pixels..");

for (const [name, bytes, kind] of [
  ["a.jpg", jpeg("\xff\xd9"), "JPEG"],
  ["with-a-tail.jpg", jpeg("\xff\xd9tail"), "JPEG"],
  ["tensor.npy", jpeg("\xff\xd9"), "JPEG"],
  ["a.png", padded("\x89PNG\r\n\x1a\nIHDR\0IEND"), "PNG"],
  ["a.gif", padded("GIF89a\0"), "GIF"],
  ["a.webp", webp, "WebP"],
  ["a.bmp", padded("BM\0\0"), "BMP"],
  ["a.avif", media("avif", "mif1", "miaf"), "AVIF"],
  ["b.avif", media("mif1", "avif"), "AVIF"],
  ["photo.jpg", Buffer.from(writeNpy(new Float32Array(3), [3])), "tensor"],
  ["anything", padded("\x01\x02"), "undefined"],
] as const) {
  test(`takes ${name} for ${kind}`, async () => {
    assert.is(await kindOf(name, bytes), kind);
  });
}

const CUT = "is cut off: its end is missing; copy or download it once more";
const TAKEN = "pictures are JPEG, PNG, GIF, WebP, BMP, AVIF, tensors .npy files";
const magick = (name: string, kind: string) =>
  `it is ${kind}, which Chrome cannot decode; convert it: "magick ${name} ${name.replace(/\.\w+$/, ".png")}"`;
const svg = (name: string, converted: string) =>
  "it is an SVG drawing, which has no pixels yet; convert it: " +
  `"rsvg-convert --width 512 ${name} --output ${converted}"`;
const heic = (name: string, converted: string) =>
  `it is an HEIC picture, as iPhones take them, which Chrome cannot decode; convert it: ` +
  `"sips -s format jpeg ${name} --out ${converted}" on a Mac, "heif-convert ${name} ${converted}" elsewhere`;

for (const [name, bytes, sentence] of [
  ["empty.jpg", latin(""), "the file is empty"],
  ["cut.jpg", jpeg(""), `the JPEG ${CUT}`],
  ["cut.png", padded("\x89PNG\r\n\x1a\nIHDR"), `the PNG ${CUT}`],
  ["cut.webp", webp.subarray(0, 20), `the WebP ${CUT}`],
  ["IMG_1.HEIC", media("heic", "mif1", "heic"), heic("IMG_1.HEIC", "IMG_1.jpg")],
  // Not over the picture itself.
  ["IMG_2.jpg", media("mif1", "heic"), heic("IMG_2.jpg", "IMG_2.converted.jpg")],
  ["scan.tif", padded("II*\0"), magick("scan.tif", "a TIFF picture or a camera's raw file")],
  ["scan.jpg", padded("MM\0*"), magick("scan.jpg", "a TIFF picture or a camera's raw file")],
  ["a.jxl", padded("\xff\x0a"), magick("a.jxl", "a JPEG XL picture")],
  ["a.jp2", padded("\0\0\0\x0cjP  \r\n"), magick("a.jp2", "a JPEG 2000 picture")],
  ["a.pdf", padded("%PDF-1.7\n\0"), magick("a.pdf", "a PDF")],
  ["a.psd", padded("8BPS\0\x01"), magick("a.psd", "a Photoshop file")],
  ["logo.svg", latin("<svg viewBox='0 0 4 4'/>"), svg("logo.svg", "logo.png")],
  [
    "logo.png",
    latin(`<?xml version="1.0"?>\n<!-- a logo -->\n<svg/>`),
    svg("logo.png", "logo.converted.png"),
  ],
  [
    "clip.mp4",
    media("isom", "mp41"),
    'it is a video; take a picture out of it: "ffmpeg -i clip.mp4 -frames:v 1 clip.png"',
  ],
  ["a.npz", padded("PK\x03\x04x.npy"), "it is a .npz archive; write the one array with numpy.save"],
  ["a.zip", padded("PK\x03\x04"), "it is a ZIP archive; unpack it first"],
  ["a.gz", gzipSync("a"), "it is compressed with gzip; unpack it first: gunzip"],
  [
    "model.onnx",
    smallNetwork().bytes(),
    "it looks like an ONNX model: a model goes behind --model",
  ],
  ["a.txt", latin("no picture"), `it is a text that begins with "no picture"; ${TAKEN}`],
  [
    "page.jpg",
    latin("<!doctype html><title>404"),
    `it is a web page (HTML); save the file itself, not the page about it; ${TAKEN}`,
  ],
  [
    "lfs.jpg",
    latin("version https://git-lfs.github.com/spec/v1\nsize 12\n"),
    `it is a Git LFS pointer, not the file of 12 bytes that it stands for; run "git lfs pull"; ${TAKEN}`,
  ],
] as const) {
  test(`says what is wrong with ${name}: ${sentence.slice(0, 30)}`, async () => {
    assert.is(await kindOf(name, bytes), sentence);
  });
}

test("quotes a name that a shell would split", async () => {
  assert.match(
    await kindOf("my scan.tif", padded("II*\0")),
    /"magick '.*my scan.tif' 'my scan.png'"$/,
  );
});

test.run();
