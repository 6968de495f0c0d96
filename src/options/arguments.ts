// What verbs are handed beside options: a device, a model, an image, a canvas. One of a wrong kind is refused in a sentence
// that says where the right one is from; what it is, is seen by what it can do, since it may be of another page's realm.

import { said } from "./check.js";
import { hasMethod } from "./option.js";

function refuse(sentence: string, value: unknown): never {
  throw new Error(`${sentence}, got ${said(value)}`);
}

/** Throws where something is not a GPUDevice. */
export function checkDevice(verb: string, value: unknown): void {
  if (!hasMethod(value, "createShaderModule")) {
    refuse(`${verb} needs a device, as await requestDevice() gives it`, value);
  }
}

/** Throws where something is not a model, as the promise of one. */
export function checkModel(verb: string, value: unknown): void {
  if (!hasMethod(value, "classify")) {
    refuse(`${verb} needs a model, as await loadModel(…) gives it`, value);
  }
}

/** Throws where something is not a map, as the promise of one, or a list of them. */
export function checkMap(verb: string, value: unknown): void {
  if (!hasMethod(value, "snapshot")) {
    refuse(`${verb} needs a map, as await sensitivity(…) gives it`, value);
  }
}

/** Throws where a model cannot come from something. */
export function checkSource(value: unknown): void {
  const isBytes = value instanceof ArrayBuffer || value instanceof Uint8Array;
  if (isBytes || typeof value === "string" || value instanceof URL || hasMethod(value, "json"))
    return;
  refuse("loadModel needs an address, a Response, or bytes (await file.arrayBuffer())", value);
}

/** Throws where something is neither a picture nor a tensor. */
export function checkImage(value: unknown): void {
  if (["stream", "close", "decode", "getContext", "play"].some((name) => hasMethod(value, name))) {
    return;
  }
  const { data, shape, width } = (value ?? {}) as Record<string, unknown>;
  if (ArrayBuffer.isView(data) && (Array.isArray(shape) || width)) return;
  const how =
    typeof value === "string" ? " (of an address: await (await fetch(address)).blob())" : "";
  refuse(`an image is an element, a bitmap, a Blob or a tensor { data, shape }${how}`, value);
}

/** Throws where nothing can be drawn on something. */
export function checkCanvas(value: unknown): void {
  if (!hasMethod(value, "getContext")) refuse("draw needs a canvas", value);
}
