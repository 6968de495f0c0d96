// The progress bar: on a terminal only, on stderr, gone when the map is done.

import { SingleBar } from "cli-progress";

/** A bar for one map after the other, each of so many samples. */
export function progressBar(samples: number) {
  const bar = new SingleBar({
    format: "{name} {bar} {value}/{total} samples",
    stream: process.stderr,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    clearOnComplete: true,
    noTTYOutput: false,
  });
  return {
    start: (name: string) => bar.start(samples, 0, { name }),
    tick: (done: number) => bar.update(done),
    stop: () => bar.stop(),
  };
}
