// The command `smoothgrad`.

import { fileURLToPath } from "node:url";
import { openPage } from "./chrome/open.js";
import { main } from "./cli/main.js";

// `smoothgrad … | head`: where nobody reads on, the program ends as others do.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
  if (code === "EPIPE") process.exit(141);
});

process.exitCode = await main(process.argv.slice(2), {
  dist: fileURLToPath(new URL(".", import.meta.url)),
  openPage,
  out: console.log,
  err: console.error,
});
