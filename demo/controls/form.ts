// What the controls of a form say, and how an address sets them. What they allow stands in index.html: what the browser
// would not take from a hand it does not take from an address.

import type { Setting } from "./address.js";

/** A control with one value. */
export type Control = HTMLInputElement | HTMLSelectElement;

const last = new WeakMap<Control, string>();

/** What a control says; while what stands in it is not valid, what it said before. */
export function said(control: Control): string {
  if (control.validity.valid) last.set(control, control.value);
  return last.get(control) ?? usualOf(control);
}

/** The value of a control as the page begins. */
function usualOf(control: Control): string {
  if (control instanceof HTMLInputElement) return control.defaultValue;
  const options = [...control.options];
  return (options.find(({ defaultSelected }) => defaultSelected) ?? options[0])?.value ?? "";
}

/** The names of a form's controls. */
export function namesIn(form: HTMLFormElement): string[] {
  const controls = ([...form.elements] as Control[]).filter(({ type }) => type !== "file");
  return [...new Set(controls.map(({ name }) => name))].filter((name) => name !== "");
}

/** A control of a form as a setting; `changed` hears of it where an address sets it. */
export function settingOf(
  form: HTMLFormElement,
  name: string,
  changed: (name: string) => void,
): Setting {
  const control = form.elements.namedItem(name) as Control | RadioNodeList;
  const { now, usual, set } = accessTo(control);
  return {
    name,
    word: () => (now() === usual() ? undefined : now()),
    take(word) {
      if (!set(word)) return false;
      changed(name);
      return true;
    },
  };
}

interface Access {
  now(): string;
  usual(): string;
  set(word: string): boolean;
}

function accessTo(control: Control | RadioNodeList): Access {
  if (control instanceof RadioNodeList) {
    const radios = [...control] as HTMLInputElement[];
    return {
      now: () => control.value,
      usual: () => radios.find(({ defaultChecked }) => defaultChecked)?.value ?? "",
      set(word) {
        control.value = word;
        return control.value === word;
      },
    };
  }
  if (control.type === "checkbox") {
    const box = control as HTMLInputElement;
    return {
      now: () => String(box.checked),
      usual: () => String(box.defaultChecked),
      set(word) {
        if (word === "true" || word === "false") box.checked = word === "true";
        return word === String(box.checked);
      },
    };
  }
  return {
    now: () => said(control),
    usual: () => usualOf(control),
    set(word) {
      const before = control.value;
      control.value = word;
      if (control.value === word && control.validity.valid) return true;
      control.value = before;
      return false;
    },
  };
}
