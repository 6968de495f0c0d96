// Philox4x32-10 (Salmon et al. 2011) on the CPU, as random.wgsl has it: for the first weights and the order of the
// images. A number depends on its place alone, so that a run that goes on later goes on as it would have.

/** What random numbers are for, beside the purposes in the shaders. */
const FOR_WEIGHTS = 7;
const FOR_ORDER = 8;

/** Four random words for a counter of four words and a key of two. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [p, pLow] = multiplyWide(0xd2511f53, c0);
    const [q, qLow] = multiplyWide(0xcd9e8d57, c2);
    [c0, c1, c2, c3] = [(q ^ c1 ^ k0) >>> 0, qLow, (p ^ c3 ^ k1) >>> 0, pLow];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

// The high and the low word of a · b.
function multiplyWide(a: number, b: number): [number, number] {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = a0 * b1 + (middle & 0xffff);
  const high = a1 * b1 + Math.floor(middle / 65536) + Math.floor(carry / 65536);
  return [high >>> 0, Math.imul(a, b) >>> 0];
}

const unit = (word: number): number => (word + 0.5) / 2 ** 32;

/** Standard normals, for first weights; by its number each parameter has its own. */
export function standardNormals(count: number, seed: number, parameter: number): Float32Array {
  const result = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const [a, b] = philox([i / 2, parameter, 0, FOR_WEIGHTS], [seed, 0]);
    const radius = Math.sqrt(-2 * Math.log(unit(a)));
    result[i] = radius * Math.cos(2 * Math.PI * unit(b));
    if (i + 1 < count) result[i + 1] = radius * Math.sin(2 * Math.PI * unit(b));
  }
  return result;
}

/** The order in which an epoch takes so many images (Fisher & Yates). */
export function orderOf(count: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const [word] = philox([i, epoch, 0, FOR_ORDER], [seed, 0]);
    const other = Math.floor(unit(word) * (i + 1));
    const first = order[i] as number;
    order[i] = order[other] as number;
    order[other] = first;
  }
  return order;
}
