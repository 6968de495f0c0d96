// How things are timed. Times are medians: a GPU that is shared, and even more a CPU that plays one, has outliers
// on the slow side.

/** The middle of some numbers. */
export const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** How long an action takes, in milliseconds. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** The median time of some calls after one that is not counted, in milliseconds. */
export async function median(times: number, action: () => Promise<unknown>): Promise<number> {
  await action();
  const measured: number[] = [];
  for (let i = 0; i < times; i++) measured.push(await timed(action));
  return middle(measured);
}

/** The median times of several actions that take turns, each after one call that is not counted. */
export async function interleaved(
  times: number,
  actions: readonly (() => Promise<unknown>)[],
): Promise<number[]> {
  for (const action of actions) await action();
  const measured = actions.map((): number[] => []);
  for (let i = 0; i < times; i++) {
    for (const [k, action] of actions.entries()) measured[k]?.push(await timed(action));
  }
  return measured.map(middle);
}
