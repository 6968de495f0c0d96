// Installs a browser where there is none: Puppeteer downloads its Chrome, or else, on a Debian-like system as root,
// apt-get installs the package "chromium". Neither leaves half a browser where find.ts would find it.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "./turn.js";

/**
 * The path of a browser that is installed now. `place` is where Puppeteer expects its own, `look` finds what is there.
 * Rejects with one sentence, which holds the reasons, where none can be installed.
 */
export async function installBrowser(
  place: string,
  look: () => string | undefined,
  log: Log,
): Promise<string> {
  const ways: [name: string, install: () => Promise<void>][] = [
    ["Puppeteer", () => download(place, log)],
  ];
  if (isDebianRoot()) ways.push(["apt-get", () => installPackage(log)]);
  const reasons: string[] = [];
  for (const [name, install] of ways) {
    let reason = "what it installed is not found";
    try {
      await install();
      const path = look();
      if (path !== undefined) {
        log(`Installed ${path}.`);
        return path;
      }
    } catch (error) {
      reason = (error as Error).message;
    }
    reasons.push(`${name}: ${reason}`);
    log(`Could not install a browser with ${name}: ${reason}`);
  }
  throw new Error(
    `No Chrome or Chromium could be found or installed (${reasons.join("; ")}): install one, or name its program in PUPPETEER_EXECUTABLE_PATH`,
  );
}

export function isDebian(): boolean {
  return existsSync("/etc/debian_version");
}

function isDebianRoot(): boolean {
  return isDebian() && process.getuid?.() === 0;
}

// The download would otherwise go on when this process is killed.
const END_WITH_PARENT =
  'data:text/javascript,process.on("disconnect",()=>process.exit()).channel.unref()';

// Puppeteer takes a folder for a browser even if a download was broken off while it was being unpacked. So its Chrome is
// made in a folder of its own, and moved when it is complete.
async function download(place: string, log: Log): Promise<void> {
  const [, cache, build] = /^(.+?)[\\/](chrome[\\/]\w+-[\d.]+)[\\/]/.exec(place) ?? [];
  if (cache === undefined || build === undefined) {
    throw new Error(`it is configured to use ${place}, which is not a program`);
  }
  log("No Chrome or Chromium found: downloading Chrome with Puppeteer.");
  const folder = join(cache, "smoothgrad-download");
  await rm(folder, { recursive: true, force: true });
  try {
    await runPuppeteer(folder, join(folder, build), log);
    const program = join(folder, place.slice(cache.length));
    const needs = await readFile(join(dirname(program), "deb.deps"), "utf8").catch(() => "");
    if (needs && isDebianRoot()) {
      const list = needs.trim().split("\n").join(", ");
      await updateLists(log);
      await apt(
        ["satisfy", "--no-install-recommends", list],
        "the packages that Chrome needs",
        log,
      );
    }
    await mkdir(dirname(join(cache, build)), { recursive: true });
    await rm(join(cache, build), { recursive: true, force: true });
    await rename(join(folder, build), join(cache, build));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runPuppeteer(folder: string, unpacked: string, log: Log): Promise<void> {
  const entry = createRequire(import.meta.url).resolve("puppeteer");
  const words = [join(dirname(entry), "node/cli.js"), "browsers", "install", "chrome"];
  const mirror = process.env.PUPPETEER_CHROME_DOWNLOAD_BASE_URL;
  if (mirror) words.push("--base-url", mirror);
  const child = spawn(process.execPath, ["--import", END_WITH_PARENT, ...words], {
    env: { ...process.env, PUPPETEER_CACHE_DIR: folder },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const end = new AbortController();
  const stalling = stalls(folder, unpacked, log, end.signal).then((isStalled) => {
    if (isStalled) child.kill();
    return isStalled;
  });
  const { status, errors } = await ended(child);
  end.abort();
  if (await stalling) throw new Error(`the download got no further for ${STALLED_AFTER / 1000} s`);
  if (status === 0) return;
  const causes = [...errors.matchAll(/(?:Provider|Error): (.*[^:\n])$/gm)];
  throw new Error(causes.at(-1)?.[1] ?? outcomeOf(status));
}

// Milliseconds.
const LOOK_EVERY = 1000;
const STALLED_AFTER = 120_000;
// Bytes.
const LOG_EVERY = 20e6;

// Logs how far a download is. Resolves with true when it has not grown for long, with false when the signal is given.
async function stalls(folder: string, unpacked: string, log: Log, signal: AbortSignal) {
  let [size, logged, isUnpacking] = [0, 0, false];
  let changed = performance.now();
  while (performance.now() - changed < STALLED_AFTER) {
    await sleep(LOOK_EVERY, undefined, { signal }).catch(() => {});
    if (signal.aborted) return false;
    const now = await sizeOf(folder);
    if (now !== size) changed = performance.now();
    size = now;
    if (!isUnpacking && existsSync(unpacked)) {
      isUnpacking = true;
      log("Downloading Chrome: done, unpacking it.");
    } else if (!isUnpacking && size - logged >= LOG_EVERY) {
      logged = size;
      log(`Downloading Chrome: ${Math.round(size / 1e6)} MB.`);
    }
  }
  return true;
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function installPackage(log: Log): Promise<void> {
  log("Installing the system's package chromium.");
  await updateLists(log);
  await apt(["install", "--no-install-recommends", "--fix-broken", "chromium"], "chromium", log);
}

// A list that cannot be had, of another source perhaps, does not matter where the package can.
async function updateLists(log: Log): Promise<void> {
  await apt(["update"], "lists of packages", log).catch(({ message }) => log(message));
}

// apt waits for the locks of dpkg itself; for those of its lists and of its archive it does not.
const LOCKED_FOR = 600;
const TRY_EVERY = 2000;

async function apt(words: readonly string[], what: string, log: Log): Promise<void> {
  const options = ["-y", "-o", `DPkg::Lock::Timeout=${LOCKED_FOR}`, "-o", "APT::Status-Fd=3"];
  const start = performance.now();
  let [isWaiting, isMended] = [false, false];
  for (;;) {
    const child = spawn("apt-get", [...options, ...words], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    const wait = () => {
      if (!isWaiting) log("apt-get waits for another process that installs packages.");
      isWaiting = true;
    };
    reportApt(child, what, log, wait);
    const { status, errors } = await ended(child);
    if (status === 0) return;
    if (/Could not get lock/.test(errors) && performance.now() - start < 1000 * LOCKED_FOR) {
      wait();
      await sleep(TRY_EVERY);
    } else if (/dpkg was interrupted/.test(errors) && !isMended) {
      isMended = true;
      log("dpkg was interrupted: completing what it had begun.");
      await ended(spawn("dpkg", ["--configure", "-a"], { stdio: ["ignore", "ignore", "pipe"] }));
    } else {
      const [, reason] = /^E: (.*)/m.exec(errors) ?? [];
      throw new Error(`${words[0]}: ${reason ?? outcomeOf(status)}`);
    }
  }
}

// A line of the status is "dlstatus" or "pmstatus", a package, a percentage and a text, with colons between them.
function reportApt(child: ChildProcess, what: string, log: Log, wait: () => void): void {
  const [, output, , status] = child.stdio as (Readable | undefined)[];
  let [last, logged] = ["", -1];
  if (status) {
    createInterface({ input: status }).on("line", (line) => {
      const [, kind, percent] = /^(dl|pm)status:[^:]*(?::\w+)?:([\d.]+):/.exec(line) ?? [];
      if (kind === undefined) return;
      const tens = 10 * Math.floor(Number(percent) / 10);
      if (kind === last && tens <= logged) return;
      [last, logged] = [kind, tens];
      log(`${kind === "dl" ? "Downloading" : "Setting up"} ${what}: ${tens} %.`);
    });
  }
  if (output) {
    createInterface({ input: output }).on("line", (line) => {
      if (/^Waiting for cache lock/.test(line)) wait();
    });
  }
}

const outcomeOf = (status: number | null) =>
  status === null ? "it was killed" : `exit code ${status}`;

// How a program ends, and what it says on stderr.
async function ended(child: ChildProcess): Promise<{ status: number | null; errors: string }> {
  let errors = "";
  child.stderr?.on("data", (text) => {
    errors += text;
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { status, errors };
}
