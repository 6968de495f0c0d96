// From single to half precision. Comes only with models that are stored so.

import type { Contents } from "./types.js";

/** The largest number that is finite. */
const LARGEST = 65504;

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The bits of the nearest half, of two the even one; of the largest one for what is larger. */
export function halfBits(value: number): number {
  float[0] = value;
  const sign = ((word[0] as number) >>> 16) & 0x8000;
  const size = Math.min(Math.abs(value), LARGEST);
  if (!(size >= 2 ** -14)) {
    if (Number.isNaN(value)) return 0x7e00;
    // Its bits are then the multiple of the smallest half that it is nearest to.
    float[0] = size + 0.5;
    return sign | ((word[0] as number) & 0x7fffff);
  }
  float[0] = size;
  const bits = word[0] as number;
  return sign | ((bits - (112 << 23) + 0xfff + ((bits >> 13) & 1)) >> 13);
}

/** Floats that are rounded together, in a fraction of a frame. */
const PIECE = 2 ** 18;

/** Floats as halves, two to a word, made piece by piece. */
export function* packHalves(contents: Contents): Generator<void, Uint32Array> {
  const floats = ArrayBuffer.isView(contents) ? contents : yield* contents;
  const packed = new Uint32Array(floats.length / 2);
  for (let i = 0; i < packed.length; i++) {
    packed[i] = halfBits(floats[2 * i] as number) | (halfBits(floats[2 * i + 1] as number) << 16);
    if (i % PIECE === PIECE - 1) yield;
  }
  return packed;
}
