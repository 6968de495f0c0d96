// What a caption tells of a map, before it is put into words.

/** The settings by which a map can be made again. */
export interface Shown {
  readonly statistic: string;
  /** The method's name; undefined for the gradient. */
  readonly method: string | undefined;
  readonly samples: number;
  /** As a part of the input's range; undefined where it was not given so. */
  readonly noise: number | undefined;
  readonly sigma: number;
  readonly seed: number;
  /** σ of the weights' factors, 0 for none. */
  readonly weights: number;
}
