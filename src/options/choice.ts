// An option that is one of a few names.

/** The place of a name in a list. Throws, with the list, where it is not there. */
export function choice(kind: string, names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  const article = /^[aeiou]/.test(kind) ? "an" : "a";
  throw new Error(`"${name}" is not ${article} ${kind}; there are: ${names.join(", ")}`);
}
