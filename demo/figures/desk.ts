// The figures below the pictures: tabs, and what the chosen one shows. It is drawn by the worker when the map above is
// done, and anew when something changes that it depends on.

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

/** Brings the figures to life. */
export function startDesk(host: DeskHost) {
  const names = Object.keys(words.figures) as FigureName[];
  const [panels, plot, idea] = [element("panels"), element("plot"), element("idea")];
  const bar = element<HTMLProgressElement>("figure-progress");
  let name: FigureName = "idea";
  let pixel = { x: 0.5, y: 0.5 };
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

  return {
    update,
    follow,
    get name() {
      return name;
    },
    /** As an address says: the figure, and whether it has one scale. */
    restore(wanted = "idea", isShared: string | undefined) {
      name = names.includes(wanted as FigureName) ? (wanted as FigureName) : "idea";
      if (isShared !== undefined) scales.set(name, isShared === "true");
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
    look(at: { x: number; y: number }) {
      pixel = at;
      if (name === "pixel") update();
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
