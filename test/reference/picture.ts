// The twin of src/picture/estimate.ts, percentile.ts and range.ts in f64, by the definitions: from the samples
// themselves rather than from their moments, and by sorting.

/** One row of elements for each sample. */
export type Samples = readonly ArrayLike<number>[];

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

// Unbiased; not known of one sample.
function variance(values: readonly number[]): number {
  const center = mean(values);
  return sum(values.map((value) => (value - center) ** 2)) / (values.length - 1);
}

function eachElement(samples: Samples, f: (values: number[]) => number): Float64Array {
  const elements = samples[0]!.length;
  return Float64Array.from({ length: elements }, (_, e) => f(samples.map((g) => g[e]!)));
}

const power = (exponent: number) => (values: number[]) => {
  const center = mean(values);
  return sum(values.map((value) => (value - center) ** exponent));
};

/** The power of two that the largest of some sizes is not below; the least normal number's where all are 0. */
const scaleOf = (values: number[]) => {
  const largest = Math.max(...values.map(Math.abs));
  return largest === 0 ? 2 ** -126 : 2 ** Math.floor(Math.log2(largest));
};

const scaledPower = (exponent: number) => (values: number[]) => {
  const scale = scaleOf(values);
  return power(exponent)(values.map((value) => value / scale));
};

/** The seven planes of the moments, each [C,P] row-major; samples come in no groups. */
export function moments(samples: Samples): Float64Array[] {
  return [
    eachElement(samples, mean),
    eachElement(samples, scaledPower(2)),
    eachElement(samples, scaledPower(3)),
    eachElement(samples, scaledPower(4)),
    eachElement(samples, (values) => mean(values.map(Math.abs))),
    eachElement(samples, () => 0),
    eachElement(samples, scaleOf),
  ];
}

/** The attribution of every element. */
export function attribution(samples: Samples, estimator: string): Float64Array {
  if (estimator === "variance") {
    return eachElement(samples, (values) => (values.length > 1 ? variance(values) : 0));
  }
  return eachElement(samples, (values) => mean(values.map(statistic(estimator))));
}

/** The standard error of every element. */
export function standardErrors(samples: Samples, estimator: string): Float64Array {
  const n = samples.length;
  if (estimator === "variance") {
    return eachElement(samples, (values) => {
      const squared = variance(values) ** 2;
      return Math.sqrt((power(4)(values) / n - ((n - 3) / (n - 1)) * squared) / n);
    });
  }
  return eachElement(samples, (values) =>
    Math.sqrt(variance(values.map(statistic(estimator))) / n),
  );
}

function statistic(estimator: string): (g: number) => number {
  if (estimator === "squared") return (g) => g * g;
  return estimator === "absolute" ? Math.abs : (g) => g;
}

/** ‖standard error‖₂ / ‖attribution‖₂. */
export function relativeError(samples: Samples, estimator: string): number {
  return (
    Math.hypot(...standardErrors(samples, estimator)) /
    Math.hypot(...attribution(samples, estimator))
  );
}

/** One score for each pixel from attributions [C,P]. */
export function scores(
  attributions: ArrayLike<number>,
  channels: number,
  reduce: string,
): Float64Array {
  const positions = attributions.length / channels;
  return Float64Array.from({ length: positions }, (_, p) => {
    const a = Array.from({ length: channels }, (_, c) => attributions[c * positions + p]!);
    switch (reduce) {
      case "abs":
        return sum(a.map(Math.abs));
      case "signed":
        return sum(a);
      case "positive":
        return Math.max(sum(a), 0);
      case "negative":
        return Math.max(-sum(a), 0);
      case "max":
        return Math.max(...a.map(Math.abs));
      case "l2":
        return Math.hypot(...a);
      case "abs-sum":
        return Math.abs(sum(a));
      default:
        return mean(a);
    }
  });
}

/** numpy.percentile(values, p), linear. */
export function percentile(values: ArrayLike<number>, p: number): number {
  const sorted = Float64Array.from(values).sort();
  const position = (p / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (position - Math.floor(position)) * (above - below);
}
