// In which language the page speaks, and how its words come into index.html.

import type { Preprocess } from "../src/index.js";
import { en, type Words } from "./words/en.js";
import { ko } from "./words/ko.js";

/** The languages of the page. */
export const languages: Readonly<Record<string, Words>> = { en, ko };

/** The words of the chosen language; changed by `speak`. */
export let words: Words = en;

/** The language that the browser prefers of those that the page has. */
export function preferredLanguage(): string {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2));
  return wanted.find((language) => Object.hasOwn(languages, language)) ?? "en";
}

/** Changes the language, and every fixed text of the page with it. */
export function speak(language: string): void {
  words = languages[language] ?? en;
  const page: Readonly<Record<string, string>> = words.page;
  document.documentElement.lang = words === en ? "en" : language;
  document.title = words.page.title;
  for (const each of document.querySelectorAll<HTMLElement>("[data-says]")) {
    each.textContent = page[each.dataset.says!]!;
  }
  for (const each of document.querySelectorAll<HTMLElement>("[data-label]")) {
    each.setAttribute("aria-label", page[each.dataset.label!]!);
  }
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
