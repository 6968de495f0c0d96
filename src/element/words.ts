// What the element says.

import type { SensitivityMap } from "../index.js";

/** An error's message as a sentence. */
export function sentence(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).trim();
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/** What a tag lacks for a map. */
export function missing({ src, model }: { src: string | null; model: string | null }): string {
  const photo = src ? [] : ["src, the address of a photo"];
  const network = model ? [] : ["model, the address of an ONNX file"];
  return `There is no map yet: the tag lacks ${[...photo, ...network].join(", and ")}.`;
}

function percent(part: number): string {
  if (part > 0 && part < 0.001) return "<\u00a00.1\u00a0%";
  if (part < 1 && part > 0.999) return ">\u00a099.9\u00a0%";
  return `${(100 * part).toFixed(part < 0.1 && part > 0 ? 1 : 0)}\u00a0%`;
}

/** The class of a map, or the two that are held against each other. */
export function subject({ target, versus }: SensitivityMap): string {
  return versus ? `${target.label} rather than ${versus.label}` : target.label;
}

/** How probable the class of a map is, or its score where that is not known. */
function degree({ target: { logit, probability } }: SensitivityMap): string {
  return Number.isNaN(probability) ? `score ${logit.toPrecision(4)}` : percent(probability);
}

/** What is said beside it: how probable the class is, and how sure the map, by its standard error. */
export function facts(map: SensitivityMap, standardError: number): string {
  const { samples } = map;
  const of = samples === 1 ? "1\u00a0sample" : `${samples}\u00a0samples`;
  const error = Number.isFinite(standardError) ? `\u00a0±\u00a0${percent(standardError)}` : "";
  return `${degree(map)} · ${of}${error}`;
}

/** What cannot be trusted in a map; of a guess it is enough to say that it is one. */
export function doubts({ warnings }: SensitivityMap): string[] {
  return warnings.map((warning) => {
    const [, guess] = /^P(reprocessing: [^.]*)\. /.exec(warning) ?? [];
    return guess ? `p${guess}` : warning;
  });
}

/** The name of the picture: what the photo shows, and what of it the map explains. */
export function nameOf(map: SensitivityMap | undefined, alt: string | null): string {
  if (!map) return alt || "Photo";
  const isKnown = !Number.isNaN(map.target.probability);
  const what = `Sensitivity map of ${subject(map)}, ${isKnown ? "probability " : ""}${degree(map)}`;
  return alt ? `${what}. Photo: ${alt}` : what;
}
