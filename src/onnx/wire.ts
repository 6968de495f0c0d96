// Reads protobuf through pbf, and distrusts every byte of it.
//
// pbf trusts its input: it skips beyond the end, clips a value that is cut off, stops quietly at a
// field numbered zero and never compares a value's wire type with the one asked for. Here every
// value is checked. A message is a table from field number to a reader; a field that the table
// lacks is skipped. Readers nest only as deep as the tables do, and every reader moves forward, so
// a hostile file can neither hang nor overflow them.

import { PbfReader } from "pbf";

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const utf8 = new TextDecoder();

/** Field number → what to do with its value. */
export type Fields<T> = Readonly<Record<number, (message: T, r: PbfReader) => void>>;

/**
 * Floats of a repeated field: one by one where the file writes them so, in blocks where it packs
 * them.
 */
export type FloatChunks = (number | Float32Array)[];

/**
 * Fills `message` from a whole file; an Error with one sentence if the bytes are not such a
 * message.
 */
export function decodeMessage<T>(bytes: Uint8Array, fields: Fields<T>, message: T): T {
  const r = new PbfReader(bytes);
  try {
    return readFields(r, fields, message, r.length);
  } catch (cause) {
    const detail = (cause as Error).message;
    const at = Math.min(r.pos, r.length);
    throw new Error(`it is cut short or damaged at byte ${at} of ${r.length} (${detail})`, {
      cause,
    });
  }
}

/** Fills `message` from the embedded message that comes next. */
export function child<T>(r: PbfReader, fields: Fields<T>, message: T): T {
  return readFields(r, fields, message, blockEnd(r));
}

/**
 * An integer; 64-bit values beyond ±(2^53 − 1) are clamped, since Slice writes "to the end" as
 * INT64_MAX.
 */
export function int(r: PbfReader): number {
  expectType(r, VARINT);
  return clampInteger(r.readVarint(true));
}

/** Appends an integer, or a packed block of them. */
export function ints(r: PbfReader, into: number[]): void {
  if (r.type === VARINT) {
    into.push(int(r));
    return;
  }
  const end = blockEnd(r);
  while (r.pos < end) into.push(clampInteger(r.readVarint(true)));
  expectEnd(r, end);
}

/** Appends an unsigned integer, or a packed block of them; values beyond 2^53 − 1 are clamped. */
export function unsignedInts(r: PbfReader, into: number[]): void {
  if (r.type === VARINT) {
    into.push(clampInteger(r.readVarint()));
    return;
  }
  const end = blockEnd(r);
  while (r.pos < end) into.push(clampInteger(r.readVarint()));
  expectEnd(r, end);
}

/** A single-precision number. */
export function float(r: PbfReader): number {
  expectType(r, FIXED32);
  return r.readFloat();
}

/**
 * Appends a single-precision number, or a packed block of them, without a copy where alignment
 * allows.
 */
export function floats(r: PbfReader, into: FloatChunks): void {
  into.push(r.type === FIXED32 ? r.readFloat() : view(wholeItems(bytes(r), 4), Float32Array));
}

/** Appends a double-precision number, or a packed block of them, rounded to single precision. */
export function doubles(r: PbfReader, into: FloatChunks): void {
  if (r.type === FIXED64) into.push(r.readDouble());
  else into.push(new Float32Array(view(wholeItems(bytes(r), 8), Float64Array)));
}

/** A view of the bytes that come next. */
export function bytes(r: PbfReader): Uint8Array {
  const end = blockEnd(r);
  const start = r.pos;
  r.pos = end;
  return r.buf.subarray(start, end);
}

/** A UTF-8 text. */
export function text(r: PbfReader): string {
  return utf8.decode(bytes(r));
}

/** All the floats of a repeated field in one array. */
export function joinFloats(chunks: FloatChunks): Float32Array {
  if (chunks.length === 1 && typeof chunks[0] !== "number") return chunks[0] as Float32Array;
  let length = 0;
  for (const chunk of chunks) length += typeof chunk === "number" ? 1 : chunk.length;
  const joined = new Float32Array(length);
  let at = 0;
  for (const chunk of chunks) {
    if (typeof chunk === "number") joined[at++] = chunk;
    else {
      joined.set(chunk, at);
      at += chunk.length;
    }
  }
  return joined;
}

/**
 * The bytes as a typed array: the same memory where it is aligned, a copy where not. Little-endian
 * hosts.
 */
export function view<A>(
  source: Uint8Array,
  Type: {
    new (buffer: ArrayBufferLike, offset: number, length: number): A;
    BYTES_PER_ELEMENT: number;
  },
): A {
  const size = Type.BYTES_PER_ELEMENT;
  const aligned = source.byteOffset % size === 0 ? source : new Uint8Array(source);
  return new Type(aligned.buffer, aligned.byteOffset, source.length / size);
}

/** The nearest number of ±(2^53 − 1), so that integer arithmetic stays exact. */
export function clampInteger(value: number): number {
  return Math.min(Math.max(value, -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

function readFields<T>(r: PbfReader, fields: Fields<T>, message: T, end: number): T {
  while (r.pos < end) {
    const field = r.nextField(end);
    if (field === 0) throw new Error("field number 0");
    const read = fields[field];
    if (read) read(message, r);
    else if (r.type === BYTES) bytes(r);
    else r.skip(r.type);
  }
  expectEnd(r, end);
  return message;
}

function blockEnd(r: PbfReader): number {
  expectType(r, BYTES);
  const end = r.readVarint() + r.pos;
  if (end > r.length) throw new Error(`what begins there goes on to byte ${end}`);
  return end;
}

function expectType(r: PbfReader, type: number): void {
  if (r.type !== type) throw new Error(`wire type ${r.type} instead of ${type}`);
}

function expectEnd(r: PbfReader, end: number): void {
  if (r.pos !== end) throw new Error(`a value ends at byte ${r.pos} instead of ${end}`);
}

function wholeItems(block: Uint8Array, size: number): Uint8Array {
  if (block.length % size !== 0)
    throw new Error(`${block.length} bytes are not a multiple of ${size}`);
  return block;
}
