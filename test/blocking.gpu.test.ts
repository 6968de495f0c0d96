// That nothing blocks the main thread, on which this page has the library, for longer than a frame or two: the browser
// reports what takes longer than 50 ms. ResNet-18 has eleven million weights to be packed.

import * as assert from "uvu/assert";
import { loadModel } from "../src/load.js";
import { sensitivity } from "../src/sensitivity.js";
import { randn, suite, testWithDevice } from "./harness.js";
import { fullSize } from "./models/architectures/index.js";

const test = suite("the main thread");

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The longest tasks while something is done, in milliseconds, the longest first. */
async function longTasks(work: () => Promise<unknown>): Promise<number[]> {
  const durations: number[] = [];
  // What ended before is reported a little later.
  await wait(200);
  const began = performance.now();
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      if (startTime >= began) durations.push(duration);
    }
  });
  observer.observe({ type: "longtask" });
  try {
    await work();
    await wait(200);
  } finally {
    observer.disconnect();
  }
  return durations.sort((a, b) => b - a);
}

test("a task of 200 ms is seen", async () => {
  const durations = await longTasks(async () => {
    await wait(0);
    const end = performance.now() + 200;
    while (performance.now() < end);
  });
  assert.ok(durations.some((duration) => duration >= 190));
});

// They took 300 and 2800 ms when weights were packed at once. A machine that does other things, too, makes tasks longer,
// but not every time.
const MOST = 100;
const ATTEMPTS = 4;

for (const name of ["SqueezeNet 1.1", "ResNet-18"] as const) {
  const title = `${name} is loaded and explained without a long task`;
  testWithDevice(
    test,
    title,
    async (device) => {
      const { input, build } = fullSize[name];
      const bytes = build();
      const image = { data: randn(3 * 224 * 224, 7), shape: input };
      let longest = Number.POSITIVE_INFINITY;
      for (let i = 0; i < ATTEMPTS && longest > MOST; i++) {
        const [first = 0] = await longTasks(async () => {
          const model = await loadModel(device, bytes);
          (await sensitivity(model, image, { samples: 2, target: 0 })).destroy();
          model.destroy();
        });
        longest = Math.min(longest, first);
      }
      assert.ok(longest <= MOST, `every time a task took ${longest} ms or longer`);
    },
    { timeLimit: 240_000 },
  );
}

test.run();
