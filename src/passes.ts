// The passes of each sample: how many there are, and what the kernels find about them in the table (sample.wgsl).

import { strongestBlur } from "./blur.js";
import { methodOf } from "./methods.js";
import { windowsOver } from "./occlusion.js";
import type { Size } from "./preprocess.js";
import type { Settings } from "./settings.js";

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
