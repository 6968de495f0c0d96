// The controls. index.html says which there are and what they allow; here they are read, their values shown
// beside them, and every change is told to the page as what it is: new passes, or new paint.
//
// The name of a control within [data-pass] is the name of the library's option, and its value, times [data-factor], the
// option's; what is empty or hidden is left to the library.

import {
  type Estimator,
  type Guess,
  type NoiseScale,
  type PaletteName,
  type Preprocess,
  type Preset,
  type Reduction,
  readCard,
  resolvePreprocess,
  type SensitivityOptions,
} from "../../src/index.js";
import type { Look, ModelFacts, Pass } from "../messages.js";
import { formula, words } from "../words.js";
import type { Setting } from "./address.js";
import { type Control, namesIn, said, settingOf } from "./form.js";
import { listMethods, showMethod } from "./methods.js";
import { type Numbers, numbersIn, showNumbers } from "./numbers.js";

/** What the page hears. */
export interface Listener {
  /** A setting of the passes has changed; `name` is the control's. */
  passChanged(name: string): void;
  lookChanged(): void;
}

const PERCENT = "\u00a0%";

/** What the noise's slider means on each scale, and where it then starts. */
const NOISE: Readonly<
  Record<NoiseScale, readonly [max: number, step: number, start: number, unit: string]>
> = {
  range: [50, 1, 15, PERCENT],
  rgb: [50, 1, 15, PERCENT],
  absolute: [2, 0.01, 0.3, ""],
  adaptive: [99.9, 0.1, 95, PERCENT],
};

/** An index as it is written. */
const CLASS = /^(0|[1-9]\d{0,5})$/;

/** Brings a form of controls to life. */
export function startInstrument(form: HTMLFormElement, listener: Listener) {
  const control = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
  const seed = control("seed");
  const numbers = Object.fromEntries(
    (["scale", "mean", "std", "channels", "shortSide", "resize"] as const).map((name) => [
      name,
      control(name),
    ]),
  ) as unknown as Numbers;
  let guess: Guess | undefined; // of the model's preprocessing
  let model: ModelFacts | undefined;
  let isReduceChosen = false;
  let chosen: number | undefined; // a class; without one the prediction is explained

  function pass(): Pass {
    const values = Object.fromEntries(passControls(form).map((each) => [each.name, wordOf(each)]));
    const { against, comparison, stop, preprocess: _preset, ...options } = values;
    return {
      options: {
        ...options,
        preprocess: isAsGuessed() ? "auto" : preprocess(),
        target: chosen ?? "top1",
        ...(stop !== undefined && { stop: { standardError: stop } }),
        ...(comparison === "versus" && { versus: against }),
      } as SensitivityOptions,
      contrast: comparison === "contrast" ? (against as number) : undefined,
    };
  }

  /** The guess or a preset as numbers, with the numbers that the reader has put in their place; undefined before there is a model. */
  function preprocess(): Preprocess | undefined {
    const base = basis();
    return base && { ...base, ...numbersIn(numbers) };
  }

  function basis(): Preprocess | undefined {
    const preset = (control("preprocess").value || undefined) as Preset | undefined;
    if (preset === undefined) return guess?.preprocess;
    return resolvePreprocess(preset, model?.channels ?? 3);
  }

  /** Nobody has said anything of it: the library is left its guess, so that it knows that it is one. */
  function isAsGuessed(): boolean {
    const isGuess = control("preprocess").value === "" && guess?.from !== "card";
    return isGuess && Object.keys(numbersIn(numbers)).length === 0;
  }

  function showPreprocess() {
    const [all, base] = [preprocess(), basis()];
    const isGuess = control("preprocess").value === "";
    const reason = isGuess && guess ? `${words.says.guessed[guess.from]} ` : "";
    form.querySelector("#formula")!.textContent = all ? reason + formula(all) : "";
    if (base && model) showNumbers(numbers, base, model);
  }

  function look(): Look {
    const estimator = control("estimator");
    return {
      view: control("view").value as Look["view"],
      estimator: isShown(estimator) ? (estimator.value as Estimator) : "mean",
      reduce: control("reduce").value as Reduction,
      multiplyInput: control("multiplyInput").checked,
      palette: (control("palette").value || undefined) as PaletteName | undefined,
      percentile: control("percentile").valueAsNumber,
      opacity: control("opacity").valueAsNumber / 100,
      sharedScale: control("sharedScale").checked,
      zoom: undefined,
    };
  }

  function showValues() {
    for (const output of form.querySelectorAll("output")) {
      const slider = control(output.htmlFor.value);
      const { min, max, value, valueAsNumber } = slider;
      output.value = value + (slider.dataset.unit ?? "");
      const part = (valueAsNumber - Number(min)) / (Number(max) - Number(min));
      slider.style.setProperty("--part", String(part));
    }
    showPreprocess();
    form.querySelector<HTMLElement>("#comparison")!.hidden = control("against").value === "";
  }

  function scaleNoise() {
    const noise = control("noise");
    const [max, step, start, unit] = NOISE[(control("noiseScale").value || "range") as NoiseScale];
    Object.assign(noise, { max, step, defaultValue: start, value: start });
    Object.assign(noise.dataset, { unit, factor: unit === PERCENT ? 0.01 : 1 });
  }

  function choose(target: number | undefined) {
    chosen = target;
    form.querySelector<HTMLElement>("#unchoose")!.hidden = target === undefined;
    // A class is not held against itself.
    if (String(target) === control("against").value) control("against").value = "";
  }

  function change(name: string) {
    if (name === "noiseScale") scaleNoise();
    if (name === "method") showMethod(form, control("method").value);
    if (name === "reduce") isReduceChosen = true;
    if (name === "target") choose(Number(control("target").value));
    showValues();
  }

  /** Offers what a model has to choose from. Gives what was chosen before it was there and what it does not have. */
  function fit(next: ModelFacts, card: unknown): string[] {
    model = next;
    const told = readCard(card);
    guess = told ? { preprocess: told, from: "card" } : next.guess;
    const { channels, classes, layers } = next;
    const missing: string[] = [];
    const layer = control("layer") as unknown as HTMLSelectElement;
    const [automatic] = layer.options;
    const { value } = layer;
    layer.replaceChildren(automatic!, ...layers.map((name) => new Option(name, name)));
    if (value !== "" && !layers.includes(value)) missing.push(`layer=${value}`);
    else layer.value = value;
    if (chosen !== undefined && chosen >= classes) {
      missing.push(`target=${chosen}`);
      choose(undefined);
    }
    const against = control("against");
    if (Number(against.value) >= classes) {
      missing.push(`against=${against.value}`);
      against.value = "";
    }
    // The sign means something where objects are white on black, as digits are (the paper's section on absolute values).
    if (!isReduceChosen) control("reduce").value = channels === 1 ? "signed" : "abs";
    showValues();
    return missing;
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  // Some controls stand beside the pictures and belong to the form all the same.
  document.addEventListener("input", ({ target }) => {
    const input = target as HTMLInputElement;
    const { form: owner, name } = input;
    if (owner !== form || name === "" || !input.checkValidity()) return;
    change(name);
    if (input.closest("[data-pass]")) listener.passChanged(name);
    else listener.lookChanged();
  });
  form.querySelector("#reseed")!.addEventListener("click", () => {
    seed.value = String((Number(said(seed)) + 1) % 2 ** 32);
    listener.passChanged("seed");
  });

  form.querySelector("#unchoose")!.addEventListener("click", () => {
    choose(undefined);
    listener.passChanged("target");
  });

  /** Sets the controls to a preprocessing: a preset by its name, another one by its numbers. */
  function setPreprocess(next: Preset | Preprocess) {
    const isPreset = typeof next === "string";
    const entered: Readonly<Record<string, unknown>> = isPreset ? {} : { ...next };
    // What it leaves out is as in "unit".
    control("preprocess").value = isPreset ? next : "unit";
    for (const [name, each] of Object.entries(numbers)) {
      each.value = [entered[name] ?? ""].flat().join(", ");
    }
    choose(undefined);
    showValues();
  }

  /** What is chosen for a network is not for another one. */
  const OF_MODEL = ["against", "layer", "preprocess", ...Object.keys(numbers)];

  /** Another network is coming. */
  function forget() {
    choose(undefined);
    for (const name of OF_MODEL) control(name).value = "";
  }

  const plain = (name: string) => settingOf(form, name, change);

  /** What there is to choose from comes with the model. Until then it may be whatever an address says. */
  function listed(name: string, isPossible: (word: string) => boolean): Setting {
    const setting = plain(name);
    return {
      ...setting,
      take(word) {
        if (!isPossible(word)) return false;
        (control(name) as unknown as HTMLSelectElement).append(new Option(word, word));
        return setting.take(word);
      },
    };
  }

  const modelSettings: Setting[] = [
    {
      name: "target",
      word: () => (chosen === undefined ? undefined : String(chosen)),
      take(word) {
        if (CLASS.test(word)) choose(Number(word));
        return CLASS.test(word);
      },
    },
    listed("against", (word) => CLASS.test(word) && Number(word) !== chosen),
    listed("layer", (word) => word !== ""),
    ...["preprocess", ...Object.keys(numbers)].map(plain),
  ];

  // Whether they share a scale is for the figures to know.
  const others = namesIn(form).filter(
    (name) => !["target", "sharedScale", "noiseScale", "reduce", ...OF_MODEL].includes(name),
  );
  const settings: Setting[] = [
    // What a level of noise may be depends on it.
    plain("noiseScale"),
    // As long as nobody chooses it, it goes with the model.
    { ...plain("reduce"), word: () => (isReduceChosen ? control("reduce").value : undefined) },
    ...others.map(plain),
  ];

  /** Shows the controls as they are now, in the language of now. */
  function refresh() {
    listMethods(control("method") as unknown as HTMLSelectElement);
    showMethod(form, control("method").value);
    showValues();
  }
  refresh();
  return {
    pass,
    preprocess,
    setPreprocess,
    forget,
    look,
    fit,
    refresh,
    settings,
    /** Those that are of a model and no other. */
    modelSettings,
    isOfPreprocess: (name: string) => name === "preprocess" || Object.hasOwn(numbers, name),
    /** Explains this class, or, without one, what is predicted. */
    choose,
  };
}

// Where there is no map yet, the choice of classes is hidden as a whole. What an address says of it counts.
function isShown(element: Element): boolean {
  return element.closest("label[hidden]") === null;
}

function passControls(form: HTMLFormElement): Control[] {
  return ([...form.elements] as Control[]).filter(
    (each) =>
      each.name !== "" &&
      each.name !== "target" &&
      each.closest("[data-pass]:not(#numbers)") &&
      isShown(each),
  );
}

/** What a control says to the library; undefined where it says nothing. */
function wordOf(control: Control): number | string | true | undefined {
  if (control.type === "checkbox") return (control as HTMLInputElement).checked || undefined;
  const value = said(control);
  if (value === "") return undefined;
  const number = Number(value);
  // A layer may be called 7.
  if (Number.isNaN(number) || control.name === "layer") return value;
  const { factor } = control.dataset;
  return factor === undefined ? number : Number((number * Number(factor)).toPrecision(6));
}
