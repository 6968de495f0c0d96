// The way to the first map: what the page does in which order when it is opened, and that nothing waits in vain. How
// long that takes is told by `npm run bench -- page`.

import * as assert from "uvu/assert";
import { suite } from "../support/harness.js";
import { onDemand } from "../support/on-demand.js";
import { openDemo } from "./page.js";
import { recordOf } from "./record.js";

const test = suite("demo/opening");

const opening = onDemand(openDemo);
const TIMES = 3;

test("the first map is that of one sample, and nothing is waited for that could have been done before", async () => {
  const { page, settled } = await opening;
  const { origin } = new URL(page.url());
  for (let i = 0; i < TIMES; i++) {
    await page.goto(origin);
    await page.goto(`${origin}/watched/index.html`);
    await settled(50);
    const done = (await recordOf(page).all()).map(({ what }) => what);
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
  }
});

test("complains of nothing", async () => {
  const { close, faults } = await opening;
  await close();
  assert.equal(faults, []);
});

test.run();
