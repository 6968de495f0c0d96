// Which Chrome or Chromium runs the command line, the tests and the benchmarks. In this order: the one that
// PUPPETEER_EXECUTABLE_PATH names, the one in Puppeteer's cache, one that the system has; where there is none,
// one is installed: by Puppeteer, or else, on a Debian-like system as root, from the system's packages.

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type puppeteer from "puppeteer";

type Puppeteer = typeof puppeteer;

const NAMES = ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser", "chrome"];

/** Puppeteer, or one sentence where it is not installed: only the command line needs it, so the package does not bring it. */
export async function loadPuppeteer(): Promise<Puppeteer> {
  try {
    return (await import("puppeteer")).default;
  } catch (cause) {
    throw new Error(
      "the command line runs in headless Chrome by way of Puppeteer: npm install puppeteer",
      {
        cause,
      },
    );
  }
}

/** The path of a browser, installed first where there is none; `log` is told what is being installed. */
export async function findBrowser(
  puppeteer: Puppeteer,
  log: (line: string) => void,
): Promise<string> {
  const named = process.env.PUPPETEER_EXECUTABLE_PATH;
  if (named) {
    if (isProgram(named)) return named;
    throw new Error(`PUPPETEER_EXECUTABLE_PATH is ${named}, which is not a program`);
  }
  const found = cachedBrowser(puppeteer) ?? systemBrowser();
  if (found) return found;

  log("No Chrome or Chromium found: installing one with Puppeteer.");
  if (installWithPuppeteer()) {
    const cached = cachedBrowser(puppeteer);
    if (cached) return cached;
  }
  if (isDebianRoot()) {
    log("Puppeteer could not install one: installing the system's chromium package.");
    const installed = installDebianPackage();
    const path = installed && systemBrowser();
    if (path) return path;
  }
  throw new Error(
    "No Chrome or Chromium could be found or installed: install one, or name its program in PUPPETEER_EXECUTABLE_PATH",
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function cachedBrowser(puppeteer: Puppeteer): string | undefined {
  const path = puppeteer.executablePath();
  return isProgram(path) ? path : undefined;
}

function systemBrowser(): string | undefined {
  return placesOf(process.platform).find(isProgram);
}

function placesOf(platform: NodeJS.Platform): string[] {
  if (platform === "darwin") {
    return ["/Applications", join(homedir(), "Applications")].flatMap((folder) => [
      join(folder, "Google Chrome.app/Contents/MacOS/Google Chrome"),
      join(folder, "Chromium.app/Contents/MacOS/Chromium"),
    ]);
  }
  if (platform === "win32") {
    const { PROGRAMFILES, LOCALAPPDATA, "PROGRAMFILES(X86)": PROGRAMFILES_X86 } = process.env;
    return [PROGRAMFILES, PROGRAMFILES_X86, LOCALAPPDATA]
      .filter((folder) => folder !== undefined)
      .flatMap((folder) => [
        join(folder, "Google/Chrome/Application/chrome.exe"),
        join(folder, "Chromium/Application/chrome.exe"),
      ]);
  }
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return [...folders, "/usr/bin", "/usr/local/bin", "/opt/google/chrome", "/snap/bin"].flatMap(
    (folder) => NAMES.map((name) => join(folder, name)),
  );
}

function installWithPuppeteer(): boolean {
  const entry = createRequire(import.meta.url).resolve("puppeteer");
  const program = join(dirname(entry), "node/cli.js");
  const args = [program, "browsers", "install", "chrome"];
  if (isDebianRoot()) args.push("--install-deps");
  return run(process.execPath, args, "ignore");
}

function isDebianRoot(): boolean {
  return existsSync("/etc/debian_version") && process.getuid?.() === 0;
}

function installDebianPackage(): boolean {
  return (
    run("apt-get", ["update", "-qq"], STDERR) &&
    run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], STDERR)
  );
}

// stdout belongs to whoever reads the results.
const STDERR = 2;

function run(program: string, args: readonly string[], output: "ignore" | typeof STDERR): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, signal } = spawnSync(program, args, { env, stdio: ["ignore", output, output] });
  if (signal === "SIGINT") process.exit(130);
  return status === 0;
}
