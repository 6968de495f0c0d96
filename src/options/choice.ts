// A name that is one of a few.

import leven from "leven";

/** "; did you mean …?" with the nearest name, or nothing where none is near. */
export function suggestion(name: string, names: readonly string[]): string {
  const nearest = names
    .map((other) => ({ other, distance: leven(name.toLowerCase(), other.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest && nearest.distance < 3 && nearest.distance < name.length
    ? `; did you mean "${nearest.other}"?`
    : "";
}

/** The place of a name in a list. Throws, with the nearest name or the list, where it is not there. */
export function choice(kind: string, names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  const article = /^[aeiou]/.test(kind) ? "an" : "a";
  const hint = suggestion(name, names) || `; there are: ${names.join(", ")}`;
  throw new Error(`"${name}" is not ${article} ${kind}${hint}`);
}
