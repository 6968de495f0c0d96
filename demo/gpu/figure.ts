// The worker's half of a figure: its maps, made one after the other from the same noise, and kept on the GPU so that
// another palette or percentile repaints them at once.

import {
  type Contrast,
  contrast,
  type Model,
  type SensitivityMap,
  sensitivitiesOfClasses,
} from "../../src/index.js";
import {
  type Figure,
  type Look,
  type Panel,
  type Panels,
  pictureOptions,
  type Report,
} from "../messages.js";
import { drawLine } from "./line.js";

const STEP = 60; // milliseconds of a step, after which a new wish is heard
const BATCH = 32;

/** What a figure is drawn from. */
export interface Drawing {
  readonly serial: number;
  readonly figure: Figure;
  readonly image: ImageBitmap;
  readonly look: Look;
  modelOf(name: string | undefined): Model | Promise<Model | undefined>;
  /** Heard as soon as the page wishes something else. */
  readonly signal: AbortSignal;
  report(message: Report): void;
}

/** A figure that has been drawn. */
export interface Drawn {
  readonly serial: number;
  readonly panels: readonly DrawnPanel[];
  destroy(): void;
}

interface DrawnPanel {
  readonly panel: Panel;
  readonly map: SensitivityMap | undefined;
  readonly pair: Contrast | undefined;
  /** Why there is no map. */
  readonly reason: string;
}

/** Draws all panels of a figure; undefined where it was given up. */
export async function drawFigure(drawing: Drawing): Promise<Drawn | undefined> {
  const { serial, figure, look, signal, report } = drawing;
  if ("x" in figure) {
    await drawLine(drawing, figure);
    if (signal.aborted) return undefined;
    return { serial, panels: [], destroy() {} };
  }
  const drawn: DrawnPanel[] = [];
  const owned: { destroy(): void }[] = [];
  const destroy = () => {
    for (const each of owned.reverse()) each.destroy();
  };
  for (const panels of sameRuns(figure)) {
    if (signal.aborted) break;
    drawn.push(...(await drawRun(drawing, panels, owned)));
  }
  if (signal.aborted) {
    destroy();
    return undefined;
  }
  const made = {
    serial,
    panels: figure.panels.map((panel) => drawn.find((d) => d.panel === panel)!),
    destroy,
  };
  await repaintFigure(made, look, report);
  report({ kind: "figure done", serial });
  return made;
}

/** The panels that are views of one run. */
function sameRuns({ panels }: Panels): Panel[][] {
  const runs = new Map<string, Panel[]>();
  for (const panel of panels) {
    const key = JSON.stringify([panel.pass, panel.model]);
    runs.set(key, [...(runs.get(key) ?? []), panel]);
  }
  return [...runs.values()];
}

async function drawRun(
  { image, modelOf, signal, look }: Drawing,
  panels: readonly Panel[],
  owned: { destroy(): void }[],
): Promise<DrawnPanel[]> {
  const [{ pass, model: name }] = panels as [Panel];
  const none = (reason: string) =>
    panels.map((panel) => ({ panel, map: undefined, pair: undefined, reason }));
  const { target = "top1", ...options } = pass.options;
  const targets = pass.contrast === undefined ? [target] : [target, pass.contrast];
  const stepsAt = panels.flatMap(({ at }) => (at === undefined ? [] : [at]));
  const early = new Map<number, SensitivityMap>();
  let last: SensitivityMap[] = [];
  try {
    const model = await modelOf(name);
    if (!model) return none("");
    const steps = {
      ...options,
      stepsAt,
      stepTime: STEP,
      batch: BATCH,
      estimator: panels[0]?.look.estimator ?? look.estimator,
      signal,
    };
    for await (const maps of sensitivitiesOfClasses(model, image, targets, steps)) {
      if (last.length === 0) owned.push(...maps);
      last = maps;
      const [map] = maps as [SensitivityMap];
      if (stepsAt.includes(map.samples)) {
        const snapshot = await map.snapshot();
        owned.push(snapshot);
        early.set(map.samples, snapshot);
      }
    }
    const [map, second] = last as [SensitivityMap, SensitivityMap?];
    const pair = second && (await contrast(map, second));
    if (pair) owned.push(pair);
    return panels.map((panel) => ({
      panel,
      map: panel.at === undefined ? map : early.get(panel.at),
      pair,
      reason: "",
    }));
  } catch (error) {
    return none(error instanceof Error ? error.message : String(error));
  }
}

/** Paints a figure's panels with another look. */
export async function repaintFigure(
  { serial, panels }: Drawn,
  look: Look,
  report: (message: Report) => void,
): Promise<void> {
  const scales = look.sharedScale ? await scalesOf(panels, look) : new Map<string, Range>();
  for (const [index, each] of panels.entries()) {
    const scale = scales.get(each.panel.quantity ?? "");
    const options = { ...optionsOf(each, look), ...(scale && { scale }) };
    const image = await (each.pair ?? each.map)?.pixels(options);
    report({ kind: "panel", serial, index, image, text: each.reason });
  }
}

const optionsOf = ({ panel }: DrawnPanel, look: Look) =>
  pictureOptions({ ...look, view: "map", zoom: undefined, ...panel.look });

type Range = { readonly low: number; readonly high: number };

/** The widest range of each quantity. */
async function scalesOf(panels: readonly DrawnPanel[], look: Look): Promise<Map<string, Range>> {
  const scales = new Map<string, Range>();
  for (const each of panels) {
    const { quantity } = each.panel;
    if (quantity === undefined || !each.map) continue;
    const { low, high } = await each.map.range(optionsOf(each, look));
    const before = scales.get(quantity) ?? { low, high };
    const scale = { low: Math.min(low, before.low), high: Math.max(high, before.high) };
    scales.set(quantity, scale);
  }
  return scales;
}
