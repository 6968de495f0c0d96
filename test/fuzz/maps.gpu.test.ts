// Mutated files that are still models are played: whatever they compute, the GPU finds nothing wrong with it.

import * as assert from "uvu/assert";
import { suite, testWithDevice } from "../support/harness.js";
import { fileOf, load, playGraph } from "./trial.js";

const test = suite("fuzz/maps");

const COUNT = 4;

testWithDevice(test, `makes the maps of ${COUNT} mutated files`, async (device) => {
  let played = 0;
  for (let number = 5000; played < COUNT; number++) {
    assert.ok(number < 5000 + 20 * COUNT, `only ${played} were models`);
    const graph = load(fileOf(number));
    if (typeof graph !== "string" && (await playGraph(device, graph))) played++;
  }
});

test.run();
