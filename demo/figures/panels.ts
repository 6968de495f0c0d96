// The pictures of a figure, side by side, each with its title below. They come one by one from the worker.

import type { Composition, Titled } from "./figures.js";

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
  namePanels(box, panels);
  for (const canvas of box.querySelectorAll("canvas")) canvas.classList.add("stale");
}

/** Gives the panels their titles. */
export function namePanels(box: HTMLElement, panels: readonly Titled[]): void {
  panels.forEach(({ title }, i) => {
    const [canvas, caption] = box.children[i]!.children as unknown as [HTMLElement, HTMLElement];
    caption.querySelector("span")!.textContent = title;
    canvas.setAttribute("aria-label", title);
  });
}

/** Paints a panel, or says why there is none. */
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
  panel.querySelector("small")!.textContent = image ? "" : reason;
  if (!image) return;
  Object.assign(canvas, { width: image.width, height: image.height });
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}
