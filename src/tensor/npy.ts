// NumPy's .npy files: how tensors come from and go to everything that is not a browser. Format 1.0 to 3.0
// (numpy.lib.format): a magic string, a version, the length of a header, the header as a Python dictionary,
// the values. Here every number becomes a float32, row-major.

import { halfValue } from "./half.js";

/** A tensor of a .npy file. */
export interface NpyTensor {
  /** The elements, row-major. */
  data: Float32Array<ArrayBuffer>;
  /** Lengths of the axes. */
  shape: number[];
}

type Read = (view: DataView, at: number, littleEndian: boolean) => number;

const READ: Readonly<Record<string, Read>> = {
  b1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  f2: (view, at, little) => halfValue(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};

const MAGIC = "\x93NUMPY";

/** Reads a .npy file of booleans, integers or floats of any size, in either byte order and either axis order. */
export function readNpy(bytes: Uint8Array): NpyTensor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 10 || !MAGIC.split("").every((c, i) => c.charCodeAt(0) === bytes[i])) {
    throw new Error("not a .npy file: it does not begin with NumPy's signature");
  }
  const version = view.getUint8(6);
  if (version < 1 || version > 3) throw new Error(`version ${version} of .npy files is not known`);
  const start = version === 1 ? 10 : 12;
  const length =
    version === 1
      ? view.getUint16(8, true)
      : bytes.length < 12
        ? Infinity
        : view.getUint32(8, true);
  if (start + length > bytes.length) throw new Error("the .npy file ends within its header");
  const { type, isFortran, shape } = parseHeader(
    new TextDecoder().decode(bytes.subarray(start, start + length)),
  );
  const read = READ[type.slice(1)];
  if (!read) throw new Error(`a .npy file of type "${type}" holds no plain numbers`);
  const size = Number(type.slice(2));
  const count = shape.reduce((product, axis) => product * axis, 1);
  const found = bytes.length - start - length;
  if (found < count * size) {
    const needed = `${count * size} bytes for its ${type} values of shape [${shape.join(", ")}]`;
    throw new Error(`the .npy file needs ${needed}, it has ${found}`);
  }
  const data = new Float32Array(count);
  const place = isFortran ? fortranPlaces(shape) : (i: number) => i;
  for (let i = 0; i < count; i++) {
    data[i] = read(view, start + length + place(i) * size, type[0] !== ">");
  }
  return { data, shape };
}

/** The .npy file (format 1.0, little-endian float32) of a row-major tensor. */
export function writeNpy(data: Float32Array, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The values begin at a multiple of 64, and the header ends in a newline.
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const header = `${dictionary.padEnd(length - 1)}\n`;
  const bytes = new Uint8Array(10 + length + data.length * 4);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC.split("").map((c) => c.charCodeAt(0)));
  view.setUint8(6, 1);
  view.setUint16(8, length, true);
  bytes.set(new TextEncoder().encode(header), 10);
  data.forEach((value, i) => {
    view.setFloat32(10 + length + i * 4, value, true);
  });
  return bytes;
}

function parseHeader(header: string): { type: string; isFortran: boolean; shape: number[] } {
  const type = /'descr': *'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order': *(True|False)/.exec(header)?.[1];
  const axes = /'shape': *\(([\d, L]*)\)/.exec(header)?.[1];
  if (type === undefined || order === undefined || axes === undefined) {
    throw new Error(`the .npy file's header says no plain type, order and shape: ${header.trim()}`);
  }
  const shape = axes
    .split(",")
    .filter((axis) => axis.trim() !== "")
    .map((axis) => parseInt(axis, 10));
  return { type, isFortran: order === "True", shape };
}

// Where the i-th value in row-major order lies in a file in column-major order.
function fortranPlaces(shape: readonly number[]): (i: number) => number {
  const strides = shape.map((_, k) => shape.slice(0, k).reduce((product, n) => product * n, 1));
  return (i) => {
    let place = 0;
    for (let k = shape.length - 1; k >= 0; k--) {
      const n = shape[k] as number;
      place += (i % n) * (strides[k] as number);
      i = Math.floor(i / n);
    }
    return place;
  };
}
