import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { afterAll, beforeAll, type TestContext } from "vitest";
import { shownText } from "./journey";
import { PATIENCE_MS } from "./poll";
import { EVIDENCE_FOLDER, FOREIGN_CONNECTIONS, stackUnderTest } from "./stack-under-test";

/** Somebody at a browser of their own. */
export interface Visitor {
  context: BrowserContext;
  page: Page;
  /** Another browser (device, person) with cookies of its own. */
  elsewhere: () => Promise<Page>;
}

/** No name but localhost resolves: what a page may ask of another host fails before it leaves the machine. */
const BROWSER_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

const OURS = new Set(["localhost", "127.0.0.1"]);
const WITHOUT_A_HOST = new Set(["data:", "blob:", "about:"]);

export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: BROWSER_ARGUMENTS });
}

/**
 * A browser for the tests of one file. What it gives back makes a test of what a visitor does: each test has a
 * browser context (cookies, tabs) of its own, and fails on any request to another machine, any uncaught error of a
 * page and any error in its console, whatever else it looks at.
 */
export function useBrowser() {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchBrowser(stackUnderTest().browserPath);
  });
  afterAll(async () => browser?.close());

  return (run: (visitor: Visitor) => Promise<void>, options: BrowserContextOptions = {}) =>
    async ({ task }: TestContext): Promise<void> => {
      if (!browser) throw new Error("the browser has not been started");
      const { open, contexts, complaints } = watchedContexts(browser, options);
      try {
        const page = await open();
        await run({ page, context: page.context(), elsewhere: open });
        complaints.push(...foreignConnections());
        if (complaints.length > 0) throw new Error(`Meanwhile in the browser:\n${complaints.join("\n")}`);
      } catch (error) {
        await keepEvidence(contexts, task.name, complaints);
        throw error;
      } finally {
        await Promise.all(contexts.map((context) => context.close()));
      }
    };
}

/** Opens browser contexts whose complaints (see `useBrowser`) are collected. */
function watchedContexts(browser: Browser, options: BrowserContextOptions) {
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];
  const open = async (): Promise<Page> => {
    const context = await browser.newContext({
      baseURL: stackUnderTest().app,
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    contexts.push(context);
    context.setDefaultTimeout(PATIENCE_MS);
    // Not a route: a handler would not see where redirects lead, and would get between the browser and its own cache.
    context.on("request", (request) => {
      if (!staysHere(request.url())) complaints.push(`request to another machine: ${request.url()}`);
    });
    context.on("weberror", (error) => complaints.push(`uncaught: ${error.error().message}`));
    context.on("console", (message) => {
      // An answer of 4xx or 5xx and a refused connection are part of some stories; the tests look at what is shown.
      if (message.type() !== "error" || message.text().startsWith("Failed to load resource")) return;
      complaints.push(`console: ${message.text()}`);
    });
    return context.newPage();
  };
  return { open, contexts, complaints };
}

/** What the app or the sandbox itself has asked of another machine (see only-loopback.mjs). */
function foreignConnections(): string[] {
  if (!existsSync(FOREIGN_CONNECTIONS)) return [];
  const lines = readFileSync(FOREIGN_CONNECTIONS, "utf8").trim().split("\n");
  return lines.map((line) => `connection of a server to another machine: ${line}`);
}

function staysHere(address: string): boolean {
  const url = new URL(address);
  return WITHOUT_A_HOST.has(url.protocol) || OURS.has(url.hostname);
}

/** A picture and the text of every open tab, to see why a test failed. */
async function keepEvidence(contexts: BrowserContext[], test: string, complaints: string[]): Promise<void> {
  mkdirSync(EVIDENCE_FOLDER, { recursive: true });
  const name = test.replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 80);
  for (const [index, page] of contexts.flatMap((context) => context.pages()).entries()) {
    const file = join(EVIDENCE_FOLDER, `${name}-${index + 1}`);
    try {
      await page.screenshot({ path: `${file}.png`, fullPage: true, timeout: 10_000 });
      const text = await shownText(page.locator("body"));
      writeFileSync(`${file}.txt`, [page.url(), ...complaints, "", text].join("\n"));
      console.error(`"${test}" failed at ${page.url()}: see ${file}.png and .txt`);
    } catch (error) {
      // The page may be what broke; the failure of the test itself matters more.
      console.error(`"${test}" failed at ${page.url()}, and no picture could be taken: ${String(error)}`);
    }
  }
}
