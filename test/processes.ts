// The processes of this machine, to see that a browser has gone.

import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";

/** The processes that have a text among their words, each as "pid words"; none on Windows. */
export async function processesOf(text: string): Promise<string[]> {
  const lines = process.platform === "linux" ? await linuxProcesses() : otherProcesses();
  return lines.filter((line) => line.includes(text));
}

// A process that has ended has no words.
async function linuxProcesses(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => {
      const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return `${pid} ${words.replaceAll("\0", " ")}`;
    }),
  );
}

function otherProcesses(): string[] {
  if (process.platform === "win32") return [];
  const words = ["-A", "-ww", "-o", "pid=,command="];
  return execFileSync("ps", words, { encoding: "utf8" }).split("\n");
}
