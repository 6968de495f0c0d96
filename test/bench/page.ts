// How long a reader of the demo waits. Nothing here is judged: what a change may cost is asserted, in passes and submits,
// by test/demo/waiting.test.ts.

import { openPage } from "../../src/chrome/open.js";
import { openDemo } from "../demo/page.js";
import { type Note, recordOf } from "../demo/record.js";
import { middle } from "./timing.js";

/** One line of the table, in milliseconds. */
export interface Row {
  readonly name: string;
  readonly least: number;
  readonly median: number;
  readonly worst: number;
  /** The median divided by that of the loop. */
  readonly ratio: number;
}

/** Measures everything so many times, and reports row by row. */
export async function run(times: number, report: (row: Row) => void): Promise<void> {
  const { page, upload, uses, set, settled, close } = await openDemo((routes) =>
    openPage(routes, { log: console.log, visible: true }),
  );
  const record = recordOf(page);
  const { origin } = new URL(page.url());

  /** A loop of the same work everywhere, in the page. */
  const loop = () =>
    page.evaluate(() => {
      const start = performance.now();
      let x = 1;
      for (let i = 0; i < 2e7; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
      return x === 0 ? 0 : performance.now() - start;
    });

  const loops: number[] = [];
  async function measure(name: string, once: (turn: number) => Promise<number>): Promise<void> {
    const measured: number[] = [];
    for (let turn = 0; turn < times; turn++) {
      loops.push(await loop());
      measured.push(await once(turn));
    }
    const [least, worst] = [Math.min(...measured), Math.max(...measured)];
    const median = middle(measured);
    report({ name, least, median, worst, ratio: median / middle(loops) });
  }

  /** Moves a control and gives the moment, in milliseconds since 1970. */
  const move = (name: string, value: string) =>
    page.evaluate(
      (name, value) => {
        const control = document.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
        control.value = value;
        const now = performance.timeOrigin + performance.now();
        control.dispatchEvent(new Event("input", { bubbles: true }));
        return now;
      },
      name,
      value,
    );

  /** Moves a control and gives the milliseconds until the worker has done something. */
  async function wait(name: string, value: string, until: RegExp): Promise<number> {
    const moved = await move(name, value);
    return (await record.until(until, moved)).time - moved;
  }

  const open = async () => {
    await page.goto("about:blank");
    await page.goto(`${origin}/watched/index.html`);
    await settled(50);
  };

  try {
    await measure("a loop of 20 million steps", loop);
    await measure("the page is opened: the first map", async () => {
      await open();
      const began = await page.evaluate(() => performance.timeOrigin);
      const first = (await record.all()).find(({ what }) => what.startsWith("tell progress"));
      return (first as Note).time - began;
    });
    await upload("#photo-file", "photo.bmp");
    await upload("#model-file", "large.onnx");
    await uses("large.onnx");
    await set("samples", "4");
    await settled(4);
    await page.click("[name=view][value=overlay] + span");
    for (const [name, values] of [
      ["percentile", ["98", "97", "96", "95"]],
      ["opacity", ["80", "70", "60", "50"]],
      ["palette", ["inferno", "viridis"]],
      ["reduce", ["signed", "abs", "max"]],
    ] as const) {
      await measure(`another ${name}: painted`, (turn) =>
        wait(name, values[turn % values.length]!, /^painted/),
      );
    }
    await set("samples", "200");
    for (const [name, values] of [
      ["noise", ["10", "11", "12", "13"]],
      ["method", ["guided-backprop", "gradient"]],
      ["samples", ["199", "198", "197"]],
    ] as const) {
      await measure(`another ${name} while a map is made: begun`, async (turn) => {
        // The map before is still in its samples.
        await new Promise((later) => setTimeout(later, 150));
        return wait(name, values[turn % values.length]!, /^buffer input/);
      });
    }
    for (const tab of ["noise", "pixel"]) {
      await page.click(`#tab-${tab}`);
      await measure(`another noise while figure "${tab}" is drawn: begun`, async (turn) => {
        // Of few samples, so that the figure is soon at work.
        const samples = 2 + (turn % 3);
        await set("samples", String(samples));
        await settled(samples);
        return wait("noise", String(10 + (turn % 4)), /^buffer input/);
      });
    }
    await page.click("#tab-idea");
    await measure("the longest task of the page in a map", async (turn) => {
      await page.evaluate(() => {
        const tasks: number[] = [0];
        const observer = new PerformanceObserver((list) => {
          tasks.push(...list.getEntries().map(({ duration }) => duration));
        });
        observer.observe({ type: "longtask" });
        Object.assign(globalThis, { tasks, observer });
      });
      const samples = 20 + (turn % 20);
      await set("samples", String(samples));
      await settled(samples);
      return page.evaluate(() => {
        const { tasks, observer } = globalThis as unknown as {
          tasks: number[];
          observer: PerformanceObserver;
        };
        observer.disconnect();
        return Math.max(...tasks);
      });
    });
  } finally {
    await close();
  }
}
