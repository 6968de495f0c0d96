// Several things that hold GPU resources, made at the same time.

/** Waits for all. If one of them fails, what the others made is freed. */
export async function allOrNone<T extends { destroy(): void }>(making: Promise<T>[]): Promise<T[]> {
  const made = await Promise.allSettled(making);
  const failed = made.find(({ status }) => status === "rejected");
  if (!failed) return Promise.all(making);
  for (const each of made) if (each.status === "fulfilled") each.value.destroy();
  throw (failed as PromiseRejectedResult).reason;
}
