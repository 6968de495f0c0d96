// The controls. index.html says which there are and what they allow; here they are read, their values shown
// beside them, and every change is told to the page as what it is: new passes, or new paint.
//
// The name of a control within [data-pass] is the name of the library's option, and its value, times [data-factor], the
// option's; what is empty or hidden is left to the library.

import type {
  Estimator,
  NoiseScale,
  PaletteName,
  Preset,
  Reduction,
  SensitivityOptions,
} from "../../src/index.js";
import { resolvePreprocess } from "../../src/preprocess.js";
import type { Look, ModelFacts, Pass } from "../messages.js";
import { formula } from "../words.js";
import { listMethods, showMethod } from "./methods.js";

/** What the page hears. */
export interface Listener {
  /** A setting of the passes has changed; `name` is the control's. */
  passChanged(name: string): void;
  lookChanged(): void;
}

type Control = HTMLInputElement | HTMLSelectElement;

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

/** Brings a form of controls to life. */
export function startInstrument(form: HTMLFormElement, listener: Listener) {
  const control = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
  const seed = control("seed");
  let lastSeed = seed.valueAsNumber;
  let channels = 3;
  let isReduceChosen = false;
  let chosen: number | undefined; // a class; without one the prediction is explained

  function pass(): Pass {
    const values = Object.fromEntries(passControls(form).map((each) => [each.name, wordOf(each)]));
    const { against, comparison, stop, ...options } = values;
    return {
      options: {
        ...options,
        target: chosen ?? "top1",
        seed: lastSeed,
        ...(stop !== undefined && { stop: { standardError: stop } }),
        ...(comparison === "versus" && { versus: against }),
      } as SensitivityOptions,
      contrast: comparison === "contrast" ? (against as number) : undefined,
    };
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
    const preset = (control("preprocess").value || undefined) as Preset | undefined;
    form.querySelector("#formula")!.textContent = formula(resolvePreprocess(preset, channels));
    form.querySelector<HTMLElement>("#comparison")!.hidden = control("against").value === "";
  }

  function scaleNoise() {
    const noise = control("noise");
    const [max, step, start, unit] = NOISE[(control("noiseScale").value || "range") as NoiseScale];
    Object.assign(noise, { max, step, value: start });
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
    if (name === "seed") lastSeed = seed.valueAsNumber;
    if (name === "reduce") isReduceChosen = true;
    if (name === "target") choose(Number(control("target").value));
    showValues();
  }

  /** Offers what a model has to choose from. */
  function fit(model: ModelFacts) {
    channels = model.channels;
    const layer = control("layer") as unknown as HTMLSelectElement;
    const [automatic] = layer.options;
    const { value } = layer;
    layer.replaceChildren(automatic!, ...model.layers.map((name) => new Option(name, name)));
    layer.value = model.layers.includes(value) ? value : "";
    // The sign means something where objects are white on black, as digits are (the paper's section on absolute values).
    if (!isReduceChosen) control("reduce").value = channels === 1 ? "signed" : "abs";
    showValues();
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
    seed.valueAsNumber = (lastSeed + 1) % 2 ** 32;
    change("seed");
    listener.passChanged("seed");
  });

  form.querySelector("#unchoose")!.addEventListener("click", () => {
    choose(undefined);
    listener.passChanged("target");
  });

  /** Shows the controls as they are now, in the language of now. */
  function refresh() {
    listMethods(control("method") as unknown as HTMLSelectElement);
    showMethod(form, control("method").value);
    showValues();
  }
  refresh();
  return {
    pass,
    look,
    fit,
    refresh,
    /** The controls have been set by an address. */
    restored(names: ReadonlySet<string>) {
      isReduceChosen = names.has("reduce");
      refresh();
    },
    /** Explains this class, or, without one, what is predicted. */
    choose,
    get chosen() {
      return chosen;
    },
  };
}

function isShown(element: Element): boolean {
  return element.closest("[hidden]") === null;
}

function passControls(form: HTMLFormElement): Control[] {
  return ([...form.elements] as Control[]).filter(
    (each) =>
      each.name !== "" && each.name !== "target" && each.closest("[data-pass]") && isShown(each),
  );
}

/** What a control says to the library; undefined where it says nothing. */
function wordOf(control: Control): number | string | true | undefined {
  if (control.type === "checkbox") return (control as HTMLInputElement).checked || undefined;
  if (control.value === "") return undefined;
  const number = Number(control.value);
  if (Number.isNaN(number)) return control.value;
  return Number((number * Number(control.dataset.factor ?? 1)).toPrecision(6));
}
