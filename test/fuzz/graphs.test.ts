// Mutated files up to the plan, a short run of what `npm run fuzz` does for long: each ends in a plan or in a sentence.

import * as assert from "uvu/assert";
import { suite } from "../support/harness.js";
import { fileOf, load } from "./trial.js";

const test = suite("fuzz/graphs");

const COUNT = 250;

test(`ends in a plan or in one sentence for each of ${COUNT} mutated files`, () => {
  let planned = 0;
  for (let number = 0; number < COUNT; number++) {
    const bytes = fileOf(number);
    try {
      if (typeof load(bytes) !== "string") planned++;
    } catch (error) {
      throw new Error(`file ${number}: ${(error as Error).stack}`, { cause: error });
    }
  }
  assert.ok(planned > COUNT / 10 && planned < COUNT, `${planned} were models`);
});

test.run();
