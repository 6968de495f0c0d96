// The worker's half of a figure: its maps, made one after the other from the same noise, the quickest first, each
// painted as soon as it is there. They stay on the GPU, so that another palette or percentile repaints them at once.

import {
  type ClassesOptions,
  contrast,
  type SensitivityMap,
  sensitivities,
} from "../../src/index.js";
import type { Look, Panel, Panels, Pass } from "../messages.js";
import type { Above, Drawing } from "./drawing.js";
import { drawLine } from "./line.js";
import { type Made, type Painter, startPainter } from "./painter.js";

const STEP = 60; // milliseconds of a step, after which a new wish is heard
const BATCH = 32;

/** A figure on its way, and then as it is drawn. */
export interface Drawn {
  readonly serial: number;
  /** It looks at the map of the page, and must end before that does. */
  readonly usesAbove: boolean;
  /** Resolves when all of it is painted, or when it was given up. */
  readonly done: Promise<void>;
  /** Paints what is there in another look, and then what is still to come. */
  repaint(look: Look): Promise<void>;
  /** Frees its maps as soon as nothing looks at them. A figure on its way must have been given up. */
  end(): Promise<void>;
}

/** Begins to draw a figure. */
export function startFigure(drawing: Drawing): Drawn {
  const { serial, figure, look, above, report } = drawing;
  const painter = startPainter(look, (index, image) =>
    report({ kind: "panel", serial, index, image, text: "" }),
  );
  const owned: Owned = [];
  const done =
    "x" in figure ? drawLine(drawing, figure) : drawPanels(drawing, figure, painter, owned);
  return {
    serial,
    usesAbove: "panels" in figure && figure.panels.some((panel) => isView(panel, above)),
    done,
    repaint: painter.repaint,
    async end() {
      await Promise.allSettled([done, painter.end()]);
      // A snapshot goes before the map that it was taken of.
      for (const each of owned.splice(0).reverse()) each.destroy();
    },
  };
}

type Owned = { destroy(): void }[];

async function drawPanels(
  drawing: Drawing,
  { panels }: Panels,
  painter: Painter,
  owned: Owned,
): Promise<void> {
  const { serial, above, signal, report } = drawing;
  const settled = new Set<number>(); // the panels that are painted or cannot be
  for (const [index, panel] of panels.entries()) {
    if (!isView(panel, above)) continue;
    await painter.add(index, { panel, map: above.maps[0]!, pair: above.pair });
    settled.add(index);
  }
  const runs = runsOf([...panels.entries()].filter(([index]) => !settled.has(index)));
  const whole = runs.reduce((sum, { cost }) => sum + cost, 0);
  let before = 0;
  for (const run of runs) {
    const left = () => run.panels.filter(([index]) => !settled.has(index));
    const reached = (part: number) => {
      const [next] = left();
      if (!next) return;
      const panel = { index: next[0], place: settled.size + 1 };
      report({ kind: "figuring", serial, part: (before + part * run.cost) / whole, panel });
    };
    reached(0);
    try {
      for await (const { part, made } of play(drawing, run, owned)) {
        for (const [index, each] of made) {
          await painter.add(index, each);
          settled.add(index);
        }
        reached(part);
      }
    } catch (error) {
      if (signal.aborted) return;
      const text = error instanceof Error ? error.message : String(error);
      for (const [index] of left()) {
        report({ kind: "panel", serial, index, image: undefined, text });
        settled.add(index);
      }
    }
    if (signal.aborted) return;
    before += run.cost;
  }
  report({ kind: "figure done", serial });
}

/** Whether a panel is another view of the map above, which needs no pass. */
function isView({ pass, model, at }: Panel, above: Above | undefined): above is Above {
  const isSame = above && JSON.stringify(pass) === JSON.stringify(above.pass);
  return isSame === true && model === undefined && at === undefined;
}

/** A run of samples, and the panels that are views of it. */
interface Run {
  readonly pass: Pass;
  readonly model: string | undefined;
  readonly panels: (readonly [index: number, panel: Panel])[];
  /** Passes through the network, but for what all runs of a figure have in common. */
  readonly cost: number;
}

/** The runs that a figure is made of, the quickest first. */
function runsOf(panels: Run["panels"]): Run[] {
  const runs = new Map<string, Run>();
  for (const [index, panel] of panels) {
    const { pass, model } = panel;
    const key = JSON.stringify([pass, model]);
    const run = runs.get(key) ?? { pass, model, panels: [], cost: costOf(pass) };
    run.panels.push([index, panel]);
    runs.set(key, run);
  }
  return [...runs.values()].sort((a, b) => a.cost - b.cost);
}

function costOf({ options: { samples = 50, steps = 1 }, contrast: other }: Pass): number {
  return samples * steps * (other === undefined ? 1 : 2);
}

/** What has come of a run: how much of it is done, and the panels whose maps are there since the last step. */
interface Step {
  readonly part: number;
  readonly made: readonly (readonly [index: number, made: Made])[];
}

/** Plays a run. A panel of fewer samples is a snapshot of the same series. */
async function* play(
  { image, look, modelOf, signal }: Drawing,
  { pass, model: name, panels }: Run,
  owned: Owned,
): AsyncGenerator<Step, void, undefined> {
  const { target = "top1", samples = 50, ...options } = pass.options;
  const targets = pass.contrast === undefined ? [target] : [target, pass.contrast];
  const stepsAt = panels.flatMap(([, { at }]) => at ?? []);
  const pace = { stepsAt, stepTime: STEP, batch: BATCH };
  const steps = { ...options, ...pace, samples, estimator: look.estimator, signal };
  const model = await modelOf(name);
  let waiting = panels;
  let maps: readonly SensitivityMap[] = [];
  for await (const now of sensitivities(model, image, {
    ...{ ...steps, target: targets },
  } as ClassesOptions)) {
    if (now !== maps) owned.push(...now);
    maps = now;
    const [map] = now as [SensitivityMap];
    const isDue = ({ at }: Panel) => at === map.samples;
    const due = waiting.filter(([, panel]) => isDue(panel));
    waiting = waiting.filter(([, panel]) => !isDue(panel));
    const made: Step["made"][number][] = [];
    for (const [index, panel] of due) {
      const snapshot = await map.snapshot();
      owned.push(snapshot);
      made.push([index, { panel, map: snapshot, pair: undefined }]);
    }
    yield { part: map.samples / samples, made };
  }
  const [map, second] = maps as [SensitivityMap, SensitivityMap?];
  const pair = second && (await contrast(map, second));
  if (pair) owned.push(pair);
  yield { part: 1, made: waiting.map(([index, panel]) => [index, { panel, map, pair }]) };
}
