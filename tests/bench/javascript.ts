/** How much JavaScript a browser loads for a page, as it travels (gzip). */
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { type Cookie, launchBrowser, type Person, signIn } from "./sign-in";

async function bytesOf(browser: Browser, url: string, cookies: readonly Cookie[]): Promise<number> {
  const context = await browser.newContext();
  await context.addCookies(cookies.map((cookie) => ({ ...cookie, domain: "localhost", path: "/" })));
  const page = await context.newPage();
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() !== "script") return;
    sizes.push(response.body().then((body) => gzipSync(body, { level: 6 }).byteLength));
  });
  await page.goto(url, { waitUntil: "networkidle" });
  const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await context.close();
  return total;
}

export async function benchJavaScript(input: {
  app: string;
  floor: string;
  publicPaths: readonly string[];
  signedInPaths: readonly string[];
  person: Person;
}): Promise<string[]> {
  const browser = await launchBrowser();
  try {
    const cookies = await signIn(browser, input.app, input.person);

    const bare = await bytesOf(browser, input.floor, []);
    const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1);
    const rows = [`| a bare page | ${kilobytes(bare)} | – |`];
    for (const path of [...input.publicPaths, ...input.signedInPaths]) {
      const isPublic = input.publicPaths.includes(path);
      const bytes = await bytesOf(browser, `${input.app}${path}`, isPublic ? [] : cookies);
      rows.push(`| \`${path}\` | ${kilobytes(bytes)} | ${kilobytes(bytes - bare)} |`);
    }
    return ["| page | kB gzip | over a bare page |", "|---|---|---|", ...rows];
  } finally {
    await browser.close();
  }
}
