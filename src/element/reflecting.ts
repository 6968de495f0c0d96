// Properties and attributes that are the same thing: a property reads its attribute and writes it.

import {
  type AttributeName,
  attributes,
  type Properties,
  propertyOf,
  textOf,
  valueIn,
} from "./attributes.js";
import type { Audible } from "./events.js";

// Where there is no document, on a server, the element is not defined, but its file can be imported.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

class Reflecting extends Base {
  /** Properties that were set before the browser knew the element hide its own: they become attributes. */
  protected takeEarlyProperties(): void {
    const early = this as unknown as Record<string, unknown>;
    for (const property of Object.keys(attributes).map(propertyOf)) {
      if (!Object.hasOwn(this, property)) continue;
      const value = early[property];
      delete early[property];
      early[property] = value;
    }
  }
}

for (const name of Object.keys(attributes) as AttributeName[]) {
  const isFlag = attributes[name].form === "flag";
  Object.defineProperty(Reflecting.prototype, propertyOf(name), {
    configurable: true,
    enumerable: true,
    get(this: Element) {
      return valueIn(this, name) ?? (isFlag ? false : null);
    },
    set(this: Element, value: unknown) {
      const text = textOf(value);
      if (text === undefined) this.removeAttribute(name);
      else this.setAttribute(name, text);
    },
  });
}

/** An HTML element with a property for each attribute of the table. */
export const ReflectingElement = Reflecting as unknown as new () => Audible &
  Reflecting &
  Properties;
