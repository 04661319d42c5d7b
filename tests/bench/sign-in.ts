import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "@/scripts/stack/find-browser";

export interface Cookie {
  name: string;
  value: string;
}

export interface Person {
  email: string;
  password: string;
}

export function launchBrowser(): Promise<Browser> {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error("no browser found");
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

/** Signs in as a person would; the cookies of that session. */
export async function signIn(browser: Browser, app: string, person: Person): Promise<Cookie[]> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${app}/sign-in`);
  await page.getByLabel("E-mail").first().fill(person.email);
  await page.getByLabel("Password").first().fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL("**/dashboard");
  const cookies = (await context.cookies()).map(({ name, value }) => ({ name, value }));
  await context.close();
  return cookies;
}
