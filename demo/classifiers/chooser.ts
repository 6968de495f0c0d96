// The list of classifiers: the page's own, public ones that are downloaded when they are chosen, and files.

import { parseLabels } from "../../src/index.js";
import type { Setting } from "../controls/address.js";
import { download } from "../download.js";
import { percent } from "../words/numbers.js";
import { words } from "../words.js";
import { type Known, knownModel, published, shipped } from "./known.js";

/** What the page hears. */
export interface ChooserListener {
  model(file: File, labels: readonly string[] | undefined, card: unknown): void;
  /** What there is to say of the classifier in a line, if not what it is. */
  status(text?: string): void;
  complain(text: () => string): void;
}

const FIRST = "clean";
const DIGITS = Array.from({ length: 10 }, (_, i) => String(i));

/** Brings the list to life. */
export function startChooser(
  select: HTMLSelectElement,
  bar: HTMLProgressElement,
  listener: ChooserListener,
) {
  let running: AbortController | undefined;
  const fetched = new Map<string, Promise<File>>();
  let given = ""; // the entry of the last file that the page has heard of
  let used = ""; // and of that in use
  let labelsOf: Promise<string[]> | undefined;

  function get(known: Known, progress: (part: number) => void, signal: AbortSignal): Promise<File> {
    const before = fetched.get(known.url);
    if (before) return before;
    const source = { ...known, name: `${known.name}.onnx` };
    const file = download(source, progress, signal, words.says.otherBytes);
    fetched.set(known.url, file);
    file.catch(() => fetched.delete(known.url));
    return file;
  }

  async function choose(key: string): Promise<void> {
    const known = knownModel(key);
    if (!known) return;
    running?.abort();
    const { signal } = (running = new AbortController());
    const show = (part: number) => {
      bar.value = part;
      listener.status(words.says.downloading(known.name, percent(part)));
    };
    bar.hidden = known.sha256 === undefined;
    try {
      const [file, card] = await Promise.all([
        get(known, bar.hidden ? () => {} : show, signal),
        cardOf(known),
      ]);
      const labels = await namesOf(known, signal);
      if (signal.aborted) return;
      given = key;
      listener.model(file, labels, card);
    } catch (error) {
      if (signal.aborted) return;
      goBack();
      listener.status();
      listener.complain(() => words.says.notFetched(known.name, (error as Error).message));
    } finally {
      if (!signal.aborted) bar.hidden = true;
    }
  }

  // Without its card there is still what the file says.
  async function cardOf({ card }: Known): Promise<unknown> {
    if (card === undefined) return undefined;
    return fetch(card)
      .then((response) => response.json())
      .catch(() => undefined);
  }

  // Without its names a network of public classes is still worth a look.
  async function namesOf({ labels }: Known, signal: AbortSignal): Promise<string[] | undefined> {
    if (labels === undefined) return DIGITS;
    labelsOf ??= fetch(labels, { signal }).then(async (response) =>
      parseLabels(await response.text()),
    );
    return labelsOf.catch(() => {
      labelsOf = undefined;
      return undefined;
    });
  }

  /** The entry that was chosen is none that can be used. */
  function goBack(): void {
    if (used !== "") select.value = used;
  }

  const ownFile = document.getElementById("model-file")!;
  ownFile.addEventListener("cancel", goBack);
  select.addEventListener("input", (event) => {
    event.stopPropagation();
    if (select.value === "file") ownFile.click();
    else choose(select.value);
  });

  // Before anything is in use, what was asked for counts.
  const current = () => used || select.value;
  const setting: Setting = {
    name: "model",
    word: () => (knownModel(current()) && current() !== FIRST ? current() : undefined),
    take(word) {
      if (!knownModel(word)) return false;
      select.value = word;
      return true;
    },
  };

  return {
    setting,
    /** Uses the entry that the list shows. */
    begin: () => choose(select.value),
    /** Whether the classifier in use is a file of the reader's own. */
    get isOwn() {
      return used === "file";
    },
    /** What was chosen is refused. */
    keep() {
      given = used;
      goBack();
    },
    /** What was chosen is in use. */
    settle() {
      used = given;
    },
    /** A file of the reader's own has taken the place of the list's. */
    showFile() {
      running?.abort();
      select.value = given = "file";
      bar.hidden = true;
    },
    /** One of the page's own models, for a figure. */
    own: (key: keyof typeof shipped) => get(shipped[key], () => {}, new AbortController().signal),
    refresh() {
      const { value } = select;
      const group = (
        label: string,
        models: Readonly<Record<string, Known>>,
        name: (key: string) => string,
      ) => {
        const list = document.createElement("optgroup");
        list.label = label;
        list.append(...Object.keys(models).map((key) => new Option(name(key), key)));
        return list;
      };
      const own: Readonly<Record<string, string>> = words.models;
      const size = (bytes = 0) => `${Math.round(bytes / 1e6)} MB`;
      select.replaceChildren(
        group(words.models.shipped, shipped, (key) => own[key]!),
        group(
          words.models.public,
          published,
          (key) => `${published[key]!.name}, ${size(published[key]!.bytes)}`,
        ),
        new Option(words.models.file, "file"),
      );
      if (value !== "") select.value = value;
    },
  };
}
