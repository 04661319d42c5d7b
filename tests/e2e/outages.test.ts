import type { Locator, Page } from "playwright-core";
import { afterEach, expect, it } from "vitest";
import { withClient } from "@/scripts/stack/database-client";
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
import { openConsole } from "@/tests/support/operator";
import { eventually } from "@/tests/support/poll";
import {
  billingOf,
  type FaultInput,
  openFaults,
  requestCounts,
  withDeliveriesHeld,
  withFault,
  withFaults,
} from "@/tests/support/sandbox";
import { sourceFiles } from "@/tests/support/source-files";
import { nothingWaits, passLastEffect, resetCircuits } from "@/tests/support/stack-database";
import { stackUnderTest } from "@/tests/support/stack-under-test";

// One after another: a fault is there for everybody who uses the sandbox.

const visit = useBrowser();

afterEach(resetCircuits);

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
      const alert = page.getByRole("main").getByRole("alert");
      const words = await withFault(fault, () => messageAfterPressing(page, choose, alert));
      expect(words).toBe("Payments are not available right now. You have not been charged.");
      await alert.getByRole("button", { name: "Try again" }).click();
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

    // The page finds out by itself, once the change can no longer be made: after a minute and a half.
    await passLastEffect(person.email);
    await seen(page.getByText("Your change did not go through."));
    await page.getByRole("link", { name: "Change to Team" }).click();
    await change.click();
    await seen(subscriptionOn(page).getByText("Team", { exact: true }));
    const { subscriptions, invoices } = await billingOf(person.email);
    expect([subscriptions.length, invoices.length]).toEqual([1, 2]);
  }),
);

it(
  "finds out by itself that a change was made whose answer was lost, and makes it once",
  visit(async ({ page }) => {
    const person = await subscribed(page);
    await nothingWaits();
    await page.goto("/billing");
    const change = "POST /v1/subscriptions/*";
    const look = "GET /v1/subscriptions/*";
    const faults: FaultInput[] = [
      { vendor: "stripe", kind: "reset", phase: "body", route: change },
      // What would tell of it at once takes its time as well, so that there is something to see.
      { vendor: "stripe", kind: "latency", latencyMs: 3_000, route: look },
    ];
    await withFaults(faults, async () => {
      await page.getByRole("link", { name: "Change to Team" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Change to Team" }).click();
      await seen(page.getByText("We are checking whether your change went through."));
      await seen(page.getByText("You won't be charged twice."));
    });
    await seen(subscriptionOn(page).getByText("Team", { exact: true }));
    await page.getByText("We are checking").waitFor({ state: "hidden" });
    const { subscriptions, invoices } = await billingOf(person.email);
    expect([subscriptions.length, invoices.length]).toEqual([1, 2]);
  }),
);

/** Less than the shortest deadline of a call: a page that waited for a vendor would take longer. */
const PAGE_WITHIN_MS = 4_000;

const PUBLIC_PAGES = [
  "/",
  "/pricing",
  "/status",
  "/sign-in",
  "/sign-up",
  "/forgot-password",
  "/reset-password?token=none",
  "/verify-email?token=none",
  "/unsubscribe?token=none",
  "/no-such-page",
  "/api/status",
];
const CUSTOMERS_PAGES = [
  "/dashboard",
  "/billing",
  "/billing?confirm=cancel",
  "/billing/return?operation=none",
  "/settings",
  "/settings/workspace",
];
const OPERATORS_PAGES = [
  "/admin/integrations",
  "/admin/integrations?range=day",
  "/admin/webhooks",
  "/admin/emails",
  "/admin/emails/suppressions",
];

/** A page of one event and of one mail, of those that there are. */
async function pagesOfOne(): Promise<string[]> {
  return withClient(stackUnderTest().database, async (client) => {
    const { rows } = await client.query<{ path: string }>(
      `(SELECT '/admin/webhooks/' || id AS path FROM webhook_event LIMIT 1)
       UNION ALL (SELECT '/admin/emails/' || id FROM outbox_message WHERE kind = 'EMAIL' LIMIT 1)`,
    );
    return rows.map(({ path }) => path);
  });
}

/** What the address of each page of the app looks like. */
function pagesOfTheApp(): string[] {
  return sourceFiles("app", /\/page\.tsx$/).map(
    ({ path }) =>
      path
        .slice("app".length, -"/page.tsx".length)
        .replaceAll(/\/\([a-z]+\)/g, "")
        .replaceAll("[id]", "[0-9a-f-]{36}") || "/",
  );
}

it(
  "asks no vendor for any page, and shows each at once while all of them hang",
  visit(async ({ page: customer, elsewhere }) => {
    const [stranger, operator] = await Promise.all([elsewhere(), elsewhere()]);
    await Promise.all([subscribed(customer), openConsole(operator)]);
    await nothingWaits();
    const pagesOfRows = await pagesOfOne();
    const slow: string[] = [];
    const open = async (page: Page, paths: readonly string[]) => {
      for (const path of paths) {
        const startedAt = performance.now();
        await page.goto(path);
        if (performance.now() - startedAt > PAGE_WITHIN_MS) slow.push(path);
      }
    };
    const faults = (["stripe", "resend", "sendgrid", "oncall"] as const).map(
      (vendor): FaultInput => ({ vendor, kind: "hang" }),
    );
    await withFaults(faults, async () => {
      const before = await requestCounts();
      expect(before.stripe, "calls are counted").toBeGreaterThan(0);
      await open(stranger, PUBLIC_PAGES);
      await open(customer, CUSTOMERS_PAGES);
      await customer.goto("/billing");
      await seen(subscriptionOn(customer).getByText("Visa ending in 4242"));
      await open(operator, [...pagesOfRows, ...OPERATORS_PAGES]);
      await operator.goto("/admin/integrations");
      await seen(operator.getByRole("heading", { name: "At a glance" }));
      expect(await requestCounts()).toEqual(before);
    });
    expect(slow).toEqual([]);
    const opened = [...PUBLIC_PAGES, ...CUSTOMERS_PAGES, ...OPERATORS_PAGES, ...pagesOfRows];
    expect(opened).toEqual(
      expect.arrayContaining(pagesOfTheApp().map((page) => expect.stringMatching(`^${page}(\\?.*)?$`))),
    );
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
    // The vendor's report would settle it before it is tried again.
    await withDeliveriesHeld("resend", () =>
      withFault(
        { vendor: "resend", kind: "reset", phase: "body", route: "POST /emails", times: 2 },
        async () => {
          await signUp(page, person);
          await arrivedMail(person.email, "Confirm your e-mail address");
          await eventually("the two lost answers", async () => (await openFaults()) === 0);
        },
      ),
    );
    // Its welcome goes out later, by which time the first one has been tried again.
    await confirmAddress(page, person);
    await arrivedMail(person.email, "Welcome");
    const subjects = (await listMails(person.email)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject.startsWith("Confirm"))).toHaveLength(1);
  }),
);
