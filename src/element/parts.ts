// What is inside the element: the photo, the map on it, a line of progress, a caption, and what went wrong. Made of
// nodes and a sheet alone, so that a strict Content-Security-Policy has nothing to object to.

import css from "./parts.css";

let sheet: CSSStyleSheet | undefined;

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  part: string,
  children: readonly Node[] = [],
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name);
  node.className = part;
  node.setAttribute("part", part);
  node.append(...children);
  return node;
}

/** The nodes of one element, and the few ways in which they change. */
export class Parts {
  readonly canvas = make("canvas", "map");
  private readonly photo = make("img", "photo");
  private readonly progress = make("div", "progress");
  private readonly picture = make("div", "picture", [this.photo, this.canvas, this.progress]);
  private readonly words = document.createElement("span");
  private readonly warnings = make("span", "warnings");
  private readonly caption = make("p", "caption", [this.words, this.warnings]);
  private readonly error = make("p", "error");
  private readonly news = make("p", "news");
  private readonly slot = document.createElement("slot");

  constructor(root: ShadowRoot) {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
    }
    root.adoptedStyleSheets = [sheet];
    this.picture.setAttribute("role", "img");
    this.error.setAttribute("role", "alert");
    this.news.setAttribute("role", "status");
    this.words.className = "words";
    this.photo.alt = "";
    // A photo of another site can be looked at only if that site agrees.
    this.photo.crossOrigin = "anonymous";
    this.slot.hidden = true;
    const { picture, caption, error, news } = this;
    root.append(make("figure", "figure", [picture, caption, error, news]), this.slot);
  }

  /** Begins to load another photo; none where there is no address. */
  load(src: string | null): void {
    this.picture.classList.toggle("missing", !src);
    this.hideMap();
    if (src) this.photo.src = src;
    else this.photo.removeAttribute("src");
  }

  /** The room for the photo before it is there, as for any image. */
  reserve(width: unknown, height: unknown): void {
    for (const [name, length] of Object.entries({ width, height })) {
      if (typeof length === "number") this.photo.setAttribute(name, String(length));
      else this.photo.removeAttribute(name);
    }
  }

  /** The photo, decoded. Rejects with one sentence where there is none. */
  async decoded(): Promise<HTMLImageElement> {
    const { photo } = this;
    await photo.decode().catch((cause) => {
      this.picture.classList.toggle("missing", photo.complete && photo.naturalWidth === 0);
      const reason = "it is no picture, or its site does not let other pages read it";
      throw new Error(`the photo at ${photo.src} cannot be shown: ${reason}`, { cause });
    });
    return photo;
  }

  /** What the map is drawn on: the whole photo, or the part of these proportions that the network saw. */
  frame(isCrop: boolean, aspect: number): void {
    this.picture.classList.toggle("crop", isCrop);
    this.picture.style.setProperty("--aspect", String(aspect));
  }

  showMap(): void {
    this.picture.classList.add("drawn");
  }

  hideMap(): void {
    this.picture.classList.remove("drawn");
  }

  /** The line at the foot of the picture: a part from 0 to 1, or undefined when nothing is going on. */
  showProgress(part: number | undefined): void {
    this.picture.classList.toggle("busy", part !== undefined);
    if (part !== undefined) this.progress.style.setProperty("--done", part.toFixed(3));
  }

  /** The picture's name for those who do not see it. */
  nameIt(name: string): void {
    this.picture.setAttribute("aria-label", name);
  }

  /** What is under the picture: the class, set in bold, what is said beside it, and what cannot be trusted. */
  describe(label: string, rest: string, warnings: readonly string[] = []): void {
    const name = document.createElement("b");
    name.textContent = label;
    this.words.replaceChildren(...(label ? [name, " "] : []), rest);
    this.words.title = this.words.textContent;
    this.warnings.textContent = warnings.join(" · ");
  }

  /** Says something to those who listen to the page. */
  announce(text: string): void {
    this.news.textContent = text;
  }

  /** Says what went wrong, in place of the caption. */
  complain(sentence: string): void {
    this.caption.hidden = true;
    this.error.textContent = sentence;
  }

  /** Takes back what went wrong. */
  calm(): void {
    this.caption.hidden = false;
    this.slot.hidden = true;
    this.error.textContent = "";
  }

  /** Leaves the photo as it is and shows what the page has put into the tag, or else the sentence. */
  showFallback(sentence: string): void {
    this.caption.hidden = true;
    this.slot.hidden = false;
    this.slot.textContent = sentence;
  }
}
