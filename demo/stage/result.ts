// The newest map that is known, in words: its classes, its caption, how far it is, and its name for those who
// cannot see it.

import { showClasses, showOthers } from "../controls/classes.js";
import type { Look, Progress } from "../messages.js";
import { words } from "../words.js";
import { announce, labelOf, relieve, showMap, showStop, showWarnings } from "./stage.js";

/** What the words are made of. */
export interface ResultHost {
  readonly form: HTMLFormElement;
  readonly canvas: HTMLElement;
  nameOf(index: number): string;
  look(): Look;
}

/** Starts without a map. */
export function startResult({ form, canvas, nameOf, look }: ResultHost) {
  let progress: Progress | undefined;
  let isStopped = false;

  /** Classes can be chosen: there is a map, or none because of what was chosen. */
  function showChoice(): void {
    form.querySelector<HTMLElement>("#classes")!.hidden = false;
  }

  function show(): void {
    if (!progress) return;
    const { top, target, isDone } = progress;
    showChoice();
    showClasses(form.querySelector<HTMLElement>("#top")!, top, target.index, nameOf);
    showOthers(form, top, nameOf);
    showMap(progress, nameOf, look().estimator);
    showWarnings(progress.warnings);
    showStop(isDone ? "done" : isStopped ? "stopped" : "running");
    canvas.setAttribute(
      "aria-label",
      `${words.says.mapOf(labelOf(progress, nameOf))}. ${words.page.map}`,
    );
  }

  return {
    show,
    showChoice,
    /** A map, or more samples of it. */
    take(next: Progress): void {
      progress = next;
      relieve();
      show();
      if (next.isDone) announce(words.says.finished(labelOf(next, nameOf), next.samples));
    },
    get progress() {
      return progress;
    },
    /** Whether the reader has stopped the samples. */
    get isStopped() {
      return isStopped;
    },
    set isStopped(now: boolean) {
      isStopped = now;
    },
  };
}
