// What the classifier of now is, and what its classes are called.

import { parseLabels } from "../../src/index.js";
import type { ModelFacts } from "../messages.js";
import { words } from "../words.js";

/** The classifier of now. */
export function startNames(complain: (text: () => string) => void) {
  let model: ModelFacts | undefined;
  let labels: readonly string[] | undefined;
  let own: readonly string[] | undefined; // of the reader's file, for whatever model fits
  let coming: { readonly names: readonly string[] | undefined } | undefined; // with the next classifier

  function check() {
    if (!model || !labels || labels.length === model.classes) return;
    const [names, classes] = [labels.length, model.classes];
    complain(() => words.says.labelsMisfit(names, classes));
  }

  function use(names: readonly string[]) {
    labels = own = names;
    if (coming) coming = { names };
    check();
  }

  return {
    get model() {
      return model;
    },
    /** A classifier is in use; its names were given before. */
    take(next: ModelFacts) {
      model = next;
      if (coming) labels = coming.names ?? own;
      coming = undefined;
      check();
    },
    /** The next one is refused. */
    keep() {
      coming = undefined;
    },
    /** The names that a card has. */
    use,
    /** The names that come with the next classifier; where none do, those of the reader's file. */
    expect(names: readonly string[] | undefined) {
      coming = { names };
    },
    /** Reads a file of names. Throws where it holds none. */
    async read(file: File): Promise<number> {
      const found = parseLabels(await file.text());
      use(found);
      return found.length;
    },
    /** The name of a class. */
    of(index: number): string {
      if (labels?.length === model?.classes) return labels![index]!;
      return model?.labels?.[index] ?? words.says.classNumber(index);
    },
    /** The classifier in a line; empty before there is one. */
    get line(): string {
      if (!model) return "";
      const { name, channels, height, width, classes } = model;
      return `${name}: ${words.says.modelLine(channels, height, width, classes)}`;
    },
  };
}
