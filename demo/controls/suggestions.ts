// What the network sees in the photo by each preprocessing, as buttons: where nobody said which one it wants, the right one
// is often the one by which a class stands out.

import {
  type Preprocess,
  type Preset,
  resolvePreprocess,
  type Suggestion,
} from "../../src/index.js";
import { percent } from "../words/numbers.js";
import { words } from "../words.js";

/** What the page does with a choice. */
export interface SuggestionsHost {
  nameOf(index: number): string;
  /** The preprocessing of now. */
  chosen(): Preprocess | undefined;
  choose(preprocess: Preset | Preprocess): void;
}

// What a preprocessing does to colors, as a text that is the same for the same.
function keyOf(preprocess: Preset | Preprocess): string {
  const { scale = 1 / 255, mean = 0, std = 1, channels } = resolvePreprocess(preprocess, 3);
  const perColor = (value: number | readonly number[]) => [value, value, value].flat().slice(0, 3);
  // Files write 1/255 with fewer digits.
  const numbers = [scale, ...perColor(mean), ...perColor(std)].map((v) => v.toPrecision(5));
  return [...numbers, channels ?? "rgb"].join();
}

/** Starts without any. */
export function startSuggestions(field: HTMLElement, { nameOf, chosen, choose }: SuggestionsHost) {
  const title = field.querySelector("p")!;
  let offered: readonly Suggestion[] = [];

  function show(): void {
    field.hidden = offered.length === 0;
    const now = keyOf(chosen() ?? {});
    const buttons = offered.map((each) => button(each, keyOf(each.preprocess) === now));
    field.replaceChildren(title, ...buttons);
  }

  function button({ name, preprocess, top }: Suggestion, isChosen: boolean): HTMLElement {
    const element = document.createElement("button");
    element.type = "button";
    element.setAttribute("aria-pressed", String(isChosen));
    element.textContent = words.says.suggestion(name, nameOf(top.index), percent(top.probability));
    element.addEventListener("click", () => {
      choose(preprocess);
      show();
      // The buttons are new, and the hand is where it was.
      field.querySelector<HTMLElement>('[aria-pressed="true"]')?.focus();
    });
    return element;
  }

  return {
    show,
    offer(suggestions: readonly Suggestion[]): void {
      offered = suggestions;
      show();
    },
    clear(): void {
      offered = [];
      show();
    },
  };
}
