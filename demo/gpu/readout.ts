// Numbers and pixels of the map that is shown, read back from the GPU for the page: under the pointer, and to be saved.

import type { Contrast, SensitivityMap } from "../../src/index.js";
import { writeNpy } from "../../src/index.js";
import {
  type Look,
  type Probe,
  type Progress,
  pictureOptions,
  type Saved,
  type SaveKind,
} from "../messages.js";

/** The map on the canvas. */
export interface ShownMap {
  readonly maps: readonly SensitivityMap[];
  readonly pair: Contrast | undefined;
  readonly progress: Progress;
}

// The pointer asks many times for the same map: what was read is kept until it has more samples or another look.
let kept:
  | { key: string; map: SensitivityMap; scores: Float32Array; data: Float32Array }
  | undefined;

/** The values at a place of the map, from 0 to 1 in both directions. */
export async function probeAt(
  { maps, pair }: ShownMap,
  look: Look | undefined,
  place: { x: number; y: number },
): Promise<Probe> {
  const [map] = maps as [SensitivityMap];
  const options = look ? pictureOptions(look) : {};
  const { view: _all, ...how } = options;
  const key = JSON.stringify([how, map.samples]);
  if (kept?.map !== map || kept.key !== key) {
    const scores = await (pair ?? map).scores(how);
    kept = { key, map, scores, data: await map.data() };
  }
  const [channels, height, width] = map.shape;
  const at = (v: number, length: number) => Math.min(Math.floor(v * length), length - 1);
  const [x, y] = [at(place.x, width), at(place.y, height)];
  const p = y * width + x;
  const { scores, data } = kept;
  const gradient = Array.from({ length: channels }, (_, c) => data[c * width * height + p]!);
  return { x, y, score: scores[p]!, gradient };
}

/** What a file of the map needs; pictures have the given width. */
export async function savedOf(
  { maps, pair, progress }: ShownMap,
  look: Look,
  { what, width }: { what: SaveKind; width: number },
): Promise<Saved> {
  const [map] = maps as [SensitivityMap];
  const [channels, rows, columns] = map.shape;
  const size = { width, height: Math.round((width * rows) / columns) };
  const picture = (view: Look["view"]) =>
    (pair ?? map).pixels({ ...pictureOptions({ ...look, view }), ...size });
  const saved = { what, progress };
  switch (what) {
    case "map":
    case "overlay":
      return { ...saved, images: [await picture(what)], npy: undefined };
    case "pair":
      return { ...saved, images: [await picture("photo"), await picture("map")], npy: undefined };
    case "npy": {
      const npy = pair
        ? await writeNpy(await pair.scores(pictureOptions(look)), [rows, columns])
        : await writeNpy(await map.data(look.estimator), [channels, rows, columns]);
      return { ...saved, images: [], npy };
    }
    case "json":
      return { ...saved, images: [], npy: undefined };
  }
}
