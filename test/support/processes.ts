// The processes of this machine, to see that a browser has gone.

import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";

export interface Process {
  pid: number;
  /** Its program and what that was called with. */
  words: string;
}

/** The processes that have a text among their words; none on Windows. */
export async function processesOf(text: string): Promise<Process[]> {
  const all = process.platform === "linux" ? await linuxProcesses() : otherProcesses();
  return all.filter(({ words }) => words.includes(text));
}

// A process that has ended has no words.
async function linuxProcesses(): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => {
      const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return { pid: Number(pid), words: words.replaceAll("\0", " ") };
    }),
  );
}

function otherProcesses(): Process[] {
  if (process.platform === "win32") return [];
  const words = ["-A", "-ww", "-o", "pid=,command="];
  const lines = execFileSync("ps", words, { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => {
    const [, pid, words = ""] = /^\s*(\d+) (.*)/.exec(line) ?? [];
    return { pid: Number(pid), words };
  });
}
