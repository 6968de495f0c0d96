// Occlusion: which windows of the picture are hidden, and the steps around the network, by occlusion.wgsl.

import { pictureLayer } from "./ends.js";
import { positions, quads } from "./layout.js";
import type { BufferId, Layout, Ports, Step } from "./types.js";

/** Rows and columns. */
export type Extent = readonly [height: number, width: number];

/** A grid of windows over a picture, from its upper left corner on. */
export interface Windows {
  readonly size: Extent;
  readonly stride: Extent;
  readonly count: number;
}

/**
 * The windows that cover a picture; the last ones may reach over its edge. A window is an eighth of the picture and the
 * stride half a window if not given. Throws where a window does not fit, or a stride leaves something out.
 */
export function windowsOver(
  { height, width }: { readonly height: number; readonly width: number },
  window?: number | Extent,
  stride?: number | Extent,
): Windows {
  const picture = [height, width] as const;
  const both = (make: (axis: 0 | 1) => number): Extent => [make(0), make(1)];
  const pair = (given: number | Extent) => (typeof given === "number" ? both(() => given) : given);
  const size = pair(window ?? both((axis) => Math.ceil(picture[axis] / 8)));
  const step = pair(stride ?? both((axis) => Math.ceil(size[axis] / 2)));
  for (const axis of [0, 1] as const) {
    if (size[axis] > picture[axis]) {
      throw new Error(
        `a window of ${size[0]} × ${size[1]} does not fit into the input of ${height} × ${width}`,
      );
    }
    if (step[axis] > size[axis] && size[axis] < picture[axis]) {
      throw new Error(
        `a stride of ${step[0]} × ${step[1]} leaves gaps between windows of ${size[0]} × ${size[1]}`,
      );
    }
  }
  const along = both((axis) => Math.ceil((picture[axis] - size[axis]) / step[axis]) + 1);
  return { size, stride: step, count: along[0] * along[1] };
}

/** Hides in the input of every pass its window; the first pass of a sample has none. */
export function hideStep(ports: Ports, input: Layout, shown: BufferId): Step {
  const { table, baselines, run } = ports;
  return {
    label: "hide windows",
    shader: "occlusion",
    entry: "hide",
    uniforms: { layer: pictureLayer(input) },
    bindings: { table, baselines, run, shown },
    workgroups: [Math.ceil(positions(input) / 64), quads(input), 1],
    samples: 1,
  };
}

/** From the scores of the passes to their parts of the map. */
export function shareSteps(
  { table, run, moments }: Ports,
  input: Layout,
  scores: BufferId,
  shares: BufferId,
): Step[] {
  return [
    {
      label: "share falls",
      shader: "occlusion",
      entry: "share",
      uniforms: { layer: pictureLayer(input) },
      bindings: { table, run, moments, scores, shares },
      workgroups: [Math.ceil(positions(input) / 64), quads(input), 1],
      samples: 1,
    },
    {
      label: "keep the score of the whole",
      shader: "occlusion",
      entry: "keep",
      uniforms: { layer: pictureLayer(input) },
      bindings: { run, moments, scores },
      workgroups: [1, 1, 1],
      samples: 0,
    },
  ];
}
