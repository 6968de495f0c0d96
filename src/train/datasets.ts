// Data sets as they are published: MNIST's idx files and CIFAR-10's binary batches, packed by gzip or not. What is
// wrong with a file is said in a sentence that begins with its name.

import type { Dataset } from "./train.js";

/** A file of a data set. */
export interface NamedFile {
  /** The name that error messages give it. */
  readonly name: string;
  /** Its contents, gzipped or not. */
  readonly bytes: Uint8Array;
}

const IMAGES = 0x803;
const LABELS = 0x801;
const CLASSES = 10;

/** The contents of a file, unpacked where they are gzipped. Rejects where the stream is damaged. */
export async function unpack({ name, bytes }: NamedFile): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes as BlobPart])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new Error(`${name}: its gzip stream is damaged, fetch the file again`, { cause });
  }
}

/** Reads MNIST, or another data set in its format: an idx file of images and one of labels. */
export async function readIdx(images: NamedFile, labels: NamedFile): Promise<Dataset> {
  const pictures = idx(images.name, await unpack(images), IMAGES, "images", 3);
  const classes = idx(labels.name, await unpack(labels), LABELS, "labels", 1);
  const [count = 0, height = 0, width = 0] = pictures.lengths;
  if (classes.lengths[0] !== count) {
    throw new Error(
      `${labels.name}: it has ${classes.lengths[0]} labels, ${images.name} has ${count} images`,
    );
  }
  refuseStrange(labels.name, classes.data);
  return { pixels: pictures.data, labels: classes.data, shape: [1, height, width] };
}

function idx(name: string, bytes: Uint8Array, magic: number, what: string, axes: number) {
  const header = 4 * (1 + axes);
  if (bytes.length < header) {
    throw new Error(`${name}: ${bytes.length} bytes are too few for the header of an idx file`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.getUint32(0);
  if (found !== magic) {
    throw new Error(
      `${name}: it begins with ${hex(found)}, an idx file of ${what} begins with ${hex(magic)}`,
    );
  }
  const lengths = Array.from({ length: axes }, (_, axis) => view.getUint32(4 * (1 + axis)));
  const wanted = header + lengths.reduce((product, n) => product * n, 1);
  if (bytes.length !== wanted) {
    throw new Error(
      `${name}: ${lengths.join(" × ")} ${what} take ${wanted} bytes, the file has ${bytes.length}`,
    );
  }
  return { lengths, data: bytes.subarray(header) };
}

const hex = (word: number): string => `0x${word.toString(16).padStart(8, "0")}`;

const CIFAR_SHAPE = [3, 32, 32] as const;
const CIFAR_BYTES = 3 * 32 * 32;

/** Reads CIFAR-10's binary batches: records of a label and the 3 × 32 × 32 bytes of an image. */
export async function readCifar(files: readonly NamedFile[]): Promise<Dataset> {
  const batches = await Promise.all(
    files.map(async (file) => {
      const bytes = await unpack(file);
      const count = bytes.length / (1 + CIFAR_BYTES);
      if (count === 0 || !Number.isInteger(count)) {
        throw new Error(
          `${file.name}: ${bytes.length} bytes are no whole number of records of ${1 + CIFAR_BYTES} bytes`,
        );
      }
      const labels = Uint8Array.from({ length: count }, (_, i) => bytes[i * (1 + CIFAR_BYTES)]!);
      refuseStrange(file.name, labels);
      return { bytes, labels };
    }),
  );
  const count = batches.reduce((sum, { labels }) => sum + labels.length, 0);
  if (count === 0) throw new Error("there is no file of images");
  const pixels = new Uint8Array(count * CIFAR_BYTES);
  const labels = new Uint8Array(count);
  let n = 0;
  for (const batch of batches) {
    labels.set(batch.labels, n);
    for (let i = 0; i < batch.labels.length; i++, n++) {
      const start = i * (1 + CIFAR_BYTES) + 1;
      pixels.set(batch.bytes.subarray(start, start + CIFAR_BYTES), n * CIFAR_BYTES);
    }
  }
  return { pixels, labels, shape: CIFAR_SHAPE };
}

function refuseStrange(name: string, labels: Uint8Array): void {
  const i = labels.findIndex((label) => label >= CLASSES);
  if (i >= 0) throw new Error(`${name}: label ${i} is ${labels[i]}, there are 0 to ${CLASSES - 1}`);
}
