// REFERENCE.md, made of the tables of options and methods, so that it says what the library does.

import { methods } from "../../src/methods/methods.js";
import { optionsOf } from "../../src/methods/reads.js";
import { methodWords } from "../../src/methods/words.js";
import { drawing, drawingWords } from "../../src/options/drawing.js";
import { loading, loadingWords } from "../../src/options/loading.js";
import type { Table } from "../../src/options/option.js";
import { preprocessing, preprocessingWords } from "../../src/options/preprocess.js";
import { sampling, samplingWords } from "../../src/options/sampling.js";
import { kebab } from "../../src/options/text.js";

type Words = Readonly<Record<string, string | readonly string[]>>;

const names = Object.keys(methods);

const cell = (text: string) => text.replaceAll("|", "\\|");

const code = (text: string) => `\`${text}\``;

/** Which methods read an option: all, a few of them, or all but a few. */
function readersOf(option: string): string {
  const isNamed = names.some((name) => (optionsOf(name) as readonly string[]).includes(option));
  if (!isNamed) return "all";
  const [readers, others] = [true, false].map((reads) =>
    names.filter((name) => (optionsOf(name) as readonly string[]).includes(option) === reads),
  ) as [string[], string[]];
  return readers.length > others.length
    ? `all but ${others.map(code).join(", ")}`
    : readers.map(code).join(", ");
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(columns), `|${columns.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

/** A row for each option that has words; with the methods that read it where that depends on them. */
function optionTable(rows: Table, words: Words, hasReaders = false): string {
  const lines = Object.entries(words).map(([name, said]) => {
    const { what, form, default: value } = rows[name]!;
    const [prose = "", otherwise] = [said].flat();
    const standard = otherwise ?? (value === undefined ? "" : JSON.stringify(value));
    const word = form ? code(kebab(name)) : "";
    return [code(name), what, standard, word, ...(hasReaders ? [readersOf(name)] : []), prose];
  });
  const more = hasReaders ? ["methods that read it"] : [];
  return table(["option", "value", "default", "in a text", ...more, ""], lines);
}

function methodTable(): string {
  const rows = Object.entries(methodWords).map(([name, { paper, summary, cost }]) => [
    ...[code(name), summary, optionsOf(name).map(code).join(", "), cost, paper],
  ]);
  return table(["method", "", "options of its own", "cost of n samples", "paper"], rows);
}

/** The text of REFERENCE.md. */
export const renderReference = (): string => `# Reference

Every option and every method. This file is made of the tables in \`src/options\` and \`src/methods\`: change them there, and
run \`REFERENCE=write npm test -- options/reference\`.

"In a text" is an option's name as an attribute of \`<sensitivity-map>\` and, after \`--\`, on the command line. There two
numbers are written \`1,99\`, a box \`0,0,0:1,1,1\`, a preprocessing as a name or as JSON, bytes also as \`500MB\`, and \`stop\` as
the standard error alone. An option that a verb does not have, that the method does not read, or whose value does not fit is
refused in one sentence.

## Options of \`sensitivity\` and \`sensitivities\`

${optionTable(sampling, samplingWords, true)}

## Options of \`map.draw\`, \`pixels\`, \`scores\` and \`range\`

${optionTable(drawing, drawingWords)}

## Options of \`loadModel\`

${optionTable(loading, loadingWords)}

## Keys of \`preprocess\`

${optionTable(preprocessing as Table, preprocessingWords)}

## Methods

Each can be smoothed by \`samples\` and \`noise\`; \`samples: 1, noise: 0\` is the method alone.

${methodTable()}
`;
