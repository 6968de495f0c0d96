// A record of what the page's worker does: what it hears and tells, what it asks of the GPU and reads back. Tests of how
// long a reader waits count what stands in it; `npm run bench -- page` takes its times.

import type { Page } from "puppeteer";
import type { Look, Request, Wish } from "../../demo/messages.js";

/** Something that the worker did, and when, in milliseconds since 1970. */
export interface Note {
  readonly what: string;
  readonly time: number;
}

interface Recorded {
  record: Note[];
  /** Called after every note. */
  noted: ((what: string) => void) | undefined;
  /** The wish of now, put together from all that were heard. */
  wished: Wish;
  serial: number;
  look: Look | undefined;
  /** Milliseconds by which the worker's clock is fast. */
  fast: number;
}

// Runs in the worker, before its own script.
function watch(): void {
  const scope = globalThis as unknown as Recorded;
  Object.assign(scope, { record: [], noted: undefined, wished: {}, serial: 0, fast: 0 });
  const { now } = performance;
  const note = (what: string) => {
    scope.record.push({ what, time: performance.timeOrigin + now.call(performance) });
    scope.noted?.(what);
  };
  performance.now = () => now.call(performance) + scope.fast;

  type Labeled = { label?: string } | undefined;
  type Act = (this: unknown, ...args: never[]) => unknown;
  const wrap = (on: object, name: string, word: (first: Labeled) => string) => {
    const acts = on as Record<string, Act>;
    const act = acts[name]!;
    acts[name] = function (this: unknown, ...args: never[]) {
      note(word(args[0] as Labeled));
      return act.apply(this, args);
    };
  };
  const labeled = (verb: string) => (descriptor: Labeled) => `${verb} ${descriptor?.label ?? ""}`;
  wrap(GPU.prototype, "requestAdapter", () => "requestAdapter");
  for (const kind of ["Compute", "Render"]) {
    for (const name of [`create${kind}Pipeline`, `create${kind}PipelineAsync`]) {
      wrap(GPUDevice.prototype, name, labeled("compile"));
    }
  }
  wrap(GPUDevice.prototype, "createBuffer", labeled("buffer"));
  wrap(GPUDevice.prototype, "createTexture", labeled("texture"));
  wrap(GPUCommandEncoder.prototype, "beginComputePass", labeled("compute"));
  wrap(GPUCommandEncoder.prototype, "beginRenderPass", labeled("render"));
  wrap(GPUBuffer.prototype, "mapAsync", () => "read");
  const { finish } = GPUCommandEncoder.prototype;
  GPUCommandEncoder.prototype.finish = function () {
    return finish.call(this, { label: this.label });
  };
  const { submit } = GPUQueue.prototype;
  GPUQueue.prototype.submit = function (buffers) {
    submit.call(this, buffers);
    const all = [...buffers];
    note(`submit ${all.map(({ label }) => label).join()}`);
    if (all.some(({ label }) => label === "picture")) {
      this.onSubmittedWorkDone().then(() => note("painted"));
    }
  };
  wrap(globalThis, "postMessage", (message) => {
    type Told = { kind: string; progress?: { samples: number }; index?: number };
    const { kind, progress, index } = message as Told;
    return ["tell", kind, progress?.samples, index].filter((word) => word !== undefined).join(" ");
  });
  addEventListener("message", ({ data }: MessageEvent<Request>) => {
    if (data.kind === "wish") {
      scope.wished = { ...scope.wished, ...data.wish };
      scope.serial = data.serial;
    }
    if (data.kind === "look") scope.look = data.look;
    note(`hear ${data.kind}`);
  });
}

/** To be put before the worker's script. */
export const RECORDER = `(${watch})();\n`;

/** What tests do with the record of the worker of a page that was opened at /watched/. */
export function recordOf(page: Page) {
  const worker = () => page.workers()[0]!;

  const all = () => worker().evaluate(() => (globalThis as unknown as Recorded).record);

  return {
    all,
    /** Begins the record anew. */
    clear: () =>
      worker().evaluate(() => {
        (globalThis as unknown as Recorded).record.length = 0;
      }),
    /** Waits until there is such a note, at or after a time, and gives it. */
    async until(pattern: RegExp, since = 0): Promise<Note> {
      for (;;) {
        const found = (await all()).find(({ what, time }) => time >= since && pattern.test(what));
        if (found) return found;
        await new Promise((later) => setTimeout(later, 20));
      }
    },
    /** Waits until nothing more comes; a picture that was submitted comes, however long that takes. */
    async quiet(): Promise<void> {
      // What the page has still to say it says in its next frame.
      await page.evaluate(async () => {
        for (let i = 0; i < 2; i++) await new Promise((done) => requestAnimationFrame(done));
      });
      let [before, same] = [-1, 0];
      while (same < 5) {
        const notes = (await all()).map(({ what }) => what);
        const count = (which: RegExp) => notes.filter((what) => which.test(what)).length;
        const isPainted = count(/^painted$/) === count(/^submit .*\bpicture\b/);
        same = notes.length === before && isPainted ? same + 1 : 0;
        before = notes.length;
        await new Promise((later) => setTimeout(later, 40));
      }
    },
    /**
     * Lets the worker hear another wish in the task after the first note that matches, as though the reader had moved a
     * control at that very moment. Its clock is put forward then: the map under way has had its time.
     */
    interrupt: (pattern: RegExp, options: object) =>
      worker().evaluate(
        (source, options) => {
          const scope = globalThis as unknown as Recorded;
          scope.noted = (what) => {
            if (!new RegExp(source).test(what)) return;
            scope.noted = undefined;
            setTimeout(() => {
              scope.fast += 1000;
              const { serial, wished } = scope;
              const { pass } = wished;
              const changed = { ...pass!, options: { ...pass!.options, ...options } };
              const data = { kind: "wish", serial, wish: { pass: changed } };
              dispatchEvent(new MessageEvent("message", { data }));
            });
          };
        },
        pattern.source,
        options,
      ),
    /** Lets the worker hear of another look in the task after the first note that matches. */
    relook: (pattern: RegExp, changed: Partial<Look>) =>
      worker().evaluate(
        (source, changed) => {
          const scope = globalThis as unknown as Recorded;
          scope.noted = (what) => {
            if (!new RegExp(source).test(what)) return;
            scope.noted = undefined;
            setTimeout(() => {
              const data = { kind: "look", look: { ...scope.look, ...changed } };
              dispatchEvent(new MessageEvent("message", { data }));
            });
          };
        },
        pattern.source,
        changed,
      ),
  };
}
