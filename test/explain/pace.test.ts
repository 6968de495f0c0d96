// How long the steps of a series are.

import * as assert from "uvu/assert";
import { startPace } from "../../src/explain/pace.js";
import { suite } from "../support/harness.js";

const test = suite("pace");

/** The sizes of the steps of a run whose passes take so many milliseconds each. */
function sizes(total: number, time: number, steps: Parameters<typeof startPace>[0]): number[] {
  const pace = startPace(steps);
  const made: number[] = [];
  for (let first = 0; first < total; first += made.at(-1)!) {
    const count = Math.min(pace.next(first), total - first);
    made.push(count);
    pace.took(count, count * time);
  }
  return made;
}

test("all that fit go together where no time is wished", () => {
  assert.equal(sizes(50, 1, { stepTime: undefined, ends: [], capacity: 20 }), [20, 20, 10]);
});

test("steps grow until they take the time that is wished", () => {
  assert.equal(
    sizes(100, 2, { stepTime: 40, ends: [], capacity: 64 }),
    [1, 4, 16, 16, 16, 16, 16, 15],
  );
  assert.equal(sizes(100, 0.1, { stepTime: 40, ends: [], capacity: 32 }), [1, 4, 16, 32, 32, 15]);
});

test("a step is one pass where a pass takes longer", () => {
  assert.equal(sizes(3, 500, { stepTime: 40, ends: [], capacity: 32 }), [1, 1, 1]);
});

test("steps that are too long become shorter", () => {
  const pace = startPace({ stepTime: 40, ends: [], capacity: 64 });
  for (const time of [1, 4, 16]) pace.took(pace.next(0), time);
  assert.is(pace.next(0), 40);
  pace.took(40, 400);
  assert.is(pace.next(0), 4);
});

test("a short last step says nothing", () => {
  const pace = startPace({ stepTime: 40, ends: [], capacity: 64 });
  pace.took(1, 10);
  assert.is(pace.next(0), 4);
  pace.took(2, 1);
  assert.is(pace.next(0), 4);
});

test("steps end where they must", () => {
  const ends = [1, 2, 5, 10, 30];
  assert.equal(sizes(30, 1, { stepTime: undefined, ends, capacity: 8 }), [1, 1, 3, 5, 8, 8, 4]);
});

test.run();
