// A card beside a model, told from a list of names, which is a JSON file, too.

import { readCard, readCardLabels } from "../../src/index.js";

/** What the file holds if it is a model card: how photos become the network's input, or what its classes are called. */
export async function cardIn(file: File): Promise<object | undefined> {
  try {
    const card = JSON.parse(await file.text());
    return readCard(card) || readCardLabels(card) ? card : undefined;
  } catch {
    return undefined;
  }
}
