// The way to the first map: what the page does in which order when it is opened. How long that takes depends on the
// machine and on what else it does, so times are told and not judged; that nothing waits in vain is judged.

import * as assert from "uvu/assert";
import { suite } from "../harness.js";
import { openDemo } from "./page.js";

const test = suite("demo/opening");

const opening = openDemo();
const TIMES = 5;

interface Note {
  what: string;
  time: number;
}

/** Opens the page and gives what its worker did until the map was done, in milliseconds of the page. */
async function recordOf(): Promise<Note[]> {
  const { page, settled } = await opening;
  const { origin } = new URL(page.url());
  await page.goto(origin);
  await page.goto(`${origin}/watched/index.html`);
  await settled(50);
  const began = await page.evaluate(() => performance.timeOrigin);
  const notes = await page
    .workers()[0]!
    .evaluate(() => (globalThis as unknown as { record: Note[] }).record);
  return notes.map(({ what, time }) => ({ what, time: time - began }));
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;

test(
  "the first map is that of one sample, and nothing is waited for that could have been done before",
  async () => {
    const times: number[] = [];
    for (let i = 0; i < TIMES; i++) {
      const record = await recordOf();
      const done = record.map(({ what }) => what);
      const first = done.findIndex((what) => what.startsWith("tell progress"));
      assert.is(done[first], "tell progress 1");
      assert.is(done[0], "requestAdapter", "the device is asked for before anything is wished");
      const loaded = done.indexOf("tell loaded");
      const compiled = done.flatMap((what, at) => (what.startsWith("compile") ? [at] : []));
      assert.ok(loaded > 0 && loaded < first);
      assert.ok(compiled.length > 10);
      assert.equal(
        compiled.filter((at) => at > loaded && at < first).map((at) => done[at]),
        [],
        "between the model and the map",
      );
      times.push(record[first]!.time);
    }
    const all = times.map((time) => time.toFixed(0)).join(", ");
    console.log(`   first map after ${median(times).toFixed(0)} ms (${all})`);
  },
  { timeLimit: 120_000 },
);

test("complains of nothing", async () => {
  const { close, faults } = await opening;
  await close();
  assert.equal(faults, []);
});

test.run();
