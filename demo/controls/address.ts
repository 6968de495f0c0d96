// The page's state in its address, so that a map can be passed on: every control that is not as the page begins, and
// what else the page is told to remember. What is written there is a wish like any other; what cannot be is ignored.

type Control = HTMLInputElement | HTMLSelectElement;

const isChoice = (control: Control) => control.type === "checkbox" || control.type === "radio";

/** Lists whose entries come from the model: an address may name one before it is there. */
const OPEN = ["against", "layer"];

function controlsOf(form: HTMLFormElement): Control[] {
  return ([...form.elements] as Control[]).filter(
    ({ name, type }) => name !== "" && type !== "file",
  );
}

/** A control's state as a word; undefined where it is as the page begins. */
function wordOf(control: Control): string | undefined {
  if (isChoice(control)) {
    const { checked, defaultChecked, type, value } = control as HTMLInputElement;
    if (type === "radio") return checked && !defaultChecked ? value : undefined;
    return checked === defaultChecked ? undefined : String(checked);
  }
  const usual =
    control instanceof HTMLSelectElement
      ? ([...control.options].find((option) => option.defaultSelected)?.value ??
        control.options[0]?.value)
      : control.defaultValue;
  return control.value === usual ? undefined : control.value;
}

/** What the address says. */
export function readAddress(): Map<string, string> {
  return new Map(new URLSearchParams(location.hash.slice(1)));
}

/** Sets the controls of a form to what the address says of them. */
export function applyAddress(form: HTMLFormElement, address: ReadonlyMap<string, string>): void {
  for (const control of controlsOf(form)) {
    const word = address.get(control.name);
    if (word === undefined) continue;
    if (control.type === "radio") (control as HTMLInputElement).checked = control.value === word;
    else if (control.type === "checkbox") (control as HTMLInputElement).checked = word === "true";
    else {
      const isThere = control instanceof HTMLInputElement || hasOption(control, word);
      if (!isThere && OPEN.includes(control.name)) control.append(new Option(word, word));
      if (isThere || OPEN.includes(control.name)) control.value = word;
    }
  }
}

function hasOption(select: HTMLSelectElement, value: string): boolean {
  return [...select.options].some((option) => option.value === value);
}

/** Writes the controls of a form and other words into the address. */
export function writeAddress(
  form: HTMLFormElement,
  others: Readonly<Record<string, string | undefined>>,
): void {
  const words = new URLSearchParams();
  for (const [name, word] of Object.entries(others)) if (word) words.set(name, word);
  for (const control of controlsOf(form)) {
    const word = wordOf(control);
    if (word !== undefined) words.set(control.name, word);
  }
  const hash = words.toString();
  history.replaceState(null, "", hash === "" ? location.pathname + location.search : `#${hash}`);
}
