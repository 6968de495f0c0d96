// The map of two classes against its definition.

import { contrast } from "../../src/explain/contrast.js";
import { sensitivity } from "../../src/explain/sensitivity.js";
import { loadModel } from "../../src/model/load.js";
import { smallNetwork } from "../models/tiny.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const image = { data: randn(192, 11), shape: [1, 3, 8, 8] };

const test = suite("contrast");

testWithDevice(test, "each class's map is scaled by itself, then subtracted", async (device) => {
  const model = await loadModel(device, smallNetwork().bytes());
  const [a, b] = await Promise.all(
    [1, 4].map((target) => sensitivity(model, image, { target, samples: 3 })),
  );
  const both = await contrast(a!, b!);
  try {
    for (const percentile of [99, 80]) {
      const scaled = await Promise.all(
        [a!, b!].map(async (map) => {
          const { low, high } = await map.range({ percentile });
          const scores = await map.scores();
          return scores.map((v) => Math.min(Math.max((v - low) / (high - low), 0), 1));
        }),
      );
      const expected = scaled[0]!.map((v, i) => v - scaled[1]![i]!);
      close(await both.scores({ percentile }), expected, { rtol: 1e-5, atol: 1e-6 });
    }
    const { data } = await both.pixels({ percentile: 80 });
    const scores = await both.scores({ percentile: 80 });
    scores.forEach((score, p) => {
      const [red = 0, , blue = 0] = data.subarray(4 * p, 4 * p + 4);
      if (score > 0.5 && red <= blue) throw new Error(`${score} is painted blue`);
      if (score < -0.5 && blue <= red) throw new Error(`${score} is painted red`);
    });
    const same = await contrast(a!, a!);
    close(await same.scores(), new Float32Array(64), { rtol: 0, atol: 0 });
    same.destroy();
  } finally {
    for (const each of [both, a!, b!, model]) each.destroy();
  }
});

test.run();
