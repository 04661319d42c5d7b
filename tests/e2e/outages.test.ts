import type { Locator, Page } from "playwright-core";
import { expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import {
  confirmAddress,
  joined,
  newPerson,
  seen,
  shownText,
  signUp,
  subscribed,
  subscriptionOn,
} from "@/tests/support/journey";
import { arrivedMail, listMails } from "@/tests/support/mailbox";
import { eventually } from "@/tests/support/poll";
import { billingOf, type FaultInput, openFaults, withFault } from "@/tests/support/sandbox";

// One after another: a fault is there for everybody who uses the sandbox.

const visit = useBrowser();

/** The house plan's deadline for a write that somebody waits for (10 s), and what a slow machine adds. */
const ANSWER_WITHIN_MS = 14_000;

/** What only a vendor, a library or a stack trace would say. */
const NOT_FOR_PEOPLE =
  /stripe|sandbox was told|ECONN|fetch failed|undefined|\bat \w+ \(|[a-z]+_error|\b[45]\d\d\b/i;

const OUTAGES: [what: string, fault: FaultInput][] = [
  ["answers 500", { vendor: "stripe", kind: "status", status: 500 }],
  ["refuses our key", { vendor: "stripe", kind: "status", status: 401 }],
  ["asks us to slow down", { vendor: "stripe", kind: "status", status: 429 }],
  ["refuses connections", { vendor: "stripe", kind: "refused" }],
  ["answers garbage", { vendor: "stripe", kind: "garbage" }],
  ["hangs", { vendor: "stripe", kind: "hang" }],
  [
    "does the work and loses the answer",
    { vendor: "stripe", kind: "reset", phase: "body", route: "POST /v1/checkout/*" },
  ],
];

/** Presses, and gives the words of the message that comes, in time and fit for people. */
async function messageAfterPressing(page: Page, button: Locator, alert: Locator): Promise<string> {
  const startedAt = performance.now();
  await button.click();
  await seen(alert);
  expect(performance.now() - startedAt).toBeLessThan(ANSWER_WITHIN_MS);
  const words = await shownText(alert.getByRole("paragraph").first());
  expect(words).toMatch(/^[A-Z].*\.$/);
  expect(await shownText(page.locator("body"))).not.toMatch(NOT_FOR_PEOPLE);
  return words;
}

for (const [what, fault] of OUTAGES) {
  it(
    `says so in time when the payments vendor ${what}, and opens one payment page once it is back`,
    visit(async ({ page }) => {
      const person = await joined(page);
      await page.goto("/billing");
      const choose = page.getByRole("button", { name: "Choose Pro" });
      await withFault(fault, () =>
        messageAfterPressing(page, choose, page.getByRole("main").getByRole("alert")),
      );
      await choose.click();
      await page.waitForURL(/\/pay\//);
      const { others, checkouts } = await billingOf(person.email);
      expect([others.length, checkouts.length]).toEqual([0, 1]);
    }),
  );
}

it(
  "keeps the plan when the payments vendor fails in the middle of a change, and changes it once it is back",
  visit(async ({ page }) => {
    const person = await subscribed(page);
    await page.goto("/billing");
    const dialog = page.getByRole("alertdialog");
    const change = dialog.getByRole("button", { name: "Change to Team" });
    const fault: FaultInput = {
      vendor: "stripe",
      kind: "status",
      status: 500,
      route: "POST /v1/subscriptions/*",
    };
    await withFault(fault, async () => {
      await page.getByRole("link", { name: "Change to Team" }).click();
      await change.click();
      await seen(page.getByText("We are checking whether your change went through."));
      await seen(subscriptionOn(page).getByText("Pro", { exact: true }));
    });

    // The page finds out by itself, once the change can no longer be made.
    await seen(page.getByText("Your change did not go through."));
    await page.getByRole("link", { name: "Change to Team" }).click();
    await change.click();
    await seen(subscriptionOn(page).getByText("Team", { exact: true }));
    const { subscriptions, invoices } = await billingOf(person.email);
    expect([subscriptions.length, invoices.length]).toEqual([1, 2]);
  }),
);

it(
  "shows every page from its own tables while the payments vendor is away",
  visit(async ({ page }) => {
    await subscribed(page);
    await withFault({ vendor: "stripe", kind: "refused" }, async () => {
      await page.goto("/billing");
      await seen(subscriptionOn(page).getByText("Visa ending in 4242"));
      await page.goto("/dashboard");
      await seen(page.getByRole("link", { name: "Manage billing" }));
    });
  }),
);

it(
  "takes a sign-up while the mail vendor is down, and mails once it is back",
  visit(async ({ page }) => {
    const person = newPerson();
    await withFault({ vendor: "resend", kind: "refused" }, () => signUp(page, person));
    await confirmAddress(page, person);
    await page.waitForURL("**/dashboard");
  }),
);

it(
  "sends a mail once when its vendor took it and lost the answer",
  visit(async ({ page }) => {
    const person = newPerson();
    await withFault(
      { vendor: "resend", kind: "reset", phase: "body", route: "POST /emails", times: 2 },
      async () => {
        await signUp(page, person);
        await arrivedMail(person.email, "Confirm your e-mail address");
        await eventually("the two lost answers", async () => (await openFaults()) === 0);
      },
    );
    // Its welcome goes out later, by which time the first one has been tried again.
    await confirmAddress(page, person);
    await arrivedMail(person.email, "Welcome");
    const subjects = (await listMails(person.email)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject.startsWith("Confirm"))).toHaveLength(1);
  }),
);
