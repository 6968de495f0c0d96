// The command `smoothgrad`: reads the words of the command line, runs what they ask for, and turns whatever
// goes wrong into one line on stderr and exit code 1.

import { version } from "../package.json";
import { explain } from "./cli/explain.js";
import { parseCommand } from "./cli/options.js";
import { helpText, methodTable } from "./cli/table.js";

async function main(words: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(words);
    if (command.kind === "version") console.log(version);
    else if (command.kind === "help") console.log(helpText);
    else if (command.kind === "methods") console.log(methodTable());
    else return await explain(command.request);
    return 0;
  } catch (error) {
    console.error(`smoothgrad: ${(error as Error).message.trim()}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
