// The controls. index.html says which there are and what they allow; here they are read, their values shown
// beside them, and every change is told to the page as what it is: new passes, or new paint.

import {
  type Estimator,
  type PaletteName,
  type Preset,
  presets,
  type Reduction,
} from "../src/index.js";
import type { Look, Pass } from "./messages.js";
import { formula } from "./words.js";

/** The controls that need new passes; all others repaint. */
const PASS = new Set(["preprocess", "noise", "samples", "seed", "target"]);

/** What the page hears. */
export interface Listener {
  /** A setting of the passes has changed; `name` is the control's. */
  passChanged(name: string): void;
  lookChanged(): void;
}

/** Brings a form of controls to life. */
export function startInstrument(form: HTMLFormElement, listener: Listener) {
  const control = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
  const seed = control("seed");
  let lastSeed = seed.valueAsNumber;

  function pass(): Pass {
    const target = new FormData(form).get("target");
    return {
      preprocess: control("preprocess").value as Preset,
      noise: control("noise").valueAsNumber / 100,
      samples: control("samples").valueAsNumber,
      seed: lastSeed,
      target: target === null ? "top1" : Number(target),
    };
  }

  function look(): Look {
    return {
      view: control("view").value as Look["view"],
      estimator: control("estimator").value as Estimator,
      reduce: control("reduce").value as Reduction,
      multiplyInput: control("multiplyInput").checked,
      palette: (control("palette").value || undefined) as PaletteName | undefined,
      percentile: control("percentile").valueAsNumber,
      opacity: control("opacity").valueAsNumber / 100,
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
    form.querySelector("#formula")!.textContent = formula(presets[pass().preprocess]);
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  // Some controls stand beside the pictures and belong to the form all the same.
  document.addEventListener("input", ({ target }) => {
    const { form: owner, name } = target as HTMLInputElement;
    if (owner !== form || name === "") return;
    if (name === "seed") {
      if (!seed.checkValidity()) return;
      lastSeed = seed.valueAsNumber;
    }
    showValues();
    if (PASS.has(name)) listener.passChanged(name);
    else listener.lookChanged();
  });
  form.querySelector("#reseed")!.addEventListener("click", () => {
    seed.valueAsNumber = lastSeed = (lastSeed + 1) % 2 ** 32;
    listener.passChanged("seed");
  });
  showValues();
  return { pass, look };
}
