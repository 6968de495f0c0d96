// Long work on the main thread, cut into slices short enough that a page stays smooth.

import type { Contents } from "../tensor/types.js";

/** Half a frame, in milliseconds: the page has something to do, too. */
const SLICE = 8;

/** Elements that are copied in a fraction of that. */
const PIECE = 2 ** 20;

/** Lets everything that waits happen. A timer would wait for longer. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Contents as they are when they are complete, made at once. */
export function complete(contents: Contents): Float32Array | Uint32Array {
  if (ArrayBuffer.isView(contents)) return contents;
  for (;;) {
    const { done, value } = contents.next();
    if (done) return value;
  }
}

/** Takes the elements of an array from one index to another. */
export type Take = (whole: Float32Array | Uint32Array, from: number, to: number) => void;

/** The same for many, one after the other, taken in pieces, with a pause whenever a slice is over. */
export async function completeInSlices(
  all: Iterable<readonly [() => Contents, Take]>,
): Promise<void> {
  let began = performance.now();
  const pause = async () => {
    if (performance.now() - began < SLICE) return;
    await breathe();
    began = performance.now();
  };
  for (const [make, take] of all) {
    await pause();
    let whole = make();
    while (!ArrayBuffer.isView(whole)) {
      await pause();
      const { done, value } = whole.next();
      if (done) whole = value;
    }
    for (let from = 0; from < whole.length; from += PIECE) {
      await pause();
      take(whole, from, Math.min(from + PIECE, whole.length));
    }
  }
}
