/**
 * Pictures of every page, for a person to look at: `tsx tests/e2e/screenshots.ts <folder>`, after `npm run build`.
 * Each at 390 and 1440 pixels, light and dark. Starts a stack of its own and stops it.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { DEMO_OPERATORS } from "@/prisma/demo-people";
import { ensureBrowser } from "@/scripts/stack/find-browser";
import { startStack } from "@/scripts/stack/start-stack";
import { launchBrowser } from "@/tests/support/browser";
import {
  CARDS,
  chooseThePlan,
  joined,
  newPerson,
  payWith,
  seen,
  seenAfterReloading,
  signUp,
  subscriptionOn,
} from "@/tests/support/journey";
import { arrivedMail, linkIn } from "@/tests/support/mailbox";
import { asStackUnderTest, FENCED, useOwnStack } from "@/tests/support/stack-under-test";
import { takeInboxAndOutbox } from "./screenshot-inbox-outbox";
import { takeOutages } from "./screenshot-outages";

const WIDTHS = [390, 1440];
const SCHEMES = ["light", "dark"] as const;

const [folderName] = process.argv.slice(2);
if (folderName === undefined) {
  console.error("Usage: tsx tests/e2e/screenshots.ts <folder>");
  process.exit(1);
}
const folder = resolve(folderName);
mkdirSync(folder, { recursive: true });

/** Saves the page that is open in every look: all of it, or what stands in the window. */
async function take(page: Page, name: string, part: "page" | "window" = "page"): Promise<void> {
  const fullPage = part === "page";
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      // What sticks to the top of the window would stand in the middle of the picture.
      if (fullPage) await page.evaluate(() => window.scrollTo(0, 0));
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage });
    }
  }
  console.log(name);
}

async function takeEach(page: Page, pages: Record<string, string>): Promise<void> {
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(path);
    await take(page, name);
  }
}

async function publicPages(page: Page): Promise<void> {
  await takeEach(page, {
    landing: "/",
    pricing: "/pricing",
    "sign-in": "/sign-in",
    "sign-in-password-changed": "/sign-in?notice=password-changed",
    "sign-up": "/sign-up",
    "forgot-password": "/forgot-password",
    "verify-email-incomplete": "/verify-email",
    "verify-email-old-link": "/verify-email?token=none",
    "reset-password": "/reset-password?token=none",
    "not-found": "/no-such-page",
  });
  await page.goto("/sign-up");
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("E-mail").fill("ada@example.test");
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Create account" }).click();
  await seen(page.getByText("Use at least 10 characters."));
  await take(page, "sign-up-refused");
  await signUp(page, newPerson());
  await take(page, "sign-up-done");
}

async function beforePaying(page: Page): Promise<void> {
  await takeEach(page, {
    "dashboard-new": "/dashboard",
    "billing-free": "/billing",
    "billing-left-payment": "/billing?checkout=cancelled&plan=team&interval=year",
    "return-unknown": "/billing/return?operation=none",
    settings: "/settings",
    "settings-workspace": "/settings/workspace",
  });
  await page.goto("/dashboard");
  for (const name of ["Harbour", "Lighthouse"]) {
    await page.getByLabel("New project").fill(name);
    await page.getByRole("button", { name: "Create project" }).click();
    await seen(page.getByText(name, { exact: true }));
  }
  await take(page, "dashboard-limit");
}

async function paying(page: Page): Promise<void> {
  await chooseThePlan(page, "Pro");
  await take(page, "pay");
  await payWith(page, CARDS.declined);
  await seen(page.getByText("insufficient funds"));
  await take(page, "pay-declined");
  await payWith(page, CARDS.asksForAuthentication);
  await seen(page.getByRole("button", { name: "Complete authentication" }));
  await take(page, "pay-3d-secure");
  await page.getByRole("button", { name: "Fail authentication" }).click();
  await payWith(page, CARDS.good);
  await seen(page.getByRole("heading", { name: "Pro is active" }));
  await take(page, "return-active");
}

async function withASubscription(page: Page): Promise<void> {
  await takeEach(page, { "dashboard-pro": "/dashboard", "billing-pro": "/billing" });
  await page.getByRole("link", { name: "Change to Team" }).click();
  await seen(page.getByRole("alertdialog"));
  await take(page, "billing-change-dialog");
  await page.getByRole("alertdialog").getByRole("button", { name: "Change to Team" }).click();
  await seen(subscriptionOn(page).getByText("Team", { exact: true }));
  await page.getByRole("button", { name: "Manage card and invoices" }).click();
  await page.waitForURL(/\/portal\//);
  const portal = page.url().replace(/\?.*/, "");
  await takeEach(page, {
    portal,
    "portal-plan": `${portal}/plan`,
    "portal-card": `${portal}/card`,
    "portal-cancel": `${portal}/cancel`,
  });
  await page.getByRole("button", { name: "Cancel plan" }).click();
  await seenAfterReloading(page, "/billing", subscriptionOn(page).getByText("Ending", { exact: true }));
  await take(page, "billing-ending");
  await takeEach(page, { "dashboard-ending": "/dashboard" });
}

async function sandboxPages(page: Page, email: string): Promise<void> {
  const receipt = await arrivedMail(email, "Your receipt");
  await page.goto("/sandbox/mailbox");
  const mailbox = page.url();
  await takeEach(page, {
    mailbox,
    "mailbox-receipt": `${mailbox}/${receipt.id}`,
    "mailbox-receipt-text": `${mailbox}/${receipt.id}?view=text`,
    "sandbox-payments": "/sandbox/payments",
    "sandbox-events": "/sandbox/events",
    "sandbox-control": "/sandbox/control",
  });
}

const browserPath = ensureBrowser(console.log);
const stack = await startStack({ mode: "test", demoOperators: DEMO_OPERATORS, env: FENCED });
try {
  useOwnStack(asStackUnderTest(stack, browserPath));
  const browser = await launchBrowser(browserPath);
  const page = await browser.newPage({ baseURL: stack.urls.app });
  await publicPages(page);
  const person = newPerson();
  await signUp(page, person);
  await page.goto(linkIn(await arrivedMail(person.email, "Confirm your e-mail address"), "/verify-email"));
  await take(page, "verify-email");
  const customer = await joined(page);
  await beforePaying(page);
  await paying(page);
  await withASubscription(page);
  await sandboxPages(page, customer.email);
  const [newcomer, operator, stranger] = await Promise.all(
    [1, 2, 3].map(() => browser.newPage({ baseURL: stack.urls.app })),
  );
  if (!newcomer || !operator || !stranger) throw new Error("no three browsers");
  await joined(newcomer);
  await takeOutages(take, { customer: newcomer, operator, stranger });
  await takeInboxAndOutbox(take, operator, customer.email);
  await browser.close();
} finally {
  await stack.stop();
}
