// An option that is one of a few names.

import leven from "leven";

/** The place of a name in a list. Throws, with the list, where it is not there. */
export function choice(kind: string, names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  const article = /^[aeiou]/.test(kind) ? "an" : "a";
  throw new Error(`"${name}" is not ${article} ${kind}; there are: ${names.join(", ")}`);
}

/** "; did you mean …?" with the nearest name, or nothing where none is near. */
export function suggestion(name: string, names: readonly string[]): string {
  const nearest = names
    .map((other) => ({ other, distance: leven(name.toLowerCase(), other.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest && nearest.distance < 3 && nearest.distance < name.length
    ? `; did you mean "${nearest.other}"?`
    : "";
}
