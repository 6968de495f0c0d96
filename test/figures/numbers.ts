// What is measured of a map [C,H,W], so that "sharper" and "less noisy" are numbers. None of them changes when the map
// is multiplied by something.

/** The score of every pixel: the sum over the channels of the absolute values. */
export function scores(map: Float32Array, channels: number): Float32Array {
  const plane = map.length / channels;
  return Float32Array.from({ length: plane }, (_, p) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += Math.abs(map[c * plane + p] as number);
    return sum;
  });
}

/**
 * Sparseness: the Gini index of the scores (Hurley & Rickard 2009). 0 where all are alike, towards 1 where a few
 * pixels have it all.
 */
export function gini(scores: Float32Array): number {
  const sorted = Float64Array.from(scores).sort();
  const total = sorted.reduce((sum, v) => sum + v, 0);
  if (total === 0) return 0;
  const n = sorted.length;
  const weighted = sorted.reduce((sum, v, i) => sum + v * (n - i - 0.5), 0);
  return 1 - (2 * weighted) / (n * total);
}

/** Total variation: the differences between neighbors, next to the scores themselves. */
export function totalVariation(scores: Float32Array, width: number): number {
  let variation = 0;
  let total = 0;
  scores.forEach((v, p) => {
    total += v;
    if ((p + 1) % width !== 0) variation += Math.abs((scores[p + 1] as number) - v);
    if (p + width < scores.length) variation += Math.abs((scores[p + width] as number) - v);
  });
  return total === 0 ? 0 : variation / total;
}

/** Roughness: the length of the way that the maps take along a path, next to the mean length of a map. */
export function roughness(maps: readonly Float32Array[]): number {
  const norm = (v: ArrayLike<number>) =>
    Math.sqrt(Array.from(v).reduce((sum, x) => sum + x * x, 0));
  const length = maps.reduce((sum, map) => sum + norm(map), 0) / maps.length;
  const way = maps.slice(1).reduce((sum, map, i) => {
    const before = maps[i] as Float32Array;
    return sum + norm(map.map((v, e) => v - (before[e] as number)));
  }, 0);
  return length === 0 ? 0 : way / length;
}
