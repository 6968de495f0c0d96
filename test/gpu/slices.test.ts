// Long work on the main thread pauses when a slice of time is over, and can do so often. The clock is the tests' own.

import * as assert from "uvu/assert";
import { completeInSlices } from "../../src/gpu/slices.js";
import { makeGraph } from "../../src/graph/graph.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { makePlan } from "../../src/plan/plan.js";
import { packHalves } from "../../src/tensor/rounding.js";
import type { Contents } from "../../src/tensor/types.js";
import { fullSize } from "../models/architectures/index.js";
import { suite } from "../support/harness.js";

const test = suite("slices");

const SLICE = 8;

/** Runs an action by a clock that only `work` moves, and notes how long it worked from one pause to the next. */
async function byOwnClock(action: (work: (milliseconds: number) => void) => Promise<void>) {
  const { MessageChannel } = globalThis;
  const { now } = performance;
  let time = 1000;
  let began = time;
  const slices: number[] = [];
  performance.now = () => time;
  globalThis.MessageChannel = class extends MessageChannel {
    constructor() {
      super();
      slices.push(time - began);
      began = time;
    }
  };
  try {
    await action((milliseconds) => {
      time += milliseconds;
    });
  } finally {
    performance.now = now;
    globalThis.MessageChannel = MessageChannel;
  }
  return [...slices, time - began];
}

test("a slice ends with the first step that takes it past its time", async () => {
  const slices = await byOwnClock((work) => {
    function* contents(): Generator<void, Float32Array> {
      for (let i = 0; i < 30; i++) {
        work(3);
        yield;
      }
      return new Float32Array(4);
    }
    return completeInSlices([[contents, () => work(3)]]);
  });
  assert.equal(slices, [...Array(10).fill(9), 3]);
});

test("a large array is taken in pieces, and there is time for a pause after each", async () => {
  const whole = new Float32Array(5 * 2 ** 20 + 1);
  const pieces: number[] = [];
  const slices = await byOwnClock((work) =>
    completeInSlices([
      [
        () => whole,
        (_, from, to) => {
          pieces.push(to - from);
          work(SLICE);
        },
      ],
    ]),
  );
  assert.equal(pieces, [...Array(5).fill(2 ** 20), 1]);
  assert.equal(slices, Array(6).fill(SLICE));
});

test("many small arrays share slices", async () => {
  const small = Array.from({ length: 100 }, () => new Float32Array(4));
  const slices = await byOwnClock((work) =>
    completeInSlices(small.map((whole) => [() => whole, () => work(1)] as const)),
  );
  assert.equal(slices, [...Array(12).fill(SLICE), 4]);
});

// Weights are packed step by step. A step that packed them all at once would hold up the page for seconds.
const MOST = 2 ** 18;

for (const name of ["SqueezeNet 1.1", "ResNet-18", "VGG-11"] as const) {
  test(
    `no step packs more than ${MOST} weights of ${name}`,
    () => {
      const { build } = fullSize[name];
      const plan = makePlan(makeGraph(decodeModel(build())), { method: "gradient" });
      let elements = 0;
      for (const { label, contents, precision } of plan.buffers) {
        if (!contents) continue;
        const ways = precision ? [contents, () => packHalves(contents())] : [contents];
        for (const make of ways) {
          const [length, steps] = stepsOf(make());
          assert.ok(length / steps <= MOST, `${label}: ${length} in ${steps} steps`);
          elements += length;
        }
      }
      assert.ok(elements > 1e6);
    },
    { long: name === "VGG-11" },
  );
}

// How many elements contents have, and in how many steps they are made.
function stepsOf(contents: Contents): [length: number, steps: number] {
  if (ArrayBuffer.isView(contents)) return [contents.length, 1];
  for (let steps = 1; ; steps++) {
    const { done, value } = contents.next();
    if (done) return [value.length, steps];
  }
}

test.run();
