// The pictures of a figure, side by side, each with its title below. They come one by one from the worker.

import type { Composition } from "./figures.js";

const COARSE = 64; // pixels in a row

/** Makes room for the panels of a figure; what was there stays until it is painted over, if it had as many. */
export function layPanels(
  box: HTMLElement,
  { panels, columns }: Composition,
  aspect: number,
): void {
  box.style.setProperty("--columns", String(columns));
  // On a phone half as many stand in a row; of two rows each becomes a column.
  const narrow = columns > 3 ? Math.floor(columns / 2) : columns;
  box.style.setProperty("--narrow", String(narrow));
  box.classList.toggle("turned", columns % narrow > 0);
  box.style.setProperty("--aspect", String(aspect));
  if (box.childElementCount !== panels.length) {
    box.replaceChildren(
      ...panels.map(() => {
        const panel = document.createElement("figure");
        const canvas = document.createElement("canvas");
        canvas.setAttribute("role", "img");
        const caption = document.createElement("figcaption");
        caption.append(document.createElement("span"), document.createElement("small"));
        panel.append(canvas, caption);
        return panel;
      }),
    );
  }
  namePanels(
    box,
    panels.map(({ title }) => title),
  );
  for (const canvas of box.querySelectorAll("canvas")) canvas.classList.add("stale");
}

/** Gives the panels their titles. */
export function namePanels(box: HTMLElement, titles: readonly string[]): void {
  titles.forEach((title, i) => {
    const [canvas, caption] = box.children[i]!.children as unknown as [HTMLElement, HTMLElement];
    caption.querySelector("span")!.textContent = title;
    canvas.setAttribute("aria-label", title);
  });
}

/** Marks the panel that is under way with a word; without one none is. */
export function markPanel(box: HTMLElement, index?: number, word = ""): void {
  for (const [i, panel] of [...box.children].entries()) {
    const isMarked = i === index;
    panel.classList.toggle("under-way", isMarked);
    (panel as HTMLElement).dataset.place = isMarked ? word : "";
  }
}

/** Paints a panel, or says in the library's English why there is none. */
export function paintPanel(
  box: HTMLElement,
  index: number,
  image: ImageData | undefined,
  reason: string,
): void {
  const panel = box.children[index];
  if (!panel) return;
  const canvas = panel.querySelector("canvas")!;
  canvas.classList.toggle("stale", image === undefined);
  panel.classList.toggle("impossible", image === undefined);
  const small = panel.querySelector("small")!;
  small.textContent = image ? "" : reason;
  small.lang = "en";
  if (!image) return;
  // The few pixels of a digit are to be seen as such; those of a photo may be more than the canvas has on the screen.
  canvas.classList.toggle("coarse", image.width <= COARSE);
  Object.assign(canvas, { width: image.width, height: image.height });
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}
