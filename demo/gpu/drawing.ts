// What the worker draws a figure from.

import type { Contrast, Model, SensitivityMap } from "../../src/index.js";
import type { Figure, Look, Pass, Report } from "../messages.js";

/** What a figure is drawn from. */
export interface Drawing {
  readonly serial: number;
  readonly figure: Figure;
  readonly image: ImageBitmap;
  readonly look: Look;
  /** The map of the page, where it is of the same image and done. */
  readonly above: Above | undefined;
  modelOf(name: string | undefined): Promise<Model>;
  /** Heard as soon as the page wishes something else. */
  readonly signal: AbortSignal;
  report(message: Report): void;
}

/** A map that is there already. */
export interface Above {
  readonly pass: Pass;
  readonly maps: readonly SensitivityMap[];
  readonly pair: Contrast | undefined;
}
