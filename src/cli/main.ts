// Reads the words of the command line, runs what they ask for, and turns whatever goes wrong into one line of error and
// exit code 1.

import { version } from "../../package.json";
import { explain } from "./explain.js";
import { parseCommand } from "./options.js";
import type { Surroundings } from "./surroundings.js";
import { helpText, methodTable } from "./table.js";

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
