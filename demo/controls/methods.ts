// The methods to choose from, in groups, and which of the controls belong to the chosen one. What there is to choose
// stands in the library's table; here it only gets its place on the page.

import {
  describeMethods,
  type MethodName,
  type MethodOption,
  methods,
  optionsOf,
} from "../../src/index.js";
import { words } from "../words.js";

/** Fills the list of methods, in the page's language; what was chosen stays so. */
export function listMethods(select: HTMLSelectElement): void {
  const { value } = select;
  const groups = Object.entries(words.groups).map(([group, title]) => {
    const list = document.createElement("optgroup");
    list.label = title;
    const members = Object.entries(methods).filter(([, { family }]) => family === group);
    list.append(...members.map(([name]) => new Option(words.methods[name], name)));
    return list;
  });
  select.replaceChildren(...groups);
  if (value !== "") select.value = value;
}

const described = describeMethods();

/** Says what a method is and what is known against it, and shows those of the controls that it reads. */
export function showMethod(form: HTMLFormElement, name: string): void {
  const about = form.querySelector("#method-about")!;
  const text = words.about[name]!;
  about.textContent = text;
  void described.then((all) => {
    if (about.textContent === text) about.textContent += ` (${all[name as MethodName].paper})`;
  });
  const own = optionsOf(name);
  for (const row of form.querySelectorAll<HTMLElement>("[data-option]")) {
    row.hidden = !own.includes(row.dataset.option as MethodOption);
  }
}
