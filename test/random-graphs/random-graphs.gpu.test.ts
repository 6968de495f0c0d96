// Sixty random graphs forward and backward, a short run of what `npm run fuzz -- graphs` does for long.

import { suite, testWithDevice } from "../support/harness.js";
import { drawGraph } from "./draw.js";
import { drawsOf } from "./draws.js";
import { judge, settingOf, TURN } from "./judge.js";

const COUNT = 60;

const test = suite("random graphs");

for (let turn = 0; turn < TURN; turn++) {
  const { tiling, precision } = settingOf(turn);
  testWithDevice(
    test,
    `of every ${TURN}th seed from ${turn} on agree with their twins, ${tiling} tiling, ${precision} precision`,
    async (device) => {
      for (let seed = turn; seed < COUNT; seed += TURN) {
        const [graph, setting] = [drawGraph(drawsOf(seed)), settingOf(seed)];
        await judge(device, graph, setting).catch((error) => {
          throw new Error(
            `seed ${seed}, ${JSON.stringify(setting)}: ${error.message}\n${graph.text}\n` +
              `smaller: npm run fuzz -- graphs --seed ${seed} --count 1`,
            { cause: error },
          );
        });
      }
    },
    { timeLimit: 300_000 },
  );
}

test.run();
