// The tag <sensitivity-map>. Importing this file defines it, where there is a page to define it in.

import { SensitivityMapElement } from "./element/sensitivity-map.js";

export type { Properties } from "./element/attributes.js";
export type { Progress, SensitivityMapEvents } from "./element/events.js";
export type { TagAttributes } from "./element/frameworks.js";
export { SensitivityMapElement };

declare global {
  interface HTMLElementTagNameMap {
    "sensitivity-map": SensitivityMapElement;
  }
}

const { customElements } = globalThis;

// A page may come to load this file twice, from two addresses.
if (customElements && !customElements.get("sensitivity-map")) {
  customElements.define("sensitivity-map", SensitivityMapElement);
}
