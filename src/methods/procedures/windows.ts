// Occlusion (Zeiler & Fergus 2014): each pass hides one window of a grid. The attribution of a pixel is the mean drop of the
// score over the windows that hide it (occlusion.wgsl). There is no backward pass.

import { positions, quads } from "../../tensor/layout.js";
import type { Extent, Size } from "../../tensor/types.js";
import type { Procedure } from "../procedure.js";
import { average, OF_EACH_SAMPLE } from "./average.js";
import { pictureLayer, pictureOf } from "./picture.js";

/** One pass that hides nothing, then one for each window. */
export const windows = {
  ...average,
  options: [...OF_EACH_SAMPLE, "baseline", "window", "stride"],
  family: "differences",
  made: "occlusion",
  isForward: true,
  readsLogits: true,
  path: () => ({ kind: "own", nodes: [[1, 1]] }),
  passes({ window, stride }, input) {
    const grid = windowsOver(input, window, stride);
    return { points: 1 + grid.count, table: [[...grid.size, ...grid.stride]], start: undefined };
  },
  write(plan) {
    const { table, baselines, run, moments } = plan.ports;
    const { layout, buffer: shown } = plan.noise();
    const layer = pictureLayer(pictureOf(plan).layout);
    const everywhere = [Math.ceil(positions(layout) / 64), quads(layout), 1] as const;
    const common = { shader: "occlusion", uniforms: { layer }, workgroups: everywhere, samples: 1 };
    plan.step({
      ...common,
      label: "hide windows",
      entry: "hide",
      bindings: { table, baselines, run, shown },
    });
    plan.forward();
    const scores = plan.scores();
    const map = plan.map();
    plan.step({
      ...common,
      label: "share falls",
      entry: "share",
      bindings: { table, run, moments, scores, shares: map.buffer },
    });
    plan.step({
      ...common,
      label: "keep the score of the whole",
      entry: "keep",
      bindings: { run, moments, scores },
      workgroups: [1, 1, 1],
      samples: 0,
    });
    return map;
  },
} as const satisfies Procedure;

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
  { height, width }: Size,
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
