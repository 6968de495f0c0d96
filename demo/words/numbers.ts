// Numbers for people, the same in every language of the page.

/** A number from 0 to 1 in percent. */
export function percent(part: number): string {
  if (part > 0 && part < 0.001) return "< 0.1\u00a0%";
  const digits = part < 0.1 && part > 0 ? 1 : 0;
  return `${(100 * part).toFixed(digits)}\u00a0%`;
}

/** A sentence whose percentages do not break at the end of a line. */
export const withPercentages = (sentence: string) => sentence.replaceAll(" %", "\u00a0%");

/** σ in the input's units, and as a part of the range where it was given so. */
export function sigmaOf(noise: number | undefined, sigma: number, ofRange: string): string {
  const units = sigma.toPrecision(3);
  return noise === undefined
    ? `σ\u00a0=\u00a0${units}`
    : `σ\u00a0=\u00a0${percent(noise)} ${ofRange} (${units})`;
}

/** With a sign that is as wide as the other one. */
export function signed(value: number, digits = 2): string {
  return (value < 0 ? "−" : "+") + Math.abs(value).toFixed(digits);
}
