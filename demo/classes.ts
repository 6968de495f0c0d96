// The list of the most probable classes: radio buttons, each with its name and a bar. Which one is chosen is the
// form's to know; the list is made anew only when its classes change.

import type { ClassScore } from "../src/index.js";
import { percent } from "./words.js";

/** Shows the classes; where none is chosen yet, it is `explained`, an index. */
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
  for (const [i, { index, probability }] of top.entries()) {
    const label = list.children[i] as HTMLElement;
    label.querySelector("b")!.textContent = nameOf(index);
    label.querySelector("span")!.textContent = percent(probability);
    label.style.setProperty("--part", String(probability));
  }
  if (list.querySelector(":checked")) return;
  const input = list.querySelector<HTMLInputElement>(`[value="${explained}"]`);
  if (input) input.checked = true;
}

/** Leaves the choice to the next photo or model. */
export function forgetClass(form: HTMLFormElement): void {
  const chosen = form.querySelector<HTMLInputElement>("[name=target]:checked");
  if (chosen) chosen.checked = false;
}

function row(index: number): HTMLElement {
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "target", value: String(index) });
  label.append(input, document.createElement("b"), document.createElement("span"));
  return label;
}
