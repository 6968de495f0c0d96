// In which language the page speaks, and how its words come into index.html.

import type { Preprocess } from "../src/index.js";
import { en, type Words } from "./words/en.js";
import { ko } from "./words/ko.js";
import { place, preferredOf } from "./words/place.js";

/** The languages of the page. */
export const languages: Readonly<Record<string, Words>> = { en, ko };

/** The words of the chosen language; changed by `speak`. */
export let words: Words = en;

/** The language that the browser prefers of those that the page has. */
export const preferredLanguage = () => preferredOf(languages);

const said = new Map<Element, () => string>();

/** Changes the language, and with it every fixed text of the page and what was said before. */
export function speak(language: string): void {
  words = languages[language] ?? en;
  place(words.page, words === en ? "en" : language);
  for (const [element, text] of said) element.textContent = text();
}

/** Says something in an element, in the language of now and in any that is chosen later. */
export function say(element: Element, text: () => string): void {
  said.set(element, text);
  element.textContent = text();
}

/** An error's message as a sentence. */
export function sentence(message: string): string {
  const text = message.trim();
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/** What a preset does to a color, as a formula. */
export function formula({ channels = "rgb", scale = 1 / 255, mean, std }: Preprocess): string {
  const list = (values: number | readonly number[]) =>
    typeof values === "number" ? String(values) : `(${values.join(", ")})`;
  const divisor = Number((1 / scale).toPrecision(6));
  const scaled = divisor === 1 ? "color" : `color ∕ ${divisor}`;
  const shifted = mean === undefined ? scaled : `${scaled} − ${list(mean)}`;
  const whole = std === undefined ? shifted : `(${shifted}) ∕ ${list(std)}`;
  return `${channels.toUpperCase()}: ${whole}`;
}
