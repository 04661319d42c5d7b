import type { Locator, Page } from "playwright-core";
import { afterEach, expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import { CARDS, joined, newPerson, payWith, seen, sendSignUpForm, shownText } from "@/tests/support/journey";
import { arrivedMail, listMails } from "@/tests/support/mailbox";
import {
  breakerOn,
  openConsole,
  overrideBy,
  pressInChaos,
  showsState,
  stateFirstShownAt,
} from "@/tests/support/operator";
import { eventually } from "@/tests/support/poll";
import { clearFaults } from "@/tests/support/sandbox";
import { lastOpenedAt, nothingWaits, overridesOf, resetCircuits } from "@/tests/support/stack-database";
import { stackUnderTest } from "@/tests/support/stack-under-test";

// One after another: what is broken is broken for everybody who uses the sandbox.

const visit = useBrowser();

afterEach(async () => {
  await clearFaults();
  await resetCircuits();
});

/** Of the failure that reaches the threshold, until the console of an operator shows it. */
const SHOWN_WITHIN_MS = 2_000;

/** What nobody has to wait for: the breaker answers in the vendor's place. */
const ANSWER_WITHIN_MS = 100;

/** A breaker's 30 s, a probe, a look at the page, and what a slow machine adds. */
const RECOVERY_MS = 45_000;

const NO_PAYMENTS = "New payments and plan changes are not possible right now.";

/** Marks a page, so that a reload can be told from a page that renews itself. */
const markPage = (page: Page) => page.evaluate(() => document.documentElement.setAttribute("data-same", ""));
const isSamePage = (page: Page) => page.evaluate(() => document.documentElement.hasAttribute("data-same"));

/** How long the server took to begin its answer to a press, in milliseconds; Next may leave the rest of it unread. */
async function answerTime(page: Page, button: Locator): Promise<number> {
  const [response] = await Promise.all([
    page.waitForResponse((one) => one.request().method() === "POST"),
    button.click(),
  ]);
  return response.request().timing().responseStart;
}

/** What anybody is told of payments. */
async function paymentsStatus(): Promise<string | undefined> {
  const response = await fetch(`${stackUnderTest().app}/api/status`);
  const { capabilities } = (await response.json()) as { capabilities: { id: string; status: string }[] };
  return capabilities.find(({ id }) => id === "payments")?.status;
}

it(
  "shows an outage of payments and its end, to operators at once and to customers calmly, without a reload",
  visit(async ({ page: console, elsewhere }) => {
    const billing = await elsewhere();
    await joined(billing);
    const dashboard = await billing.context().newPage();
    await Promise.all([billing.goto("/billing"), dashboard.goto("/dashboard"), openConsole(console)]);
    await Promise.all([console, billing, dashboard].map(markPage));

    const writes = breakerOn(console, "Payments", "Writes");
    const reads = breakerOn(console, "Payments", "Reads");
    await showsState(writes, "Closed");
    await pressInChaos(console, "Payments", "Error (500)");
    const shownAt = [stateFirstShownAt(writes, "Open"), stateFirstShownAt(reads, "Open")] as const;
    await console.getByRole("button", { name: "Make 20 calls" }).click();
    const [writesAt, readsAt] = await Promise.all(shownAt);
    expect(writesAt - (await lastOpenedAt("stripe", "write"))).toBeLessThan(SHOWN_WITHIN_MS);
    expect(readsAt - (await lastOpenedAt("stripe", "read"))).toBeLessThan(SHOWN_WITHIN_MS);
    await seen(writes.getByText(/Calls fail at once\. Probe in \d+ s\./));

    const banner = dashboard.getByText(NO_PAYMENTS);
    await seen(banner);
    await billing.bringToFront();
    await seen(billing.getByText(NO_PAYMENTS));
    await expectCalmCheckout(billing);
    expect(await paymentsStatus()).toBe("down");
    const status = await elsewhere();
    await status.goto("/status");
    await seen(status.getByRole("heading", { name: "Not everything is working" }));
    await seen(status.getByRole("listitem").filter({ hasText: "Payments" }).getByText("Not available"));

    await pressInChaos(console, "Payments", "Healthy again");
    await Promise.all([reads, writes].map((breaker) => showsState(breaker, "Closed", RECOVERY_MS)));
    await seen(status.getByRole("heading", { name: "Everything is working" }));
    await dashboard.bringToFront();
    await banner.waitFor({ state: "hidden" });
    expect(await Promise.all([console, billing, dashboard].map(isSamePage))).toEqual([true, true, true]);

    await billing.bringToFront();
    await billing.getByRole("button", { name: "Try again" }).click();
    await billing.waitForURL(/\/pay\//);
    await payWith(billing, CARDS.good);
    await seen(billing.getByRole("heading", { name: "Pro is active" }));
  }),
);

/** At the billing page of somebody who has no plan, while the breaker is open. */
async function expectCalmCheckout(billing: Page): Promise<void> {
  const failure = billing.getByRole("main").getByRole("alert");
  await billing.getByRole("button", { name: "Choose Pro" }).click();
  await seen(failure.getByText("Payments are not available right now. You have not been charged."));
  expect(await shownText(failure)).not.toMatch(/stripe|breaker|circuit|\b[45]\d\d\b/i);
  const again = failure.getByRole("button", { name: "Try again" });
  // The quickest of a few: what else this machine does is no matter of the app's.
  const times: number[] = [];
  for (let press = 0; press < 4; press += 1) times.push(await answerTime(billing, again));
  expect(Math.min(...times)).toBeLessThan(ANSWER_WITHIN_MS);
}

it(
  "sends mails through the second provider while the first one's breaker is open, each of them once",
  visit(async ({ page: console, elsewhere }) => {
    const operator = await openConsole(console);
    const writes = breakerOn(console, "E-mail", "Writes");
    await pressInChaos(console, "E-mail", "Refuse");
    await console.getByRole("button", { name: "Send 10 mails" }).click();
    await showsState(writes, "Open");
    // Its breaker stays open for its time; the mailbox stands on the port that was closed.
    await pressInChaos(console, "E-mail", "Healthy again");
    const person = newPerson();
    const visitor = await elsewhere();
    await visitor.goto("/sign-up");
    await sendSignUpForm(visitor, person);

    const testMails = async () =>
      (await listMails(operator.email)).filter(({ subject }) => subject.includes("test"));
    const mails = await eventually("all mails to be delivered", async () => {
      const arrived = await testMails();
      return arrived.length >= 10 && arrived;
    });
    expect(mails.map(({ provider }) => provider)).toEqual(Array(10).fill("sendgrid"));
    await arrivedMail(person.email, "Confirm your e-mail address");
    await visitor.goto(`${stackUnderTest().mailbox}/mailbox?to=${encodeURIComponent(person.email)}`);
    await visitor.getByRole("link", { name: "Confirm your e-mail address" }).click();
    await seen(visitor.locator("dt", { hasText: "Taken by" }).locator("xpath=following-sibling::dd[1]"));
    expect(await shownText(visitor.locator("dl"))).toMatch(/Taken by\s+SendGrid/);

    await overrideBy(writes, "Close");
    await showsState(writes, "Closed");
    await console.getByRole("button", { name: "Send a test: E-mail" }).click();
    await eventually("a mail of the first provider", async () =>
      (await testMails()).some(({ provider }) => provider === "resend"),
    );
    // Whatever is tried twice would have gone out by now.
    await nothingWaits();
    expect(await testMails()).toHaveLength(11);
    expect(await listMails(person.email)).toHaveLength(1);
  }),
);

it(
  "holds a breaker open by hand until it is closed by hand, and notes who did so",
  visit(async ({ page }) => {
    const { email: by } = await openConsole(page);
    const before = (await overridesOf("oncall")).length;
    const breaker = breakerOn(page, "On-call", "Writes");
    await breaker.getByRole("link", { name: "Hold open" }).click();
    const dialog = page.getByRole("alertdialog", { name: "Hold on-call, writes open?" });
    await seen(dialog.getByText("noted in the audit log under your name"));
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await showsState(breaker, "Closed");

    await overrideBy(breaker, "Hold open");
    await showsState(breaker, "Held open");
    await seen(breaker.getByText("Calls fail at once until an operator closes it."));
    await overrideBy(breaker, "Close");
    await showsState(breaker, "Closed");
    await overrideBy(breaker, "Reset");
    expect((await overridesOf("oncall")).slice(before)).toEqual([
      { action: "circuit.opened", by },
      { action: "circuit.closed", by },
      { action: "circuit.reset", by },
    ]);
  }),
);

it(
  "asks and acts on a page of its own with JavaScript switched off",
  visit(
    async ({ page }) => {
      await openConsole(page);
      const breaker = breakerOn(page, "On-call", "Writes");
      await breaker.getByRole("link", { name: "Hold open" }).click();
      await seen(page.getByRole("heading", { name: "Hold on-call, writes open?" }));
      await page.getByRole("button", { name: "Hold open", exact: true }).click();
      await showsState(breaker, "Held open");
    },
    { javaScriptEnabled: false },
  ),
);

it(
  "has no console for customers, and asks strangers to sign in",
  visit(async ({ page }) => {
    await page.goto("/admin/integrations");
    await page.waitForURL("**/sign-in?next=%2Fadmin%2Fintegrations");
    await joined(page);
    const response = await page.goto("/admin/integrations");
    expect(response?.status()).toBe(404);
    expect(await shownText(page.locator("body"))).not.toMatch(/operator|integration|breaker|stripe/i);
  }),
);
