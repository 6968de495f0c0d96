// Which Chrome or Chromium runs the command line, the tests and the benchmarks. In this order: the one that
// PUPPETEER_EXECUTABLE_PATH names, the one in Puppeteer's cache, one that the system has; where there is none,
// one is installed, by one process at a time (install.ts).

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type puppeteer from "puppeteer";
import { installBrowser, isDebian } from "./install.js";
import { inTurn, type Log } from "./turn.js";

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

/**
 * The path of a browser, installed first where there is none; `log` is told how far that is. Rejects with one sentence where
 * there is none and none can be installed.
 */
export async function findBrowser(puppeteer: Puppeteer, log: Log): Promise<string> {
  const named = process.env.PUPPETEER_EXECUTABLE_PATH;
  if (named) {
    if (isProgram(named)) return named;
    throw new Error(`PUPPETEER_EXECUTABLE_PATH is ${named}, which is not a program`);
  }
  const place = puppeteer.executablePath();
  const look = () => (isProgram(place) ? place : systemBrowser());
  return look() ?? (await inTurn(look, (log) => installBrowser(place, look, log), log));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function systemBrowser(): string | undefined {
  return placesOf(process.platform).find((path) => isProgram(path) && isSetUp(path));
}

// dpkg puts the program into its place before the libraries that it needs.
function isSetUp(path: string): boolean {
  if (path !== "/usr/bin/chromium" || !isDebian()) return true;
  const { status, stdout } = spawnSync("dpkg-query", ["--status", "chromium"], {
    encoding: "utf8",
  });
  return status !== 0 || /^Status: \S+ \S+ installed$/m.test(stdout);
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
