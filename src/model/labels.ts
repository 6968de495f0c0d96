// Names of classes from a file: text with one name a line, a JSON list, or a JSON object of names by index, as
// ["tench", …], {"0": "tench", …} or, from Keras, {"0": ["n01440764", "tench"], …}.

/** Where labels come from; "imagenet" is assumed from the number of classes, "binary" networks have "no" and "yes". */
export type LabelsSource = "given" | "card" | "imagenet" | "binary";

/**
 * Reads the names of the classes from a text file: a name per line, or JSON. Throws one sentence where it holds none.
 */
export function parseLabels(text: string): string[] {
  if (!/^\s*[[{]/.test(text)) {
    const lines = text.trimEnd().split(/\r?\n/);
    if (lines.length < 2) throw new Error("there is no list of names in it, one a line");
    return lines.map((line) => line.trim());
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new Error("it looks like JSON and is not", { cause });
  }
  const names: string[] = [];
  for (const [index, entry] of Object.entries(parsed as object)) {
    const name: unknown = Array.isArray(entry) ? entry.at(-1) : entry;
    if (!/^\d{1,6}$/.test(index) || typeof name !== "string") {
      throw new Error("it is neither a list of names nor an object of names by index");
    }
    names[Number(index)] = name;
  }
  return Array.from(names, (name, index) => name ?? `class ${index}`);
}
