// What the elements of a page have in common: one device, and each model once, with the number of its users. The last
// one to leave a model frees it; with the last model the device goes.

import { loadModel, type Model, type ModelOptions, parseLabels, requestDevice } from "../index.js";

/** Which model is wanted. */
export interface Wanted {
  readonly url: string;
  /** Where the names of the classes are, or the names themselves. */
  readonly labels: string | readonly string[] | undefined;
  /** Where its card is. */
  readonly card: string | undefined;
  /** What its file leaves open. */
  readonly options: Omit<ModelOptions, "labels" | "card" | "signal">;
}

/** What one user has of a model. */
export interface Claim {
  readonly device: Promise<GPUDevice>;
  readonly model: Promise<Model>;
  /** The device is gone, and everything on it. */
  readonly isLost: boolean;
  /** There is no such model, or no device for it: another claim may have more luck. */
  readonly hasFailed: boolean;
  /** True where the same is wanted. */
  isFor(wanted: Wanted): boolean;
  /** Hands the model back; to be called once, whatever became of it. */
  release(): void;
}

/** Who waits for news of a model: how much of it has arrived, from 0 to 1, and that the device was lost. */
export interface Listener {
  arriving(part: number): void;
  lost(): void;
}

interface Entry {
  readonly users: Set<Listener>;
  readonly abort: AbortController;
  readonly model: Promise<Model>;
  hasFailed: boolean;
}

interface Home {
  readonly device: Promise<GPUDevice>;
  readonly entries: Map<string, Entry>;
  readonly users: Set<Listener>;
  /** The models that were left have given back all that they had. */
  gone: Promise<unknown>;
  isLost: boolean;
  /** The last user has let it go. */
  isClosed: boolean;
}

let current: Home | undefined;

function openHome(): Home {
  const device = requestDevice();
  const home: Home = {
    ...{ device, entries: new Map(), users: new Set() },
    ...{ gone: Promise.resolve(), isLost: false, isClosed: false },
  };
  const end = () => {
    if (current === home) current = undefined;
  };
  const lose = () => {
    if (home.isClosed) return;
    home.isLost = true;
    end();
    for (const user of home.users) user.lost();
  };
  device.then((opened) => opened.lost.then(lose), end);
  return home;
}

/** Claims a model on the page's device; both are made where they are not there yet. */
export function claim(wanted: Wanted, listener: Listener): Claim {
  const home = (current ??= openHome());
  const key = JSON.stringify(wanted);
  const entry = home.entries.get(key) ?? openEntry(home, key, wanted);
  const { users, model } = entry;
  home.users.add(listener);
  users.add(listener);
  return {
    device: home.device,
    model,
    get isLost() {
      return home.isLost;
    },
    get hasFailed() {
      return entry.hasFailed;
    },
    isFor: (other) => JSON.stringify(other) === key,
    release() {
      users.delete(listener);
      home.users.delete(listener);
      if (users.size === 0) leave(home, key, entry);
    },
  };
}

/** True where something failed because the device is lost: it may do so a moment before that is told. */
export async function isOfLoss(error: unknown, held: Claim | undefined): Promise<boolean> {
  if (held && !held.isLost && error instanceof DOMException) {
    const late = new Promise((done) => setTimeout(done, 2000));
    await Promise.race([held.device.then((device) => device.lost), late]).catch(() => {});
  }
  return held?.isLost === true;
}

function openEntry(home: Home, key: string, wanted: Wanted): Entry {
  const users = new Set<Listener>();
  const abort = new AbortController();
  const tell = (part: number) => {
    for (const user of users) user.arriving(part);
  };
  const model = load(home.device, wanted, tell, abort.signal);
  const entry: Entry = { users, abort, model, hasFailed: false };
  home.entries.set(key, entry);
  // Whoever asks next tries again.
  model.catch(() => {
    entry.hasFailed = true;
    forget(home, key, entry);
  });
  return entry;
}

function forget({ entries }: Home, key: string, entry: Entry): void {
  if (entries.get(key) === entry) entries.delete(key);
}

/** Frees a model without users, and the device if it has none either. */
function leave(home: Home, key: string, entry: Entry): void {
  forget(home, key, entry);
  entry.abort.abort();
  const gone = entry.model.then((model) => model.destroy()).catch(() => {});
  home.gone = Promise.all([home.gone, gone]);
  if (home.users.size > 0) return;
  home.isClosed = true;
  if (current === home) current = undefined;
  Promise.all([home.device, home.gone]).then(
    ([device]) => device.destroy(),
    () => {},
  );
}

async function load(
  device: Promise<GPUDevice>,
  { url, labels, card, options }: Wanted,
  tell: (part: number) => void,
  signal: AbortSignal,
): Promise<Model> {
  const opened = await device;
  const [model, names, told] = await Promise.all([
    fetched("model", url, signal),
    typeof labels === "string" ? labelsAt(labels, signal) : labels,
    card === undefined ? undefined : cardAt(card, signal),
  ]);
  return loadModel(opened, counted(model, tell), {
    name: new URL(url).pathname.split("/").at(-1),
    ...options,
    ...(names && { labels: names }),
    ...(told !== undefined && { card: told }),
    signal,
  });
}

async function cardAt(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetched("model card", url, signal);
  return response.json().catch((cause) => {
    throw new Error(`the model card at ${url} is not JSON: ${(cause as Error).message}`, { cause });
  });
}

async function labelsAt(url: string, signal: AbortSignal): Promise<string[]> {
  const text = await (await fetched("labels", url, signal)).text();
  try {
    return parseLabels(text);
  } catch (cause) {
    throw new Error(`the labels at ${url} hold no class names: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function fetched(what: string, url: string, signal: AbortSignal): Promise<Response> {
  const refuse = (reason: string, options?: ErrorOptions): never => {
    throw new Error(`the ${what} at ${url} could not be fetched: ${reason}`, options);
  };
  const response = await fetch(url, { signal }).catch((cause) =>
    refuse((cause as Error).message, { cause }),
  );
  return response.ok ? response : refuse(`${response.status} ${response.statusText}`);
}

/** The same response, which tells how much of it has been read. */
function counted(response: Response, tell: (part: number) => void): Response {
  const total = Number(response.headers.get("content-length"));
  if (!response.body || !(total > 0)) return response;
  let read = 0;
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      read += chunk.byteLength;
      // A compressed file is longer than what was announced.
      tell(Math.min(1, read / total));
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counter));
}
