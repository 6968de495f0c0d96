// The methods to choose from, in groups, and which of the controls belong to the chosen one. What there is to choose
// stands in the library's table; here it only gets its place on the page.

import {
  describeMethods,
  type Method,
  type MethodName,
  type MethodOption,
  methods,
  optionsOf,
} from "../../src/index.js";
import type { Words } from "../words/en.js";
import { words } from "../words.js";

type Group = keyof Words["groups"];

/** Where a reader would look for a method. */
function groupOf({ relevance, cam, path, baseline, occlusion, rules }: Method): Group {
  if (relevance || rules.MatMul === "uniform") return "relevance";
  if (cam) return "layers";
  if (baseline || occlusion) return "differences";
  if (path === "nodes" || path === "random" || path === "blur") return "paths";
  return rules.Relu === "guided" || rules.Relu === "deconvnet" ? "gates" : "gradients";
}

/** Fills the list of methods, in the page's language; what was chosen stays so. */
export function listMethods(select: HTMLSelectElement): void {
  const { value } = select;
  const groups = Object.entries(words.groups).map(([group, title]) => {
    const list = document.createElement("optgroup");
    list.label = title;
    const members = Object.entries(methods).filter(([, method]) => groupOf(method) === group);
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
