// One file of `npm run fuzz`, in the page: how it ended, and after how long.

import { loadUncommonOperators } from "../../src/graph/graph.js";
import { withDevice } from "../support/device.js";
import { fileOf, load, playGraph } from "./trial.js";

/** How a file ended, and the milliseconds that decoding and planning it took. */
export interface Ending {
  readonly end: "refused" | "planned" | "played" | "FAIL";
  readonly detail: string;
  readonly time: number;
}

/** Tries the file of this number, and plays it if it is still a model and that is asked for. */
export async function tryFile(number: number, isPlayed: boolean): Promise<Ending> {
  const bytes = fileOf(number);
  await loadUncommonOperators();
  const began = performance.now();
  let time = 0;
  try {
    const graph = load(bytes);
    time = performance.now() - began;
    if (typeof graph === "string") return { end: "refused", detail: graph, time };
    let wasPlayed = false;
    await withDevice(async (device) => {
      if (isPlayed) wasPlayed = await playGraph(device, graph);
    });
    return { end: wasPlayed ? "played" : "planned", detail: "", time };
  } catch (error) {
    return { end: "FAIL", detail: (error as Error).stack ?? String(error), time };
  }
}
