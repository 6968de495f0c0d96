// How a table of words comes into a page, in the language that its reader prefers.

/** The language that the browser prefers of those that the page has. */
export function preferredOf(languages: Readonly<Record<string, unknown>>): string {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2));
  return wanted.find((language) => Object.hasOwn(languages, language)) ?? "en";
}

/** What an address says of the language: nothing where it is what the browser prefers. */
export function languageHash(language: string, preferred: string): string {
  return language === preferred ? "" : `#lang=${language}`;
}

/** Puts words into their places, by the keys of [data-says] and [data-label], and names the language and the page. */
export function place(page: Readonly<Record<string, string>>, language: string): void {
  document.documentElement.lang = language;
  document.title = page.title!;
  for (const each of document.querySelectorAll<HTMLElement>("[data-says]")) {
    each.textContent = page[each.dataset.says!]!;
  }
  for (const each of document.querySelectorAll<HTMLElement>("[data-label]")) {
    each.setAttribute("aria-label", page[each.dataset.label!]!);
  }
}
