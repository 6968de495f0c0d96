// The settings of the page as its address, so that a map can be passed on: a word for each that is not as the page
// begins. Settings, address, settings: that changes nothing. What else an address says is not taken, and told.

/** A setting, as an address knows it. */
export interface Setting {
  readonly name: string;
  /** Undefined where it is as the page begins. */
  word(): string | undefined;
  /** Sets it to a word; false where it cannot be that, and stays as it is. */
  take(word: string): boolean;
}

/** What stands behind the # of an address. */
export function writeAddress(settings: readonly Setting[]): string {
  const words = new URLSearchParams();
  for (const setting of settings) {
    const word = setting.word();
    if (word !== undefined) words.set(setting.name, word);
  }
  return words.toString();
}

/** Sets what an address says, in the order of the settings: what one can be may hang on those before it. Gives what is left. */
export function readAddress(hash: string, settings: readonly Setting[]): string[] {
  const words = new Map(new URLSearchParams(hash));
  for (const { name, take } of settings) {
    const word = words.get(name);
    if (word !== undefined && take(word)) words.delete(name);
  }
  return [...words].map(([name, word]) => shorten(`${name}=${word}`));
}

const LONGEST = 40;

// Anybody may write anything into a link, and it is shown.
function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
