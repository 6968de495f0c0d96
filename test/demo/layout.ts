// Finds what a layout gets wrong: what sticks out of the window, what is cut off, what lies on something else. Each
// finding is a sentence that names the element and the pixels.

import type { Page } from "puppeteer";

/** How text is set. */
export type Setting = keyof typeof SETTINGS;

// DejaVu is the widest of the usual fonts. Where it is not installed, the font that takes its place is scaled to its
// width. Korean letters are one em wide; a font without them shows narrower boxes, so words that have some get the
// difference.
const WIDE = `
  * {
    --spacing: 0em;
    font-family: "DejaVu Sans", Verdana, sans-serif !important;
    font-size-adjust: ch-width 0.636 !important;
  }
  * { letter-spacing: var(--spacing) !important; }
  [data-hangul] { letter-spacing: calc(var(--spacing) + var(--hangul)) !important; }`;

/** The style sheets of the settings. */
export const SETTINGS = {
  "a wide font": WIDE,
  // Text spacing as WCAG 1.4.12 has it.
  "a wide font, spaced": `${WIDE}
    * { --spacing: 0.12em; line-height: 1.5 !important; word-spacing: 0.16em !important; }
    p { margin-bottom: 2em !important; }`,
  "a wide font at 200 %": `${WIDE}
    :root { font-size: var(--twice) !important; }`,
};

/** Sets a page's text in one of the ways, in the shadow trees of its elements as well. */
export async function setText(page: Page, setting: Setting): Promise<void> {
  await page.evaluate((css) => {
    type Marked = typeof globalThis & { textSheet?: CSSStyleSheet };
    const marked = globalThis as Marked;
    const root = document.documentElement;
    if (!root.style.getPropertyValue("--twice")) {
      root.style.setProperty(
        "--twice",
        `${2 * Number.parseFloat(getComputedStyle(root).fontSize)}px`,
      );
    }
    const context = new OffscreenCanvas(1, 1).getContext("2d")!;
    context.font = '100px "DejaVu Sans", Verdana, sans-serif';
    const missing = Math.max(0, 1 - context.measureText("한글").width / 200);
    root.style.setProperty("--hangul", `${missing.toFixed(3)}em`);
    for (const each of document.querySelectorAll("body *")) {
      const own = [...each.childNodes].filter((node) => node instanceof Text);
      const text = each instanceof HTMLSelectElement ? each.selectedOptions[0] : undefined;
      const words = text?.textContent ?? own.map(({ data }) => data).join();
      each.toggleAttribute("data-hangul", /\p{Script=Hangul}/u.test(words));
    }
    marked.textSheet ??= new CSSStyleSheet();
    // A Content-Security-Policy forbids style elements; a constructed sheet is the script's own.
    marked.textSheet.replaceSync(css);
    const roots = [document, ...[...document.querySelectorAll("*")].map((e) => e.shadowRoot)];
    for (const each of roots) {
      if (each && !each.adoptedStyleSheets.includes(marked.textSheet)) {
        each.adoptedStyleSheets = [...each.adoptedStyleSheets, marked.textSheet];
      }
    }
  }, SETTINGS[setting]);
}

/** Sizes the window, waits until everything has followed, and gives the findings. */
export async function findingsAt(page: Page, width: number): Promise<string[]> {
  await page.setViewport({ width, height: 800 });
  return page.evaluate(look);
}

// Runs in the page.
async function look(): Promise<string[]> {
  // Observers of sizes are heard between two frames, and may move what lies below.
  for (let i = 0; i < 2; i++) await new Promise((done) => requestAnimationFrame(done));
  scrollTo(0, 0);
  type Box = { left: number; right: number; top: number; bottom: number };
  /** What a reader sees: a line of text, a control or a picture. */
  type Piece = { owner: Element; name: string; box: Box };
  const SLACK = 1.5; // pixels: edges are rounded
  const window = { left: 0, right: document.documentElement.clientWidth };
  const worst = new Map<string, number>();
  const pieces: Piece[] = [];
  /** A finding of so many pixels; of each kind the worst counts. */
  const find = (what: string, pixels: number) => {
    if (pixels > SLACK) worst.set(what, Math.max(worst.get(what) ?? 0, pixels));
  };

  const nameOf = (element: Element, text = element.textContent ?? "") => {
    const { id, classList, tagName } = element;
    const label = text.replace(/\s+/g, " ").trim();
    const name = element.getAttribute("name");
    return [
      tagName.toLowerCase(),
      id && `#${id}`,
      ...[...classList].map((each) => `.${each}`),
      name && `[name=${name}]`,
      label && ` “${label.slice(0, 30)}${label.length > 30 ? "…" : ""}”`,
    ].join("");
  };
  const parentOf = (element: Element): Element | null => {
    const root = element.getRootNode();
    return element.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
  };
  const ancestors = (element: Element): Element[] => {
    const all: Element[] = [];
    for (let e = parentOf(element); e && e !== document.body; e = parentOf(e)) all.push(e);
    return all;
  };
  const isClipping = (style: CSSStyleDeclaration) => style.overflowX !== "visible";
  const isScroller = (element: Element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
  /** What is left of a box within the scrollers around it; a finding where it is cut by anything else. */
  const within = (element: Element, box: Box, name: string): Box | undefined => {
    let { left, right, top, bottom } = box;
    for (const around of [element, ...ancestors(element)]) {
      const style = getComputedStyle(around);
      const isPicture = around instanceof SVGSVGElement;
      if (!isPicture && !isClipping(style)) continue;
      const edge = around.getBoundingClientRect();
      if (isPicture || !/auto|scroll/.test(style.overflowX)) {
        const [x, y] = [
          Math.max(edge.left - left, right - edge.right),
          Math.max(edge.top - top, bottom - edge.bottom),
        ];
        find(`${name} is cut by ${nameOf(around, "")}`, Math.max(x, y));
      }
      [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
      [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
    }
    return right - left > SLACK && bottom - top > SLACK ? { left, right, top, bottom } : undefined;
  };
  const take = (owner: Element, box: Box, name: string) => {
    if (box.right - box.left < 2 || box.bottom - box.top < 2) return;
    const seen = within(owner, box, name);
    if (!seen) return;
    const out = Math.max(seen.right - window.right, window.left - seen.left);
    find(`${name} sticks out of the window`, out);
    pieces.push({ owner, name, box: seen });
  };
  const context = new OffscreenCanvas(1, 1).getContext("2d")!;
  /** What a control shows, as wide as it is set. */
  const widthOf = (text: string, { font, letterSpacing, wordSpacing }: CSSStyleDeclaration) => {
    const pixels = (spacing: string) => `${Number.parseFloat(spacing) || 0}px`;
    context.font = font;
    context.letterSpacing = pixels(letterSpacing);
    context.wordSpacing = pixels(wordSpacing);
    return context.measureText(text).width;
  };
  const checkControl = (control: HTMLInputElement | HTMLSelectElement) => {
    const style = getComputedStyle(control);
    const text =
      control instanceof HTMLSelectElement
        ? (control.selectedOptions[0]?.text ?? "")
        : control.value || control.placeholder;
    const arrow = control instanceof HTMLSelectElement ? 16 : 0;
    const room =
      control.clientWidth -
      Number.parseFloat(style.paddingLeft) -
      Number.parseFloat(style.paddingRight);
    const name = nameOf(control, text);
    find(`${name} is narrower than its text`, widthOf(text, style) - (room - arrow));
    find(
      `${name} is lower than its text`,
      Number.parseFloat(style.fontSize) - control.clientHeight,
    );
  };

  const visit = (element: Element) => {
    if (!element.checkVisibility({ visibilityProperty: true })) return;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    // What is for screen readers alone.
    if (style.clipPath !== "none" || (style.position === "absolute" && style.opacity === "0"))
      return;
    if (element instanceof HTMLInputElement || element instanceof HTMLSelectElement) {
      if (element instanceof HTMLSelectElement || /^(text|number)$/.test(element.type))
        checkControl(element);
      take(element, box, nameOf(element, ""));
      return;
    }
    // A map on its photo is one picture.
    const isPicture =
      /^(canvas|img|progress|math)$/i.test(element.tagName) ||
      (element instanceof HTMLElement && element.getAttribute("role") === "img");
    if (isPicture) {
      take(element, box, nameOf(element, ""));
      return;
    }
    for (const node of element.childNodes) {
      if (!(node instanceof Text) || !node.data.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const name = nameOf(element, node.data);
      for (const rect of range.getClientRects()) {
        const { left, right, top, bottom } = rect;
        take(element, { left, right, top, bottom }, name);
        // A button's or a paragraph's words stay within it.
        const block = [element, ...ancestors(element)].find(
          (e) => !/^(inline|contents)$/.test(getComputedStyle(e).display),
        );
        if (!block || block instanceof SVGElement) continue;
        if (isScroller(block)) continue;
        const edge = block.getBoundingClientRect();
        const out = Math.max(edge.left - left, right - edge.right);
        find(`${name} runs out of ${nameOf(block, "")}`, out);
      }
    }
    for (const child of element.shadowRoot?.children ?? []) visit(child);
    for (const child of element.children) visit(child);
  };
  visit(document.body);

  find("the document scrolls sideways", document.documentElement.scrollWidth - window.right);

  // Lines that touch do not overlap: of its height a line's letters fill the middle.
  const inner = ({ owner, box }: Piece): Box => {
    const isText =
      owner.childElementCount === 0 || !/^(canvas|img|input|select|progress)$/i.test(owner.tagName);
    const inset = isText ? (box.bottom - box.top) / 4 : SLACK;
    return {
      left: box.left + SLACK,
      right: box.right - SLACK,
      top: box.top + inset,
      bottom: box.bottom - inset,
    };
  };
  const boxes = pieces.map(inner);
  for (const [i, a] of pieces.entries()) {
    for (const [k, b] of pieces.slice(0, i).entries()) {
      if (a.owner === b.owner) continue;
      const [p, q] = [boxes[i]!, boxes[k]!];
      const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      if (x <= 0 || y <= 0) continue;
      find(`${a.name} lies on ${b.name}`, Math.min(x, y) + SLACK);
    }
  }
  return Array.from(worst, ([what, pixels]) => `${what}: ${Math.ceil(pixels)} px`);
}

/** Every text of the page with its size in pixels, the largest where one is there twice. */
export async function textSizes(page: Page): Promise<[text: string, size: number][]> {
  return page.evaluate(() => {
    const sizes = new Map<string, number>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { data, parentElement } = walker.currentNode as Text;
      const text = data.trim();
      if (!text || !parentElement?.checkVisibility()) continue;
      const size = Number.parseFloat(getComputedStyle(parentElement).fontSize);
      sizes.set(text, Math.max(size, sizes.get(text) ?? 0));
    }
    return [...sizes];
  });
}
