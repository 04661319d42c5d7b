import type { BrowserContext } from "playwright-core";
import { expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import {
  CARDS,
  chooseThePlan,
  joined,
  payWith,
  seen,
  shownText,
  subscriptionOn,
} from "@/tests/support/journey";
import { billingOf, eventsOf } from "@/tests/support/sandbox";
import { stackUnderTest } from "@/tests/support/stack-under-test";

const visit = useBrowser();

/** Ids and keys as Stripe and Resend form them: https://docs.stripe.com/api, https://resend.com/docs. */
const VENDOR_ID =
  /\b(?:cus|sub|si|price|prod|in|ii|il|inpay|pi|pm|ch|py|evt|seti|txn|re|cs|bps|bpc|req|we|acct|card|src|tok|whsec|sk|rk|pk)_(?:test_|live_)?(?=[a-z]*[A-Z\d])[A-Za-z0-9]{14,}\b/g;

/** What an end user is not to read anywhere. */
const VENDOR_WORD = /\bstripe\b|sendgrid|better.?auth|\bprisma\b|\bpostgres/i;

const PAGES = [
  "/",
  "/pricing",
  "/status",
  "/sign-in",
  "/sign-up",
  "/forgot-password",
  "/verify-email",
  "/reset-password?token=none",
  "/dashboard",
  "/billing",
  "/billing?confirm=cancel",
  "/billing/return?operation=none",
  "/settings",
  "/settings/workspace",
  "/no-such-page",
];

const ROUTES = [
  "/api/health",
  "/api/health/pump",
  "/api/status",
  "/api/webhooks/stripe",
  "/api/webhooks/resend",
  "/api/webhooks/sendgrid",
  "/api/cron/pump",
  "/icon.svg",
];

interface Answer {
  what: string;
  text: string;
}

/**
 * Keeps the text of every answer that the app's scripts fetch meanwhile: payloads and results of actions. They are read
 * on their way, because browsers keep no copy of what is streamed; whole pages are asked for again below.
 */
async function collectAnswers(context: BrowserContext): Promise<Answer[]> {
  const answers: Answer[] = [];
  await context.route(`${stackUnderTest().app}/**`, async (route) => {
    const request = route.request();
    if (request.resourceType() !== "fetch") return route.continue();
    const response = await route.fetch({ maxRedirects: 0 });
    answers.push({ what: `${request.method()} ${request.url()}`, text: await response.text() });
    await route.fulfill({ response });
  });
  return answers;
}

it(
  "carries no id, secret or name of a vendor in any page, payload or answer",
  visit(async ({ page, context }) => {
    const collected = await collectAnswers(context);
    const person = await joined(page);
    await chooseThePlan(page, "Pro");
    const checkoutId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    await payWith(page, CARDS.good);
    await seen(page.getByRole("heading", { name: "Pro is active" }));
    const returnPage = page.url();
    await page.goto("/billing");
    await page.getByRole("link", { name: "Change to Team" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Change to Team" }).click();
    await seen(subscriptionOn(page).getByText("Team", { exact: true }));
    await page.getByRole("link", { name: "Cancel subscription" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Cancel subscription" }).click();
    await seen(subscriptionOn(page).getByText("Ending", { exact: true }));

    expect(collected.filter(({ what }) => what.startsWith("POST")).length).toBeGreaterThan(3);
    for (const path of [...PAGES, ...ROUTES, returnPage]) {
      for (const headers of [undefined, { RSC: "1" }]) {
        const response = await context.request.get(path, { headers });
        collected.push({ what: `${path} ${headers ? "(payload)" : ""}`, text: await response.text() });
      }
    }
    for (const path of [...PAGES, returnPage]) {
      await page.goto(path);
      expect(await shownText(page.locator("body")), path).not.toMatch(VENDOR_WORD);
    }

    const { customer, subscriptions, invoices } = await billingOf(person.email);
    const events = await eventsOf(customer.id);
    const ids = [
      checkoutId,
      ...[customer, ...subscriptions, ...invoices, ...events].map(({ id }) => id),
      ...events.flatMap(({ data }) => data.object.id ?? []),
    ];
    expect(ids.length).toBeGreaterThan(10);
    expect(ids.filter((id) => id.match(VENDOR_ID)?.[0] !== id)).toEqual([]);
    const known = [...ids, ...stackUnderTest().secrets];
    for (const { what, text } of collected) {
      expect(text.match(VENDOR_ID) ?? [], what).toEqual([]);
      expect(
        known.filter((secret) => text.includes(secret)),
        what,
      ).toEqual([]);
    }
  }),
);
