// One page with WebGPU in a headless Chrome: what the command line, the tests and the benchmarks run in.
// A real GPU is used where there is one; otherwise Chrome computes WebGPU on the CPU (SwiftShader), which is
// slow and exact enough for everything here.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import type { Browser, LaunchOptions, Page } from "puppeteer";
import { findBrowser, loadPuppeteer } from "./find.js";
import { type Remains, remainsOfBrowser } from "./remains.js";
import { type Route, serve } from "./serve.js";
import type { Log } from "./turn.js";

export interface OpenPage {
  readonly page: Page;
  /** Closes the page, its browser and its server. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Is told in a line what takes long, such as installing a browser. */
  readonly log: Log;
  /** True for a page that may share memory between threads; it loads nothing from elsewhere. */
  readonly isolated?: boolean;
}

const QUIET = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const HARDWARE = ["--enable-unsafe-webgpu", "--ignore-gpu-blocklist"];
const SOFTWARE = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
// On Linux a WebGPU canvas stays blank unless the rest of Chrome draws with Vulkan, too.
const LINUX_HARDWARE = ["--enable-features=Vulkan", "--use-angle=vulkan"];
const LINUX_SOFTWARE = [
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
];

const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const BLANK: Route = {
  type: "text/html",
  body: '<!doctype html><meta charset="utf-8"><title>smoothgrad</title><link rel="icon" href="data:,">',
};

// Milliseconds until what hangs is given up. A busy machine takes its time.
const LIMIT = 600_000;

/**
 * Opens an empty page that can fetch and import what the routes serve; rejects with one sentence where there is no browser
 * or no WebGPU. The browser ends with this process, even if that is killed.
 */
export async function openPage(
  routes: ReadonlyMap<string, Route>,
  { log, isolated = false }: OpenOptions,
): Promise<OpenPage> {
  const puppeteer = await loadPuppeteer();
  const executablePath = await findBrowser(puppeteer, log);
  const server = await serve(new Map([["/", BLANK], ...routes]), isolated ? ISOLATED : {});
  try {
    for (const isSoftware of mayHaveGpu() ? [false, true] : [true]) {
      const remains = await remainsOfBrowser();
      let browser: Browser | undefined;
      const close = () => closeBrowser(browser, remains);
      try {
        browser = await launch(puppeteer, executablePath, gpuFlags(isSoftware), remains);
        const [page = await browser.newPage()] = await browser.pages();
        page.setDefaultTimeout(LIMIT);
        await page.goto(server.origin);
        if (await hasAdapter(page, isSoftware)) {
          return { page, close: () => close().finally(server.close) };
        }
      } catch (error) {
        await close();
        throw error;
      }
      await close();
    }
    throw new Error(
      `${executablePath} offers no WebGPU adapter: a newer Chrome or Chromium is needed`,
    );
  } catch (error) {
    await server.close();
    throw error;
  }
}

// Chrome ends when its pipe does. Signals end this process as they always do, and the pipe with it.
const ENDS_WITH_US: LaunchOptions = {
  pipe: true,
  handleSIGINT: false,
  handleSIGTERM: false,
  handleSIGHUP: false,
};

async function launch(
  puppeteer: Awaited<ReturnType<typeof loadPuppeteer>>,
  executablePath: string,
  flags: readonly string[],
  remains: Remains,
): Promise<Browser> {
  const { folder } = remains;
  const args = [...QUIET, ...flags, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])];
  const browser = await puppeteer
    .launch({
      ...ENDS_WITH_US,
      executablePath,
      headless: true,
      timeout: LIMIT,
      protocolTimeout: 0,
      args,
      ...(folder !== undefined && { userDataDir: folder, env: environment(folder) }),
    })
    .catch((cause) => {
      throw new Error(`${executablePath} does not start${whyNot(executablePath, args, folder)}`, {
        cause,
      });
    });
  const { pid } = browser.process() ?? {};
  if (pid !== undefined) remains.belongTo(pid);
  return browser;
}

// Chrome makes a few more folders for temporary files. One holds a socket, whose path must be short.
function environment(folder: string) {
  return folder.length < 60 ? { ...process.env, TMPDIR: folder } : process.env;
}

// Puppeteer does not hear the reason over the pipe, so the program is asked once more.
function whyNot(executablePath: string, args: readonly string[], folder?: string): string {
  const words = [...args, "--headless", "--dump-dom", "about:blank"];
  if (folder !== undefined) words.push(`--user-data-dir=${folder}`);
  const { stderr } = spawnSync(executablePath, words, { encoding: "utf8", timeout: 30_000 });
  const lines = (stderr ?? "").split("\n").filter((line) => line.trim() !== "");
  const reason = lines.find((line) => /FATAL|error while loading/.test(line)) ?? lines.at(-1);
  return reason === undefined ? "" : `: ${reason}`;
}

// A GPU in the middle of a long submission lets Chrome end only after it; nobody needs its result any more.
const PATIENCE = 1000;

async function closeBrowser(browser: Browser | undefined, remains: Remains): Promise<void> {
  const child = browser?.process();
  const timer = setTimeout(() => child?.kill("SIGKILL"), PATIENCE);
  try {
    await browser?.close().catch((error) => {
      if (!child?.killed) throw error;
    });
  } finally {
    clearTimeout(timer);
    await remains.clear();
  }
}

function gpuFlags(isSoftware: boolean): string[] {
  const isLinux = process.platform === "linux";
  if (isSoftware) return [...SOFTWARE, ...(isLinux ? LINUX_SOFTWARE : [])];
  return [...HARDWARE, ...(isLinux ? LINUX_HARDWARE : [])];
}

function mayHaveGpu(): boolean {
  if (process.platform !== "linux") return true;
  const files = (folder: string) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  };
  return (
    files("/dev/dri").some((name) => name.startsWith("render")) ||
    files("/dev").some((name) => /^nvidia\d/.test(name))
  );
}

function hasAdapter(page: Page, fallbackWillDo: boolean): Promise<boolean> {
  return page.evaluate(async (fallbackWillDo) => {
    const adapter = await navigator.gpu?.requestAdapter();
    return !!adapter && (fallbackWillDo || !adapter.info.isFallbackAdapter);
  }, fallbackWillDo);
}
