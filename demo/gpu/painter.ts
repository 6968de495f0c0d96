// The panels of a figure that are there, painted one at a time: as they come, and again when the look changes or when
// the scale that they share has grown.

import type { Contrast, SensitivityMap } from "../../src/index.js";
import { type Look, type Panel, pictureOptions } from "../messages.js";

/** A panel whose map is made. */
export interface Made {
  readonly panel: Panel;
  readonly map: SensitivityMap;
  /** The picture of two maps, where the panel is one. */
  readonly pair: Contrast | undefined;
}

type Range = { readonly low: number; readonly high: number };

/** What is known of the panels in one look. */
interface Seen {
  readonly look: Look;
  /** The panels whose range is in its scale. */
  readonly measured: Set<number>;
  /** The widest range of each quantity, of the panels that are there. */
  readonly scales: Map<string, Range>;
}

/** Paints the panels of one figure. */
export type Painter = ReturnType<typeof startPainter>;

const seenIn = (look: Look): Seen => ({ look, measured: new Set(), scales: new Map() });

/** Starts without panels; `paint` gets each picture with the index of its panel. */
export function startPainter(look: Look, paint: (index: number, image: ImageData) => void) {
  const there = new Map<number, Made>();
  const due = new Set<number>(); // in the order of their turns
  let seen = seenIn(look);
  let isEnded = false;
  let working = Promise.resolve();

  function paintDue(): Promise<void> {
    // Who waited for the work that failed has heard of it.
    working = working.catch(() => {}).then(work);
    return working;
  }

  async function work(): Promise<void> {
    while (!isEnded) {
      const now = seen;
      await measure(now);
      // While it was measured the reader may have gone on to another look.
      if (isEnded || now !== seen) continue;
      const [index] = due;
      if (index === undefined) return;
      due.delete(index);
      const { panel, pair, map } = there.get(index)!;
      const scale = now.look.sharedScale ? now.scales.get(panel.quantity ?? "") : undefined;
      const image = await (pair ?? map).pixels({
        ...optionsOf(panel, now.look),
        ...(scale && { scale }),
      });
      paint(index, image);
    }
  }

  /** Takes the ranges of new panels into the scales. Panels of a scale that grows are painted once more. */
  async function measure({ look, measured, scales }: Seen): Promise<void> {
    if (!look.sharedScale) return;
    for (const [index, { panel, map }] of there) {
      const { quantity } = panel;
      if (quantity === undefined || measured.has(index)) continue;
      const { low, high } = await map.range(optionsOf(panel, look));
      measured.add(index);
      const before = scales.get(quantity);
      if (before && before.low <= low && before.high >= high) continue;
      scales.set(quantity, {
        low: Math.min(low, before?.low ?? low),
        high: Math.max(high, before?.high ?? high),
      });
      for (const [other, made] of there) if (made.panel.quantity === quantity) due.add(other);
    }
  }

  return {
    /** Takes in a panel; resolves when it is painted. */
    add(index: number, made: Made): Promise<void> {
      there.set(index, made);
      due.add(index);
      return paintDue();
    },
    /** Paints everything in another look. */
    repaint(next: Look): Promise<void> {
      seen = seenIn(next);
      for (const index of there.keys()) due.add(index);
      return paintDue();
    },
    /** Paints no more; resolves when nothing looks at the maps. */
    async end(): Promise<void> {
      isEnded = true;
      await working.catch(() => {});
    },
  };
}

const optionsOf = (panel: Panel, look: Look) =>
  pictureOptions({ ...look, view: "map", zoom: undefined, ...panel.look });
