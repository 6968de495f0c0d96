// What the element tells those who listen to it.

import type { SensitivityMap } from "../index.js";

/** How far a map is, in the `progress` event. */
export interface Progress {
  /** Samples so far. */
  readonly samples: number;
  /** Samples of the finished map. */
  readonly wanted: number;
  /** Passes through the network so far: one per sample, or many where a sample follows a path. */
  readonly passes: number;
  /** Passes of the finished map. */
  readonly wantedPasses: number;
  /** ‖standard error‖₂ / ‖map‖₂; Infinity for one sample. */
  readonly standardError: number;
}

/** The events of <sensitivity-map> by type. */
export interface SensitivityMapEvents {
  /** There are more samples. */
  progress: CustomEvent<Progress>;
  /** The map is finished. It lasts until the next one, or until the element leaves the page. */
  result: CustomEvent<SensitivityMap>;
  /** Something failed: the sentence that the element shows. */
  error: CustomEvent<string>;
}

/** An event target of these events. */
export interface Audible {
  /** Listens to an event of the element. */
  addEventListener<Type extends keyof SensitivityMapEvents>(
    type: Type,
    listener: (event: SensitivityMapEvents[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
}
