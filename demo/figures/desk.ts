// The figures below the pictures: tabs, and what the chosen one shows. It is drawn by the worker when the map above is
// done, and anew when something changes that it depends on.

import type { Setting } from "../controls/address.js";
import type { Report, Request } from "../messages.js";
import { words } from "../words.js";
import {
  type Basis,
  type Composition,
  captionOf,
  compose,
  type FigureName,
  figureOf,
} from "./figures.js";
import { layPanels, markPanel, namePanels, paintPanel } from "./panels.js";
import { drawPlot, textSize } from "./plot.js";
import { startTabs } from "./tabs.js";

const element = <T extends HTMLElement = HTMLElement>(id: string) =>
  document.getElementById(id) as T;

/** What the desk needs of the page. */
export interface DeskHost {
  ask(request: Request): void;
  /** Undefined before there is a map. */
  basis(): Basis | undefined;
  aspect(): number;
  /** The page's own models, which one figure compares. */
  needOwnModels(): void;
  changed(): void;
  /** Panels are painted in another way. */
  lookChanged(): void;
}

/** Where a pixel is, from 0 to 1 in both directions. */
interface Place {
  readonly x: number;
  readonly y: number;
}

const MIDDLE: Place = { x: 0.5, y: 0.5 };
const PLACE = /^0\.\d{4} 0\.\d{4}$/;

const wordOfPixel = ({ x, y }: Place) =>
  [x, y].map((v) => Math.min(Math.max(v, 0), 0.9999).toFixed(4)).join(" ");

function pixelOfWord(word: string): Place | undefined {
  const [x, y] = PLACE.test(word) ? word.split(" ").map(Number) : [];
  return x === undefined || y === undefined ? undefined : { x, y };
}

/** Brings the figures to life. */
export function startDesk(host: DeskHost) {
  const names = Object.keys(words.figures) as FigureName[];
  const [panels, plot, idea] = [element("panels"), element("plot"), element("idea")];
  const bar = element<HTMLProgressElement>("figure-progress");
  let name: FigureName = "idea";
  let pixel = MIDDLE;
  let serial = 0;
  let asked: string | undefined; // the figure that the worker has to draw
  let underWay: Extract<Report, { kind: "figuring" }> | undefined;
  let titles: readonly string[] = []; // of the panels
  const scales = new Map<FigureName, boolean>(); // what the reader has chosen, shared or not
  const shared = document.querySelector<HTMLInputElement>("[name=sharedScale]")!;
  let line: Extract<Report, { kind: "line" }> | undefined;

  const tabs = startTabs(element("tabs"), element("figure"), names, (chosen) => {
    name = chosen as FigureName;
    show();
    host.changed();
  });

  function drawLine() {
    if (line && !plot.hidden) drawPlot(plot, line.t, line.curves, words);
  }
  let drawnFor = ""; // a width, and a size of text
  new ResizeObserver(() => {
    const now = `${plot.clientWidth} ${textSize()}`;
    if (now !== drawnFor) drawLine();
    drawnFor = now;
  }).observe(plot);

  /** How much of the figure is there, and which panel comes next. */
  function showWork(next: typeof underWay) {
    underWay = next;
    bar.hidden = !underWay;
    element("figure").setAttribute("aria-busy", String(!bar.hidden));
    bar.value = underWay?.part ?? 0;
    const { index, place } = underWay?.panel ?? {};
    if (index === undefined || place === undefined) {
      bar.removeAttribute("aria-valuetext");
      return markPanel(panels);
    }
    const word = words.panel.place(place, titles.length);
    bar.setAttribute("aria-valuetext", `${titles[index]}, ${word}`);
    markPanel(panels, index, word);
  }

  shared.addEventListener("input", () => scales.set(name, shared.checked));

  /** The switch as the figure has it, for the form and the address to read. */
  function offerScale({ panels, isShared }: Composition) {
    element("scale").hidden = panels.every(({ quantity }) => quantity === undefined);
    const before = shared.checked;
    shared.defaultChecked = isShared;
    shared.checked = scales.get(name) ?? isShared;
    if (shared.checked !== before) host.lookChanged();
  }

  function show() {
    idea.hidden = name !== "idea";
    plot.hidden = name !== "pixel";
    panels.hidden = name === "idea" || name === "pixel";
    panels.replaceChildren();
    update();
  }

  /** Asks for the figure anew: something that it depends on has changed. */
  function update() {
    const basis = host.basis();
    if (name === "training") host.needOwnModels();
    showWork(undefined);
    showCaption(basis);
    if (name === "idea" || !basis) {
      offerScale({ panels: [], isShared: false, columns: 1 });
      if (asked) host.ask({ kind: "figure", serial: ++serial, figure: undefined });
      asked = undefined;
      return;
    }
    const composition = compose(name, basis);
    offerScale(composition);
    lay(composition);
    plot.classList.add("stale");
    const figure = figureOf(name, basis, pixel);
    asked = JSON.stringify(figure);
    host.ask({ kind: "figure", serial: ++serial, figure });
  }

  /** Asks for the figure anew where the classes of a map have made another one of it. */
  function follow() {
    const basis = host.basis();
    if (basis && asked !== JSON.stringify(figureOf(name, basis, pixel))) update();
  }

  function showCaption(basis: Basis | undefined) {
    element("figure-caption").textContent = captionOf(name, basis, words);
  }

  function lay(composition: Composition) {
    const { image, panels: all } = composition;
    titles = all.map(({ title }) => title);
    const aspect = image ? image.width / image.height : host.aspect();
    if (all.length > 0) layPanels(panels, composition, aspect);
  }

  /** Whether panels are on one scale, where that is another than the figure's own; before there is a map, as chosen. */
  function scaleWord(): string | undefined {
    const [chosen, basis] = [scales.get(name), host.basis()];
    const isUsual = basis && chosen === compose(name, basis).isShared;
    return chosen === undefined || isUsual ? undefined : String(chosen);
  }

  const settings: Setting[] = [
    {
      name: "tab",
      word: () => (name === "idea" ? undefined : name),
      take(word) {
        if (!names.includes(word as FigureName)) return false;
        name = word as FigureName;
        return true;
      },
    },
    {
      name: "sharedScale",
      word: scaleWord,
      take(word) {
        if (word !== "true" && word !== "false") return false;
        scales.set(name, word === "true");
        return true;
      },
    },
    {
      name: "pixel",
      word: () => (name === "pixel" && pixel !== MIDDLE ? wordOfPixel(pixel) : undefined),
      take(word) {
        const at = pixelOfWord(word);
        pixel = at ?? pixel;
        return at !== undefined;
      },
    },
  ];

  return {
    update,
    follow,
    settings,
    /** Shows the figure of now. */
    open() {
      tabs.show(name, false);
      show();
    },
    refresh() {
      tabs.label((each) => words.figures[each as FigureName].tab);
      const basis = host.basis();
      showCaption(basis);
      if (basis && !panels.hidden) {
        titles = compose(name, basis).panels.map(({ title }) => title);
        namePanels(panels, titles);
      }
      showWork(underWay);
      drawLine();
    },
    /** A pixel was chosen in a picture, from 0 to 1 in both directions. */
    look(at: Place) {
      // As its word has it, so that a figure that is passed on is of the same pixel.
      pixel = pixelOfWord(wordOfPixel(at)) ?? pixel;
      if (name !== "pixel") return;
      update();
      host.changed();
    },
    hear(report: Report) {
      if (!("serial" in report) || report.serial !== serial) return;
      switch (report.kind) {
        case "figuring":
          return showWork(report);
        case "panel":
          return paintPanel(panels, report.index, report.image, report.text);
        case "line":
          line = report;
          plot.classList.remove("stale");
          return drawLine();
        case "figure done":
          return showWork(undefined);
      }
    },
  };
}
