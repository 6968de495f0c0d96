// How a map is painted, checked and with every default, so that what paints it finds plain values.

import { checkGiven, withDefaults } from "../options/check.js";
import {
  drawing,
  type Overlay,
  type PaletteName,
  type PictureOptions,
} from "../options/drawing.js";
import type { Table } from "../options/option.js";

type Open = "estimator" | "scale" | "view";

/** Everything about how a map is shown; what is not there has no default. */
export interface Look extends Required<Omit<PictureOptions, Open>>, Pick<PictureOptions, Open> {
  readonly overlay: Overlay;
}

/** The look that some options ask for. Throws where a verb does not have one of them, or a value does not fit. */
export function lookOf(verb: string, options: PictureOptions, more: Table = {}): Look {
  checkGiven(verb, { ...drawing, ...more }, options);
  const look = withDefaults(drawing, options) as unknown as Look;
  const overlay = overlayOf(options);
  const opacity = overlay === "blend" ? 0.5 : 1;
  return { ...look, overlay, opacity: look.opacity ?? opacity, palette: paletteOf(look) };
}

function overlayOf({ overlay = "none" }: PictureOptions): Overlay {
  if (typeof overlay === "boolean") return overlay ? "fade" : "none";
  return overlay;
}

// A signed map is gray where it is zero, any other one black.
function paletteOf({ palette, reduce }: PictureOptions): PaletteName {
  return palette ?? (reduce === "signed" || reduce === "mean" ? "diverging" : "grayscale");
}
