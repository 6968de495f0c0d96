// The list of the most probable classes: radio buttons, each with its name and a bar. Which one is chosen is the
// instrument's to know; the list is made anew only when its classes change.

import type { ClassScore } from "../../src/index.js";
import { percent } from "../words/numbers.js";

/** Shows the classes, of which the one of index `explained` is explained. */
export function showClasses(
  list: HTMLElement,
  top: readonly ClassScore[],
  explained: number,
  nameOf: (index: number) => string,
): void {
  const key = top.map(({ index }) => index).join();
  if (list.dataset.key !== key) {
    list.dataset.key = key;
    list.replaceChildren(...top.map(({ index }) => row(index)));
  }
  for (const [i, { index, logit, probability }] of top.entries()) {
    const label = list.children[i] as HTMLElement;
    label.querySelector("b")!.textContent = nameOf(index);
    // A network of one number may have no probability to tell.
    const isKnown = !Number.isNaN(probability);
    label.querySelector("span")!.textContent = isKnown
      ? percent(probability)
      : logit.toPrecision(4);
    label.style.setProperty("--part", String(isKnown ? probability : 0));
  }
  const input = list.querySelector<HTMLInputElement>(`[value="${explained}"]`);
  if (input) input.checked = true;
}

/** Offers the other classes to hold the chosen one against. */
export function showOthers(
  form: HTMLFormElement,
  top: readonly ClassScore[],
  nameOf: (index: number) => string,
): void {
  const select = form.elements.namedItem("against") as HTMLSelectElement;
  const chosen = form.querySelector<HTMLInputElement>("[name=target]:checked")?.value;
  const { value } = select;
  const others = top.map(({ index }) => String(index)).filter((index) => index !== chosen);
  // What is chosen stays so, even while it is the class that is predicted.
  if (value !== "" && !others.includes(value)) others.push(value);
  const names = others.map((index) => nameOf(Number(index)));
  const key = [...others, ...names].join();
  if (select.dataset.key === key) return;
  select.dataset.key = key;
  const [nothing] = select.options;
  select.replaceChildren(nothing!, ...others.map((index, i) => new Option(names[i], index)));
  select.value = value;
}

function row(index: number): HTMLElement {
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "target", value: String(index) });
  label.append(input, document.createElement("b"), document.createElement("span"));
  return label;
}
