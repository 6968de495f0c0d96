// The page's end of the line to its worker (worker.ts): wishes go out with numbers, and reports on old ones are told from
// news.

import type { Report, Request, Wish } from "./messages.js";

/** Starts the worker, which paints the map itself on a canvas that is handed over to it. */
export function startLink(
  canvas: HTMLCanvasElement,
  hear: (report: Report) => void,
  failed: (message: string | undefined) => void,
) {
  const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  let serial = 0;
  let since = 0; // the first wish for the image and the model of now
  const ask = (request: Request, transfer: Transferable[] = []) =>
    worker.postMessage(request, transfer);
  worker.addEventListener("message", ({ data }: MessageEvent<Report>) => hear(data));
  // An event without a message: the worker's script is not there.
  worker.addEventListener("error", (event: Partial<ErrorEvent>) => failed(event.message));
  const offscreen = canvas.transferControlToOffscreen();
  ask({ kind: "canvas", canvas: offscreen }, [offscreen]);
  return {
    ask,
    /** A wish will follow at the next frame: from now on no report is on the newest one. */
    foresee() {
      serial++;
    },
    /** Wishes something; `isOther` where image or model become others, and not only a little different. */
    wish(wish: Wish, isOther = false) {
      ask({ kind: "wish", serial: ++serial, wish });
      if (isOther) since = serial;
    },
    isNewest: (number: number) => number === serial,
    /** While a pen or a slider moves, the map of a moment ago is news, too. */
    isNews: (number: number) => number >= since,
  };
}

const waiting = new Set<string>();

/** Does something at the next frame: while a slider moves, the newest value of a frame is enough. */
export function soon(what: string, action: () => void): void {
  if (waiting.has(what)) return;
  waiting.add(what);
  requestAnimationFrame(() => {
    waiting.delete(what);
    action();
  });
}
