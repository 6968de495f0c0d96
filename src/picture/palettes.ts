// From numbers between 0 and 1 to colors: tables of 256, one behind the other, as the paint shader reads them.

import { interpolateInferno, interpolateViridis } from "d3-scale-chromatic";
import { type PaletteName, paletteNames } from "../options/drawing.js";

/** What a palette is for: from nothing to much, or from negative through zero to positive. */
export interface Palette {
  readonly diverging: boolean;
  /** [red, green, blue] from 0 to 255 of a number from 0 to 1. */
  readonly color: (t: number) => readonly number[];
}

// The paper's colors of a signed map (its figure 6): blue, gray, red.
const blue = [33, 92, 175];
const gray = [221, 221, 221];
const red = [186, 24, 40];

/** The palettes by name. */
export const palettes = {
  grayscale: { diverging: false, color: (t) => [255 * t, 255 * t, 255 * t] },
  diverging: {
    diverging: true,
    color: (t) => (t < 0.5 ? mix(blue, gray, 2 * t) : mix(gray, red, 2 * t - 1)),
  },
  viridis: { diverging: false, color: (t) => fromHex(interpolateViridis(t)) },
  inferno: { diverging: false, color: (t) => fromHex(interpolateInferno(t)) },
} as const satisfies Record<PaletteName, Palette>;

/** All palettes, 256 RGBA colors each. */
export function paletteTable(): Uint8ClampedArray<ArrayBuffer> {
  const colors = paletteNames.flatMap((name) =>
    Array.from({ length: 256 }, (_, i) => [...palettes[name].color(i / 255), 255]),
  );
  return new Uint8ClampedArray(colors.flat());
}

function mix(a: readonly number[], b: readonly number[], t: number): number[] {
  return a.map((value, i) => value + (b[i]! - value) * t);
}

function fromHex(color: string): number[] {
  return [1, 3, 5].map((i) => Number.parseInt(color.slice(i, i + 2), 16));
}
