// What others ask of the table of methods: which options a method reads (what it does not read is refused, and a page
// that offers the options of a method asks here), and what it is in words.

import { type MethodName, type MethodOption, methodOf, methods } from "./methods.js";
import type { MethodWords } from "./words.js";

/** The options that a method reads, of those that not every method reads. Throws where there is no such method. */
export function optionsOf(method: string): readonly MethodOption[] {
  return methodOf(method).options as readonly MethodOption[];
}

/** Throws where an option is given that the method does not read: nothing is ignored in silence. */
export function checkRead(name: string, options: Readonly<Record<string, unknown>>): void {
  const own = methodOf(name).options as readonly string[];
  for (const [option, value] of Object.entries(options)) {
    // One that nearly every method reads is refused where what it lacks can be said.
    if (value === undefined || own.includes(option) || isOfEachSample(option)) continue;
    const readers = (Object.keys(methods) as MethodName[]).filter((other) =>
      optionsOf(other).includes(option as MethodOption),
    );
    if (readers.length > 0) {
      throw new Error(`${name} has no option "${option}"; it is for ${readers.join(", ")}`);
    }
  }
}

const isOfEachSample = (option: string) => optionsOf("gradient").includes(option as MethodOption);

/** Loads what each method is in words: its paper, a line about it, its cost. */
export async function describeMethods(): Promise<Readonly<Record<MethodName, MethodWords>>> {
  const { methodWords } = await import("./words.js");
  return methodWords;
}
