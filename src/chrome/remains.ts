// A folder for what one browser writes down. It goes away together with the browser's processes when this process ends,
// even if it is killed: a shell outlives this process, by a moment, and clears up. On Windows there is no such
// shell; there Puppeteer makes the folder and removes it where it can.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Remains {
  /** The folder, undefined on Windows. */
  readonly folder: string | undefined;
  /** Names the browser, whose process leads a group of its own. */
  belongTo(pid: number): void;
  /** Ends what still runs of the browser and removes the folder. */
  clear(): Promise<void>;
}

// Its input ends when this process does, or when it says so. A browser that is not known by then ends by itself, because
// its pipe has ended, too, but it may still write.
const SCRIPT = `
read -r group && cat > /dev/null && kill -s KILL -- "-$group"
for pause in 0 1 2 4 8; do
  sleep "$pause"
  rm -rf -- "$0" && [ -n "$group" ] && break
done`;

/** Makes the folder of a browser that is about to start. */
export async function remainsOfBrowser(): Promise<Remains> {
  if (process.platform === "win32") {
    return { folder: undefined, belongTo: () => {}, clear: async () => {} };
  }
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-chrome-"));
  const shell = spawn("/bin/sh", ["-c", SCRIPT, folder], {
    cwd: "/",
    // Ctrl-C is not meant for it.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const end = once(shell, "exit");
  shell.stdin.on("error", () => {});
  let isKnown = false;
  shell.unref();
  (shell.stdin as Socket).unref();
  return {
    folder,
    belongTo(pid) {
      isKnown = true;
      shell.stdin.write(`${pid}\n`);
    },
    async clear() {
      shell.ref();
      // No browser has started, so there is none to wait for.
      shell.stdin.end(isKnown ? "" : "none\n");
      await end;
    },
  };
}
