// Half-precision floats (IEEE 754 binary16): one sign bit, five of exponent, ten of fraction.

import type { Precision } from "./types.js";

/** The number that 16 bits stand for. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent ? sign * (1024 + fraction) * 2 ** (exponent - 25) : sign * fraction * 2 ** -24;
}

/** Gradients are stored so many times as large as they are, as in f32.wgsl and f16.wgsl. */
export const GRADIENT_SCALE: Readonly<Record<Precision, number>> = { single: 1, half: 1024 };

/** The elements of a stored tensor. */
export function unpackStored(bytes: ArrayBuffer, precision: Precision): Float32Array<ArrayBuffer> {
  return precision === "single"
    ? new Float32Array(bytes)
    : Float32Array.from(new Uint16Array(bytes), halfValue);
}
