// The values of a tensor, from any of the ways in which a file may write them: raw bytes, one of
// five typed lists, or another file. Whatever the way, they become an array of the element type
// first ("stored"), which is then widened to float32, or to float64 for integers. Nothing is
// allocated for values that are not there.

import { halfValue } from "../tensor/half.js";
import type { Constant, ElementType } from "../tensor/types.js";
import { blankTensor, type RawTensor, tensorFields } from "./proto.js";
import { clampInteger, decodeMessage, joinFloats, view } from "./wire.js";

/** Gives the bytes of a data file by its path relative to the model; undefined if not there. */
export type ExternalFiles = (location: string) => Uint8Array | undefined;

interface Encoding {
  readonly type: ElementType;
  readonly bytes: number;
  /** From the bytes of all elements. */
  readonly raw: (bytes: Uint8Array) => Float32Array | Float64Array;
  /** From the list of the tensor that holds this type. */
  readonly typed: (tensor: RawTensor) => Float32Array | Float64Array;
}

const unsupported: Readonly<Record<number, string>> = {
  0: "undefined",
  8: "string",
  14: "complex64",
  15: "complex128",
  17: "float8e4m3fn",
  18: "float8e4m3fnuz",
  19: "float8e5m2",
  20: "float8e5m2fnuz",
  21: "uint4",
  22: "int4",
  23: "float4e2m1",
};

const encodings: Readonly<Record<number, Encoding>> = {
  1: {
    type: "float32",
    bytes: 4,
    raw: (bytes) => view(bytes, Float32Array),
    typed: (tensor) => joinFloats(tensor.floats),
  },
  2: integers("uint8", Uint8Array),
  3: integers("int8", Int8Array),
  4: integers("uint16", Uint16Array),
  5: integers("int16", Int16Array),
  6: integers("int32", Int32Array),
  7: {
    type: "int64",
    bytes: 8,
    raw: (bytes) => wideIntegers(view(bytes, Uint32Array), view(bytes, Int32Array)),
    typed: (tensor) => Float64Array.from(tensor.int64s),
  },
  9: {
    type: "bool",
    bytes: 1,
    raw: (bytes) => Float64Array.from(bytes, truth),
    typed: (tensor) => Float64Array.from(tensor.int32s, truth),
  },
  10: {
    type: "float16",
    bytes: 2,
    raw: (bytes) => widenHalves(view(bytes, Uint16Array)),
    typed: (tensor) => widenHalves(Uint16Array.from(tensor.int32s)),
  },
  11: {
    type: "float64",
    bytes: 8,
    raw: (bytes) => new Float32Array(view(bytes, Float64Array)),
    typed: (tensor) => joinFloats(tensor.doubles),
  },
  12: {
    type: "uint32",
    bytes: 4,
    raw: (bytes) => new Float64Array(view(bytes, Uint32Array)),
    typed: (tensor) => Float64Array.from(tensor.uint64s),
  },
  13: {
    type: "uint64",
    bytes: 8,
    raw: (bytes) => wideIntegers(view(bytes, Uint32Array), view(bytes, Uint32Array)),
    typed: (tensor) => Float64Array.from(tensor.uint64s),
  },
  16: {
    type: "bfloat16",
    bytes: 2,
    raw: (bytes) => widenBrainFloats(view(bytes, Uint16Array)),
    typed: (tensor) => widenBrainFloats(Uint16Array.from(tensor.int32s)),
  },
};

/**
 * Decodes a file that holds one TensorProto, as the ONNX backend tests keep their inputs and
 * outputs.
 */
export function decodeTensor(bytes: Uint8Array): Constant & { readonly name: string } {
  let tensor: RawTensor;
  try {
    tensor = decodeMessage(plainBytes(bytes), tensorFields, blankTensor());
  } catch (error) {
    throw new Error(`not an ONNX tensor: ${(error as Error).message}`, { cause: error });
  }
  return { name: tensor.name, ...toConstant(tensor, `tensor "${tensor.name}"`) };
}

/**
 * The element type of a TensorProto.DataType; an Error that begins with `label` if there is no
 * support for it.
 */
export function elementType(code: number, label: string): ElementType {
  return encodingOf(code, label).type;
}

/** The values of a tensor; errors begin with `label` ('weight "conv1.w"'). */
export function toConstant(tensor: RawTensor, label: string, external?: ExternalFiles): Constant {
  const encoding = encodingOf(tensor.type, label);
  const shape = tensor.dims;
  const count = shape.reduce((product, length) => product * length, 1);
  if (shape.some((length) => length < 0) || !Number.isSafeInteger(count)) {
    throw new Error(`${label}: a shape of [${shape.join(", ")}] is not possible`);
  }
  const bytes = count * encoding.bytes;
  const raw = tensor.external ? externalBytes(tensor, bytes, label, external) : tensor.raw;
  const wanted = `${encoding.type} [${shape.join(", ")}] needs`;
  // A few writers leave raw_data behind, empty, when they write a typed list.
  const isRaw = raw !== undefined && (raw.length > 0 || tensor.external);
  if (isRaw && raw.length !== bytes) {
    throw new Error(`${label}: ${wanted} ${bytes} bytes, the file has ${raw.length}`);
  }
  const data = isRaw ? encoding.raw(raw) : encoding.typed(tensor);
  if (data.length !== count) {
    throw new Error(`${label}: ${wanted} ${count} values, the file has ${data.length || "none"}`);
  }
  return { type: encoding.type, shape, data };
}

/**
 * Where the values of an external tensor lie: a path relative to the model, a start and perhaps a
 * length.
 */
export function externalPlace(
  tensor: RawTensor,
  label: string,
): { location: string; offset: number; length?: number } {
  const entries = new Map(tensor.externalEntries);
  const location = entries.get("location") ?? "";
  const outside = /^[/\\]|^[a-z]+:|(^|[/\\])\.\.([/\\]|$)/i.test(location);
  if (location === "" || outside) {
    throw new Error(
      `${label}: its values lie in "${location}", which is no path inside the folder of the model`,
    );
  }
  const offset = Number(entries.get("offset") ?? 0);
  const length = entries.has("length") ? Number(entries.get("length")) : undefined;
  return { location, offset, length };
}

/**
 * The same bytes as a plain Uint8Array, whose slices are copies (those of Node's Buffer are not).
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function encodingOf(code: number, label: string): Encoding {
  const encoding = encodings[code];
  if (encoding) return encoding;
  const known = unsupported[code] ?? `number ${code}`;
  throw new Error(
    `${label}: element type ${known} is not supported; export the model in float32 or float16`,
  );
}

function externalBytes(
  tensor: RawTensor,
  needed: number,
  label: string,
  external?: ExternalFiles,
): Uint8Array {
  const { location, offset, length = needed } = externalPlace(tensor, label);
  const file = external?.(location);
  if (!file) {
    throw new Error(
      `the model keeps its weights in "${location}"; give that too (option "external")`,
    );
  }
  const end = offset + length;
  if (!(offset >= 0 && length >= 0 && end <= file.length)) {
    throw new Error(
      `${label}: needs bytes ${offset} to ${end} of "${location}", which has ${file.length}`,
    );
  }
  return plainBytes(file).subarray(offset, end);
}

type NarrowArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array;

function integers(
  type: ElementType,
  Type: {
    new (buffer: ArrayBufferLike, offset: number, length: number): NarrowArray;
    from(values: number[]): NarrowArray;
    BYTES_PER_ELEMENT: number;
  },
): Encoding {
  return {
    type,
    bytes: Type.BYTES_PER_ELEMENT,
    raw: (bytes) => new Float64Array(view(bytes, Type)),
    typed: (tensor) => new Float64Array(Type.from(tensor.int32s)),
  };
}

function truth(value: number): number {
  return value === 0 ? 0 : 1;
}

// 64-bit integers as pairs of 32-bit words: the low one unsigned, the high one signed or not.
function wideIntegers(low: Uint32Array, high: Uint32Array | Int32Array): Float64Array {
  const wide = new Float64Array(low.length / 2);
  for (let i = 0; i < wide.length; i++) {
    wide[i] = clampInteger((high[2 * i + 1] as number) * 2 ** 32 + (low[2 * i] as number));
  }
  return wide;
}

function widenBrainFloats(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = (halves[i] as number) << 16;
  return new Float32Array(bits.buffer);
}

let halfValues: Float32Array | undefined;

function widenHalves(halves: Uint16Array): Float32Array {
  halfValues ??= Float32Array.from({ length: 65536 }, (_, bits) => halfValue(bits));
  const wide = new Float32Array(halves.length);
  for (let i = 0; i < wide.length; i++) wide[i] = halfValues[halves[i] as number] as number;
  return wide;
}
