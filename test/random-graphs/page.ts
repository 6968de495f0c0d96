// Random graphs of `npm run fuzz -- graphs`, in the page: how each ended, and a small one that ends as badly.

import { loadUncommonOperators } from "../../src/graph/graph.js";
import { withDevice } from "../support/device.js";
import { drawGraph, type RandomGraph } from "./draw.js";
import { type Draws, drawsOf, replay, shrink } from "./draws.js";
import { judge, type Setting, settingOf } from "./judge.js";

export { TURN } from "./judge.js";

/** A graph that failed. */
export interface Failure {
  readonly seed: number;
  readonly message: string;
  readonly setting: Setting;
  readonly text: string;
}

/** What is wrong with the graph of a sequence, if something is. */
async function problemOf(
  draws: Draws,
  setting: Setting,
): Promise<[string, RandomGraph] | undefined> {
  const graph = drawGraph(draws);
  await loadUncommonOperators();
  try {
    await withDevice((device) => judge(device, graph, setting));
    return undefined;
  } catch (error) {
    return [(error as Error).message, graph];
  }
}

/** Plays the graphs of some seeds; the failures. */
export async function playGraphs(seeds: readonly number[]): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const seed of seeds) {
    const setting = settingOf(seed);
    const problem = await problemOf(drawsOf(seed), setting);
    if (problem) failures.push({ seed, message: problem[0], setting, text: problem[1].text });
  }
  return failures;
}

/** A small graph that fails in the setting of a seed as the seed's own does, and its file in base64. */
export async function smallest(seed: number, tries: number): Promise<Failure & { file: string }> {
  const setting = settingOf(seed);
  const first = drawsOf(seed);
  drawGraph(first);
  const marksOf = (numbers: readonly number[]) => {
    const draws = replay(numbers);
    drawGraph(draws);
    return draws.marks;
  };
  const fails = async (numbers: readonly number[]) =>
    (await problemOf(replay(numbers), setting)) !== undefined;
  const numbers = await shrink(first.numbers, marksOf, fails, tries);
  const problem = await problemOf(replay(numbers), setting);
  if (!problem) throw new Error(`the graph of seed ${seed} fails no longer`);
  const [message, { text, bytes }] = problem;
  const file = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return { seed, message, setting, text, file };
}
