// Random numbers for tests, the same in every run. Mulberry32 by Tommy Ettinger, then Box–Muller; independent
// of the library's own noise on purpose.

/** `count` standard normal numbers that depend on the seed alone. */
export function randn(count: number, seed = 1): Float32Array<ArrayBuffer> {
  const uniform = mulberry32(seed);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }
  return values;
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
