// What tests share, made when the first of them waits for it: a dozen browsers that start at once would have every test
// wait for all of them.

/** A promise whose work begins when somebody waits for it. */
export function onDemand<T>(make: () => Promise<T>): PromiseLike<T> {
  let made: Promise<T> | undefined;
  // biome-ignore lint/suspicious/noThenProperty: it is to be awaited.
  return { then: (done, failed) => (made ??= make()).then(done, failed) };
}
