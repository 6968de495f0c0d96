// What the worker reports, and what the page makes of it.

import type { startClassifier } from "./classifiers/classifier.js";
import type { startInstrument } from "./controls/instrument.js";
import type { startSuggestions } from "./controls/suggestions.js";
import type { startDesk } from "./figures/desk.js";
import type { startSource } from "./image/source.js";
import type { startLink } from "./link.js";
import type { ModelFacts, Probe, Report } from "./messages.js";
import type { startResult } from "./stage/result.js";
import type { startSharing } from "./stage/share.js";
import { calm, complain, setStale, showBusy, showStop } from "./stage/stage.js";
import { signed } from "./words/numbers.js";
import { say, sentence, words } from "./words.js";

/** The parts of the page that reports are for. */
export interface Hearers {
  readonly link: Pick<ReturnType<typeof startLink>, "isNews" | "isNewest">;
  readonly classifier: ReturnType<typeof startClassifier>;
  readonly instrument: ReturnType<typeof startInstrument>;
  readonly source: ReturnType<typeof startSource>;
  readonly desk: ReturnType<typeof startDesk>;
  readonly result: ReturnType<typeof startResult>;
  readonly suggestions: ReturnType<typeof startSuggestions>;
  readonly sharing: ReturnType<typeof startSharing>;
  /** A classifier is in use. */
  taken(model: ModelFacts): void;
}

/** Gives what hears the reports, and knows what they say of the device. */
export function startHearing(page: Hearers) {
  const { link, classifier, instrument, source, desk, result, suggestions, sharing } = page;
  let isRecovering = false;
  let isWithoutGpu = false;

  function hear(report: Report): void {
    desk.hear(report);
    switch (report.kind) {
      case "opened":
        document.querySelector<HTMLElement>("#machine")!.hidden = !report.isSoftware;
        if (isRecovering) calm();
        break;
      case "missing":
        isWithoutGpu = true;
        showBusy(false);
        complain(() => words.says.noWebGpu(sentence(report.message)));
        break;
      case "loading":
        setStale(true);
        classifier.say(words.says.loading(report.name));
        break;
      case "loaded":
        // The first one is that of the address, and so is what is chosen for it.
        if (classifier.model && !isRecovering) instrument.forget();
        isRecovering = false;
        calm();
        suggestions.clear();
        page.taken(report.model);
        break;
      case "progress":
        if (link.isNews(report.serial)) hearNews(report);
        break;
      case "suggestions":
        if (link.isNews(report.serial)) suggestions.offer(report.suggestions);
        break;
      case "probe":
        showProbe(report.probe);
        break;
      case "saved":
        sharing.save(report);
        break;
      case "refused":
        classifier.keep();
        if (!classifier.model) showBusy(false);
        setStale(result.progress === undefined);
        complain(() => words.says.modelRefused(report.name, report.message));
        break;
      case "impossible":
        if (!link.isNewest(report.serial)) break;
        setStale(true);
        showBusy(false);
        showStop("done");
        result.showChoice();
        complain(() => sentence(report.message), "map");
        break;
      case "failed":
        complain(() => sentence(report.message));
        break;
      case "fault":
        complain(() => words.says.fault);
        break;
      case "lost":
        isRecovering = true;
        if (!report.again) showBusy(false);
        complain(() => (report.again ? words.says.lost(report.message) : words.says.lostAgain));
        break;
    }
  }

  function hearNews({ serial, progress }: Extract<Report, { kind: "progress" }>): void {
    const isFirst = result.progress === undefined;
    const isDone = progress.isDone && link.isNewest(serial);
    if (isDone) showBusy(false);
    result.take({ ...progress, isDone });
    if (isFirst || isDone) desk.follow();
    if (isDone && source.isFilming) source.next();
  }

  return {
    hear,
    /** There is no device and there will be none. */
    get isWithoutGpu() {
      return isWithoutGpu;
    },
  };
}

function showProbe({ x, y, score, gradient }: Probe): void {
  const values = gradient.map((g) => signed(g, 4)).join(", ");
  const value = score.toPrecision(3).replace("-", "−");
  say(document.querySelector("#probe")!, () => words.says.probe(x, y, value, values));
}
