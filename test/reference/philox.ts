// Philox4x32-10 with 64-bit integers, and the normals of the paper's noise in float64: the twin of random.wgsl.

/** Four random words for a counter of four words and a key of two (Salmon et al. 2011). */
export function philox(counter: readonly number[], key: readonly number[]): number[] {
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  const word = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const p = 0xd2511f53n * c0;
    const q = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(q >> 32n) ^ c1 ^ k0, q & word, (p >> 32n) ^ c3 ^ k1, p & word];
    k0 = (k0 + 0x9e3779b9n) & word;
    k1 = (k1 + 0xbb67ae85n) & word;
  }
  return [c0, c1, c2, c3].map(Number);
}

/** The standard normals of sample `sample` for `count` elements, for noise on the image (purpose and name 0). */
export function normals(
  count: number,
  seed: number,
  sample: number,
  { stream = 0, purpose = 0, name = 0 } = {},
): Float64Array {
  const result = new Float64Array(count);
  for (let e = 0; e < count; e += 4) {
    const words = philox([e / 4, sample, stream, purpose], [seed, name]);
    const [u0, u1, u2, u3] = words.map((w) => (w + 0.5) / 2 ** 32) as [
      number,
      number,
      number,
      number,
    ];
    const [r, s] = [Math.sqrt(-2 * Math.log(u0)), Math.sqrt(-2 * Math.log(u2))];
    const [a, b] = [2 * Math.PI * u1, 2 * Math.PI * u3];
    const four = [r * Math.cos(a), r * Math.sin(a), s * Math.cos(b), s * Math.sin(b)];
    result.set(four.slice(0, count - e), e);
  }
  return result;
}
