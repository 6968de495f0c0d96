// Tensors as ONNX files hold them, in each of the ways that a file may hold them: raw bytes, a
// packed or an unpacked typed list, or another file.

import type { PbfWriter } from "pbf";
import type { ElementType } from "../tensor/types.js";

/** How a tensor stands in the file. */
export type Encoding = "raw" | "typed" | "unpacked";

export interface TensorSpec {
  name?: string;
  type: ElementType;
  shape: number[];
  values: ArrayLike<number | bigint>;
  /** "raw" if not given. */
  encoding?: Encoding;
  /** The values are left out and this is said to be their place. */
  external?: Record<string, string | number>;
}

interface Storage {
  readonly code: number;
  /** Field number of the typed list. */
  readonly field: number;
  /** The values as the typed list and the raw bytes hold them. */
  readonly store: (values: ArrayLike<number | bigint>) => StoredArray;
}

type StoredArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

const numbers = (values: ArrayLike<number | bigint>) => Array.from(values, Number);
const bigints = (values: ArrayLike<number | bigint>) => Array.from(values, BigInt);

const storages: Record<ElementType, Storage> = {
  float32: {
    code: 1,
    field: 4,
    store: (values) =>
      values instanceof Float32Array ? values : Float32Array.from(numbers(values)),
  },
  uint8: { code: 2, field: 5, store: (values) => Uint8Array.from(numbers(values)) },
  int8: { code: 3, field: 5, store: (values) => Int8Array.from(numbers(values)) },
  uint16: { code: 4, field: 5, store: (values) => Uint16Array.from(numbers(values)) },
  int16: { code: 5, field: 5, store: (values) => Int16Array.from(numbers(values)) },
  int32: { code: 6, field: 5, store: (values) => Int32Array.from(numbers(values)) },
  int64: { code: 7, field: 7, store: (values) => BigInt64Array.from(bigints(values)) },
  bool: { code: 9, field: 5, store: (values) => Uint8Array.from(numbers(values)) },
  float16: { code: 10, field: 5, store: (values) => Uint16Array.from(numbers(values), halfBits) },
  float64: { code: 11, field: 10, store: (values) => Float64Array.from(numbers(values)) },
  uint32: { code: 12, field: 11, store: (values) => Uint32Array.from(numbers(values)) },
  uint64: { code: 13, field: 11, store: (values) => BigUint64Array.from(bigints(values)) },
  bfloat16: { code: 16, field: 5, store: (values) => Uint16Array.from(numbers(values), brainBits) },
};

/** The TensorProto.DataType of an element type. */
export function elementCode(type: ElementType): number {
  return storages[type].code;
}

/** The values as they stand in raw_data or in an external file, little-endian. */
export function rawBytes(type: ElementType, values: ArrayLike<number | bigint>): Uint8Array {
  const stored = storages[type].store(values);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

/** Writes the fields of a TensorProto. */
export function writeTensor(tensor: TensorSpec, w: PbfWriter): void {
  const { name, type, shape, values, encoding = "raw", external } = tensor;
  for (const length of shape) w.writeVarintField(1, length);
  w.writeVarintField(2, storages[type].code);
  if (name) w.writeStringField(8, name);
  if (external) {
    for (const entry of Object.entries(external)) w.writeMessage(13, writeEntry, entry);
    w.writeVarintField(14, 1);
  } else if (encoding === "raw") w.writeBytesField(9, rawBytes(type, values));
  else writeTyped(storages[type], values, encoding, w);
}

/** Bits of the nearest IEEE 754 binary16, ties to even. */
export function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  const fraction = roundToEven(size * 2 ** (10 - exponent));
  // The sum carries into the exponent where the fraction rounds up to the next power of two.
  return sign | (size < 2 ** -14 ? fraction : ((exponent + 15) << 10) + fraction - 1024);
}

function brainBits(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] as number;
  return roundToEven(bits / 65536);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

function writeTyped(
  { field, store }: Storage,
  values: ArrayLike<number | bigint>,
  encoding: "typed" | "unpacked",
  w: PbfWriter,
): void {
  const stored = store(values);
  const writeOne =
    stored instanceof Float32Array
      ? (value: number | bigint, to: PbfWriter) => to.writeFloat(value as number)
      : stored instanceof Float64Array
        ? (value: number | bigint, to: PbfWriter) => to.writeDouble(value as number)
        : writeVarint;
  if (encoding === "typed") {
    w.writeMessage(
      field,
      (all, to) => {
        for (const value of all) writeOne(value, to);
      },
      stored,
    );
    return;
  }
  const wireType = stored instanceof Float32Array ? 5 : stored instanceof Float64Array ? 1 : 0;
  for (const value of stored) {
    w.writeTag(field, wireType);
    writeOne(value, w);
  }
}

// pbf's own rounds what is beyond 2^53.
function writeVarint(value: number | bigint, w: PbfWriter): void {
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    w.realloc(1);
    w.buf[w.pos++] = rest ? low | 128 : low;
  } while (rest);
}

function writeEntry([key, value]: [string, string | number], w: PbfWriter): void {
  w.writeStringField(1, key);
  w.writeStringField(2, String(value));
}
