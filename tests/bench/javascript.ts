/** How much JavaScript a browser loads for a page, as it travels (gzip). */
import { gzipSync } from "node:zlib";
import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "@/scripts/stack/find-browser";

async function bytesOf(
  browser: Browser,
  url: string,
  cookies: { name: string; value: string }[],
): Promise<number> {
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
  person: { email: string; password: string };
}): Promise<string[]> {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error("no browser found");
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    const signIn = await browser.newContext();
    const page = await signIn.newPage();
    await page.goto(`${input.app}/sign-in`);
    await page.getByLabel("E-mail").first().fill(input.person.email);
    await page.getByLabel("Password").first().fill(input.person.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.waitForURL("**/dashboard");
    const cookies = (await signIn.cookies()).map(({ name, value }) => ({ name, value }));
    await signIn.close();

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
