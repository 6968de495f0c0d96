// Save and share: the buttons, and what becomes of the map that the worker reads back for them.

import type { Look, ModelFacts, Progress, Report, Request, SaveKind } from "../messages.js";
import { say, sentence, words } from "../words.js";
import { fileOf, keep } from "./save.js";
import { announce, caption, complain, labelOf } from "./stage.js";

const WIDTH = 672; // pixels of a saved picture: three times those of most networks

/** What a file is told of the page. */
export interface ShareHost {
  ask(request: Request): void;
  nameOf(index: number): string;
  model(): ModelFacts | undefined;
  look(): Look;
  /** The settings of now as an address. */
  address(): string;
  /** The names of the reader's own files, which no address holds. */
  ownFiles(): string[];
}

/** Brings the buttons to life. */
export function startSharing({ ask, nameOf, model, look, address, ownFiles }: ShareHost) {
  for (const button of document.querySelectorAll<HTMLElement>("[data-save]")) {
    const what = button.dataset.save as SaveKind;
    button.addEventListener("click", () => ask({ kind: "save", what, width: WIDTH }));
  }
  document.querySelector("#share")!.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(address());
      tell(() => words.says.copied(ownFiles().join(", ")));
    } catch (error) {
      complain(() => sentence((error as Error).message));
    }
  });

  function legendOf(progress: Progress) {
    const { top, sigma, standardError, samples, preprocess, warnings } = progress;
    const options = { ...progress.options, preprocess };
    const name = model()?.name;
    return {
      title: `${name}: ${labelOf(progress, nameOf)}`,
      caption: caption(progress, look().estimator),
      settings: {
        model: name,
        options,
        look: look(),
        samples,
        sigma,
        standardError,
        top,
        warnings,
      },
    };
  }

  return {
    /** The worker has read back what was asked for. */
    async save({ saved }: Extract<Report, { kind: "saved" }>): Promise<void> {
      const { progress, what } = saved;
      const ending = what === "npy" || what === "json" ? what : "png";
      const plain = `smoothgrad-${nameOf(progress.target.index)}-${what}.${ending}`;
      const name = plain.replaceAll(/[^\w.-]+/g, "-");
      keep(await fileOf(saved, legendOf(progress)), name);
      tell(() => words.says.saved(name));
    },
  };
}

function tell(text: () => string): void {
  say(document.querySelector("#saved")!, text);
  announce(text());
}
