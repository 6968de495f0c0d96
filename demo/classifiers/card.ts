// A card beside a model, told from a list of names, which is a JSON file, too.

import { readCard } from "../../src/guess.js";

/** What the file holds if it is a model card that says how photos become the network's input. */
export async function cardIn(file: File): Promise<unknown> {
  try {
    const card: unknown = JSON.parse(await file.text());
    return readCard(card) && card;
  } catch {
    return undefined;
  }
}
