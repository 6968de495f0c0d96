// The digits as a hand writes them: lines and curves in a square of 100 × 100, each stroke an SVG path.

/** A line of a pen, from 0 to 1 in both directions. */
export type Stroke = readonly (readonly [x: number, y: number])[];

const GLYPHS: Readonly<Record<string, readonly string[]>> = {
  0: ["M52 22C30 22 28 78 49 79C71 79 73 24 52 22"],
  1: ["M42 32L54 22L50 80"],
  2: ["M32 36C34 17 68 17 67 37C66 54 40 66 31 79L71 78"],
  3: ["M33 28C44 16 69 20 66 37C64 47 54 50 46 50C60 49 72 57 69 69C65 84 41 84 31 73"],
  4: ["M41 22C38 36 34 46 29 57L70 56", "M60 37L56 82"],
  5: ["M67 23L42 23L37 48C50 40 71 46 68 64C65 82 41 83 31 74"],
  6: ["M62 22C44 30 32 50 34 66C37 82 66 82 66 65C65 50 42 51 35 65"],
  7: ["M30 25L70 25C60 42 52 58 48 81"],
  8: ["M64 32C56 18 34 24 39 38C43 50 65 53 65 67C63 83 36 83 37 67C38 54 62 47 64 32"],
  9: ["M65 37C60 20 35 22 36 39C37 54 61 53 65 37C65 54 62 68 55 82"],
};

/** The digits that can be written. */
export const digits = Object.keys(GLYPHS);

const PACE = 2.5; // from point to point, in hundredths

/** The strokes of a digit. */
export function strokesOf(digit: string): Stroke[] {
  return GLYPHS[digit]!.map((d) => {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    const length = path.getTotalLength();
    const count = Math.ceil(length / PACE);
    return Array.from({ length: count + 1 }, (_, i) => {
      const { x, y } = path.getPointAtLength((i / count) * length);
      return [x / 100, y / 100] as const;
    });
  });
}
