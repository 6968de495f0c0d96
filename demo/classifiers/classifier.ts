// The classifier of now: where it comes from, what its classes are called, and its card, which says how photos become its
// input. The reader's files come in here, whatever they are.

import { readCardLabels } from "../../src/index.js";
import type { ModelFacts } from "../messages.js";
import { calm, complain, showBusy } from "../stage/stage.js";
import { words } from "../words.js";
import { cardIn } from "./card.js";
import { startChooser } from "./chooser.js";
import { receiveFiles, sort } from "./files.js";
import { startNames } from "./names.js";
import { fillShelf } from "./shelf.js";

const element = <T extends HTMLElement = HTMLElement>(id: string) =>
  document.getElementById(id) as T;

/** What the page does with what comes. */
export interface ClassifierHost {
  readonly form: HTMLFormElement;
  takePhoto(file: File): void;
  takeModel(file: File): void;
  /** The classes have other names. */
  renamed(): void;
  /** The card of the classifier of now has come after it. */
  cardTaken(): void;
}

/** What comes with a classifier. */
interface Belongings {
  card: unknown;
  /** The reader's own file of names, or card, that counts for it. */
  beside: string | undefined;
}

/** Starts with none. */
export function startClassifier({ form, takePhoto, takeModel, ...host }: ClassifierHost) {
  const names = startNames(complain);
  let its: Belongings = { card: undefined, beside: undefined };
  let coming: Belongings | undefined; // of a classifier that is on its way
  let ofFile = () => element("labels-name").textContent ?? ""; // what the last file of names or a card was

  const newest = () => coming ?? its;

  function say(text = names.line): void {
    element("model-name").textContent = text;
  }

  const chooser = startChooser(element("model"), element("download"), {
    model(file, labels, itsCard) {
      coming = { card: itsCard, beside: labels ? undefined : newest().beside };
      names.expect(labels);
      takeModel(file);
    },
    status: say,
    complain(text) {
      if (!names.model) showBusy(false);
      complain(text);
    },
  });
  const receiver = {
    photo: takePhoto,
    model(file: File) {
      chooser.showFile();
      coming = { card: undefined, beside: newest().beside };
      names.expect(undefined);
      takeModel(file);
    },
    async labels(file: File) {
      try {
        calm();
        const found = await cardIn(file);
        if (found) useCard(found);
        const count = found ? 0 : await names.read(file);
        newest().beside = file.name;
        ofFile = () => (found ? file.name : `${file.name}, ${words.says.names(count)}`);
        showFile();
        host.renamed();
      } catch (error) {
        complain(() => words.says.labelsRefused(file.name, (error as Error).message));
      }
    },
    other: (file: File) => complain(() => words.says.neither(file.name)),
  };

  function showFile(): void {
    element("labels-name").textContent = ofFile();
  }

  // One file of Hugging Face has the colors, another one the names.
  function useCard(found: object): void {
    newest().card = Object.assign({}, newest().card, found);
    const labels = readCardLabels(found);
    if (labels) names.use(labels);
    if (names.model && !coming) host.cardTaken();
  }

  receiveFiles(form, receiver);
  fillShelf(element("shelf"), (file) => sort([file], receiver));

  return {
    /** The name of a class. */
    nameOf: names.of,
    get model() {
      return names.model;
    },
    get card() {
      return its.card;
    },
    /** It is in use. */
    take(model: ModelFacts): void {
      its = newest();
      coming = undefined;
      names.take(model);
      chooser.settle();
      say();
    },
    /** What was to take its place cannot be used. */
    keep(): void {
      coming = undefined;
      names.keep();
      chooser.keep();
      say();
    },
    /** Shows what there is to say of it, if not what it is. */
    say,
    setting: chooser.setting,
    begin: chooser.begin,
    get isOwn() {
      return chooser.isOwn;
    },
    /** What of the reader's own files counts. */
    get ownFiles(): string[] {
      const model = chooser.isOwn ? names.model?.name : undefined;
      return [model, its.beside].filter((name) => name !== undefined);
    },
    own: chooser.own,
    refresh(): void {
      chooser.refresh();
      showFile();
      say();
    },
  };
}
