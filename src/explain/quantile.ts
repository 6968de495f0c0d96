// The quantile that AdaptGrad makes its σ of; loaded with the first adaptive noise.

/** What |z| of a standard normal z exceeds with the chance 1 − c: √2 erf⁻¹(c), by bisection. */
export function quantileOfSize(c: number): number {
  // ∫ from 0 to z of the density, by Simpson's rule.
  const inside = (z: number) => {
    const n = 400;
    const f = (i: number) => Math.exp(-0.5 * ((i * z) / n) ** 2);
    let sum = f(0) + f(n);
    for (let i = 1; i < n; i++) sum += (i % 2 === 1 ? 4 : 2) * f(i);
    return (((2 * z) / n / 3) * sum) / Math.sqrt(2 * Math.PI);
  };
  let [low, high] = [0, 10];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (inside(middle) < c) low = middle;
    else high = middle;
  }
  return high;
}
