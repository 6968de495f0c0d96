// The passes of each sample: how many there are, and what the kernels find about them in the table (sample.wgsl).

import { windowsOver } from "./occlusion.js";
import type { PathNode } from "./path.js";
import type { Size } from "./preprocess.js";
import type { Settings } from "./settings.js";

/** What every sample goes through. */
export interface Passes {
  /** Trips through the network. */
  readonly points: number;
  /**
   * Rows of up to four numbers: α and weight of each point of a path; for occlusion one row, height and width of a
   * window and its strides.
   */
  readonly table: readonly (PathNode | readonly number[])[];
}

/** The passes for an input of a size. */
export function passesOf({ method, nodes, window, stride }: Settings, input: Size): Passes {
  if (method !== "occlusion") return { points: nodes.length, table: nodes };
  const grid = windowsOver(input, window, stride);
  return { points: 1 + grid.count, table: [[...grid.size, ...grid.stride]] };
}
