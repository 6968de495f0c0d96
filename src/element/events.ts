// What the element tells those who listen to it.

import type { SensitivityMap } from "../index.js";

/** How far a map is. */
export interface Progress {
  readonly samples: number;
  readonly wanted: number;
  /** Passes through the network so far, and those that all samples take: where there is a path, each takes many. */
  readonly passes: number;
  readonly wantedPasses: number;
  /** Relative to the map; Infinity for one sample. */
  readonly standardError: number;
}

/** The events by type. */
export interface SensitivityMapEvents {
  progress: CustomEvent<Progress>;
  /** The map is finished. It lasts until the next one, or until the element goes. */
  result: CustomEvent<SensitivityMap>;
  /** The sentence that the element shows. */
  error: CustomEvent<string>;
}

/** How they are listened to. */
export interface Audible {
  addEventListener<Type extends keyof SensitivityMapEvents>(
    type: Type,
    listener: (event: SensitivityMapEvents[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
}
