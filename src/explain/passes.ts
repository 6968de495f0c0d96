// The passes of each sample: how many there are, and what the kernels find about them in the table (sample.wgsl).

import type { Size } from "../image/preprocess.js";
import { methodOf } from "../methods/methods.js";
import type { Extent, Settings } from "./settings.js";

/** What every sample goes through. */
export interface Passes {
  /** Trips through the network. */
  readonly points: number;
  /**
   * Rows of up to four numbers. α and weight of each point of a straight path; σ and weight of each point of a path of
   * blurs; for occlusion one row, height and width of a window and its strides.
   */
  readonly table: readonly (readonly number[])[];
  /** The row of a path's start, for methods whose attributions add up to what the target gains from there. */
  readonly start: readonly number[] | undefined;
}

/** The passes for an input of a size. */
export function passesOf(settings: Settings, input: Size): Passes {
  const { method, nodes, window, stride, maxSigma, path: kind } = settings;
  const { path, baseline, occlusion } = methodOf(method);
  if (occlusion) {
    const grid = windowsOver(input, window, stride);
    return { points: 1 + grid.count, table: [[...grid.size, ...grid.stride]], start: undefined };
  }
  const points = nodes.length;
  if (path === "blur") {
    // From the strongest blur to none: ∫ g · ∂x/∂σ dσ goes down.
    const sigma = maxSigma ?? strongestBlur(input);
    return { points, table: nodes.map(([a, w]) => [sigma * a, -sigma * w]), start: [sigma, 0] };
  }
  const isComplete = baseline === true || (path === "nodes" && kind === 1);
  return { points, table: nodes, start: isComplete ? [0, 1] : undefined };
}

/** Standard deviation of the strongest blur, in pixels: 50 at 224 × 224, as in the authors' program. */
function strongestBlur({ height, width }: { height: number; width: number }): number {
  return (Math.min(height, width) * 50) / 224;
}

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
