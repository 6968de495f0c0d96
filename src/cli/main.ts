// Reads the words of the command line, runs what they ask for, and turns whatever goes wrong into one line of error and
// exit code 1.

import { version } from "../../package.json";
import type { openPage } from "../chrome/open.js";
import { explain } from "./explain.js";
import { parseCommand } from "./options.js";
import { helpText, methodTable } from "./table.js";

/** Where the command runs. Tests give it pages of a browser that is open already, and read its lines. */
export interface Surroundings {
  /** The folder of the built package. */
  readonly dist: string;
  readonly openPage: typeof openPage;
  /** Takes a line of results. */
  out(line: string): void;
  /** Takes a line of errors, warnings and progress. */
  err(line: string): void;
}

/** Runs the command; resolves with the exit code. */
export async function main(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { out, err } = surroundings;
  try {
    const command = parseCommand(words);
    if (command.kind === "version") out(version);
    else if (command.kind === "help") out(helpText);
    else if (command.kind === "methods") out(methodTable());
    else return await explain(command.request, surroundings);
    return 0;
  } catch (error) {
    err(`smoothgrad: ${(error as Error).message.trim()}`);
    return 1;
  }
}
