// One page with WebGPU in a headless Chrome: what the command line, the tests and the benchmarks run in.
// A real GPU is used where there is one; otherwise Chrome computes WebGPU on the CPU (SwiftShader), which is
// slow and exact enough for everything here.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import type { Browser, LaunchOptions, Page } from "puppeteer";
import { findBrowser, loadPuppeteer } from "./find.js";
import { type Remains, remainsOfBrowser } from "./remains.js";
import { type Route, type Server, serve } from "./serve.js";
import type { Log } from "./turn.js";

export interface OpenPage {
  readonly page: Page;
  /** Closes the page and its server, and with `openPage` its browser. */
  close(): Promise<void>;
}

export interface OpenBrowser {
  /** Opens an empty page, apart from the others, that can fetch and import what the routes serve. */
  open(routes: ReadonlyMap<string, Route>, options?: PageOptions): Promise<OpenPage>;
  /** Closes the browser and all its pages. */
  close(): Promise<void>;
}

export interface PageOptions {
  /** True for a page that may share memory between threads; it loads nothing from elsewhere. */
  readonly isolated?: boolean;
}

export interface BrowserOptions {
  /** Is told in a line what takes long, such as installing a browser. */
  readonly log: Log;
  /** True where canvases of WebGPU are to be seen, in a screenshot for example. It costs a second on a machine without a GPU. */
  readonly visible?: boolean;
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
// On Linux a WebGPU canvas stays blank unless the rest of Chrome draws with Vulkan, too. On the CPU that takes long to start.
const LINUX_HARDWARE = ["--enable-features=Vulkan", "--use-angle=vulkan"];
const LINUX_SOFTWARE = ["--use-vulkan=swiftshader", "--use-angle=swiftshader"];
const LINUX_UNSEEN = ["--disable-gpu-compositing"];
// To compile shaders on the CPU takes memory by the megabyte, which Chrome gives back at once and asks for again. If it
// keeps some, kernels are compiled in three quarters of the time.
const KEEPS_MEMORY = "PartitionAllocLargeEmptySlotSpanRing,PartitionAllocLargeThreadCacheSize";

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
 * Starts a browser that has WebGPU; rejects with one sentence where there is none. The browser ends with this process, even
 * if that is killed.
 */
export async function openBrowser({ log, visible = false }: BrowserOptions): Promise<OpenBrowser> {
  const puppeteer = await loadPuppeteer();
  const executablePath = await findBrowser(puppeteer, log);
  // Only a page that is served has WebGPU.
  const server = await serve(new Map([["/", BLANK]]));
  try {
    for (const isSoftware of mayHaveGpu() ? [false, true] : [true]) {
      const remains = await remainsOfBrowser();
      let browser: Browser | undefined;
      const close = () => closeBrowser(browser, remains);
      try {
        browser = await launch(puppeteer, executablePath, gpuFlags(isSoftware, visible), remains);
        const [page = await browser.newPage()] = await browser.pages();
        page.setDefaultTimeout(LIMIT);
        await page.goto(server.origin);
        if (await hasAdapter(page, isSoftware)) {
          const { open, closeServers } = pagesOf(browser, page);
          return { open, close: () => close().finally(closeServers) };
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
  } finally {
    await server.close();
  }
}

/** Opens a page in a browser of its own, which closes with it. */
export async function openPage(
  routes: ReadonlyMap<string, Route>,
  { log, visible = false, isolated = false }: BrowserOptions & PageOptions,
): Promise<OpenPage> {
  const browser = await openBrowser({ log, visible });
  try {
    const { page } = await browser.open(routes, { isolated });
    return { page, close: browser.close };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** How a browser opens pages. The first is there already; the others share neither storage nor permissions with it. */
function pagesOf(browser: Browser, first: Page) {
  const servers = new Set<Server>();
  let unused: Page | undefined = first;
  const open: OpenBrowser["open"] = async (routes, { isolated = false } = {}) => {
    const server = await serve(new Map([["/", BLANK], ...routes]), isolated ? ISOLATED : {});
    servers.add(server);
    const page = unused ?? (await (await browser.createBrowserContext()).newPage());
    unused = undefined;
    const close = async () => {
      await (page === first ? page : page.browserContext()).close();
      servers.delete(server);
      await server.close();
    };
    page.setDefaultTimeout(LIMIT);
    await page.goto(server.origin);
    return { page, close };
  };
  const closeServers = async () => {
    await Promise.all([...servers].map((server) => server.close()));
  };
  return { open, closeServers };
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

function gpuFlags(isSoftware: boolean, visible: boolean): string[] {
  const isLinux = process.platform === "linux";
  if (!isSoftware) return [...HARDWARE, ...(isLinux ? LINUX_HARDWARE : [])];
  const features = [...(isLinux && visible ? ["Vulkan"] : []), KEEPS_MEMORY];
  const flags = [...SOFTWARE, `--enable-features=${features}`];
  return [...flags, ...(isLinux ? (visible ? LINUX_SOFTWARE : LINUX_UNSEEN) : [])];
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
