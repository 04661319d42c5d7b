import type { Locator, Page } from "playwright-core";
import { expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import { joined, seen, shownText, subscribed } from "@/tests/support/journey";
import { listMails } from "@/tests/support/mailbox";
import { openConsole } from "@/tests/support/operator";
import { giveUpEvents, nothingWaits, replaysNoted } from "@/tests/support/stack-database";

// One after another: they look at the same inbox.

const visit = useBrowser();

const COMPLETED = "checkout.session.completed";
const CREATED = "customer.subscription.created";

/** The list of events, apart from those that want a person. */
const eventsOn = (page: Page) => page.getByRole("region", { name: "Events", exact: true });

/** A fact on an event's page, by its term. */
const fact = (page: Page, term: string): Locator =>
  page.locator("dt", { hasText: new RegExp(`^${term}$`) }).locator("xpath=following-sibling::dd[1]");

async function openWebhooks(page: Page): Promise<void> {
  await openConsole(page);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Webhooks" }).click();
  await seen(page.getByRole("heading", { name: "Webhooks", level: 1 }));
}

async function filterByType(page: Page, type: string): Promise<void> {
  await page.getByLabel("Type", { exact: true }).selectOption(type);
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await page.waitForURL((url) => url.searchParams.get("type") === type);
}

/** Opens the newest event of the list. */
async function openFirst(page: Page): Promise<void> {
  await eventsOn(page).locator("tbody").getByRole("link").first().click();
  await page.waitForURL(/\/admin\/webhooks\/[0-9a-f-]{36}/);
}

it(
  "shows an event from its arrival to what it caused, and replays it without a second effect",
  visit(async ({ page, elsewhere }) => {
    const customer = await elsewhere();
    const person = await subscribed(customer);
    await nothingWaits();
    const mails = (await listMails(person.email)).length;

    await openWebhooks(page);
    await filterByType(page, COMPLETED);
    await openFirst(page);
    await seen(page.getByRole("heading", { name: COMPLETED, level: 1 }));
    expect(await shownText(fact(page, "Replayed"))).toBe("Never");
    const payload = page.getByRole("region", { name: "Payload as JSON" });
    const text = await shownText(payload);
    expect(text).toContain('"object": "event"');
    expect(text).toContain("[hidden e-mail]");
    expect(text).not.toContain(person.email);
    expect(text).not.toContain(person.name);

    await page.getByRole("link", { name: "Replay", exact: true }).click();
    const dialog = page.getByRole("alertdialog", { name: `Replay ${COMPLETED}?` });
    await dialog.getByRole("button", { name: "Replay", exact: true }).click();
    await dialog.waitFor({ state: "hidden" });
    await seen(page.getByRole("region", { name: "What changed" }).getByText("Sent back to be handled again"));
    await nothingWaits();
    await page.reload();
    expect(await shownText(fact(page, "Replayed"))).toBe("Once");
    await seen(page.getByRole("region", { name: "Where it stands" }).getByText("Done", { exact: true }));
    expect(await listMails(person.email)).toHaveLength(mails);
  }),
);

it(
  "puts what was given up first, and replays a filtered set with progress",
  visit(async ({ page, elsewhere }) => {
    await subscribed(await elsewhere());
    await nothingWaits();
    const { email: by } = await openConsole(page);
    const given = await giveUpEvents(CREATED);
    expect(given).toBeGreaterThan(0);
    await page.goto("/admin/webhooks");
    await seen(page.getByRole("region", { name: "Wants a person" }).getByText("Given up").first());

    await page
      .getByRole("navigation", { name: "Events by state" })
      .getByRole("link", { name: /^Given up/ })
      .click();
    await page.waitForURL((url) => url.searchParams.get("status") === "dead");
    await filterByType(page, CREATED);
    await page.getByRole("link", { name: "Replay these" }).click();
    const dialog = page.getByRole("alertdialog", { name: /^Replay \d+\+? events?\?$/ });
    await seen(dialog.getByText("noted in the audit log under your name"));
    await dialog.getByRole("button", { name: "Replay", exact: true }).click();
    await dialog.waitFor({ state: "hidden" });
    const progress = page.getByRole("region", { name: "Replays" });
    await seen(progress.getByText("Finished"));
    await seen(progress.getByText(`of type ${CREATED}`));
    await seen(eventsOn(page).getByText("No event is like that"));
    expect(await replaysNoted(by)).toBeGreaterThanOrEqual(given);
    await nothingWaits();
  }),
);

it(
  "filters, pages and asks before a replay with JavaScript switched off",
  visit(
    async ({ page }) => {
      await nothingWaits();
      await openWebhooks(page);
      await filterByType(page, COMPLETED);
      await page.getByLabel("Workspace", { exact: true }).fill("nobody's workspace");
      await page.getByRole("button", { name: "Filter", exact: true }).click();
      await seen(page.getByText("There is no workspace with this name or id."));
      await page.getByRole("link", { name: "Clear all" }).click();
      await filterByType(page, COMPLETED);
      await openFirst(page);
      await page.getByRole("link", { name: "Replay", exact: true }).click();
      await seen(page.getByRole("heading", { name: `Replay ${COMPLETED}?` }));
      await page.getByRole("button", { name: "Replay", exact: true }).click();
      await seen(
        page.getByRole("region", { name: "What changed" }).getByText("Sent back to be handled again"),
      );
      await nothingWaits();
    },
    { javaScriptEnabled: false },
  ),
);

it(
  "is not there for customers, and asks strangers to sign in",
  visit(async ({ page }) => {
    await page.goto("/admin/webhooks");
    await page.waitForURL("**/sign-in?next=%2Fadmin%2Fwebhooks");
    await joined(page);
    for (const path of ["/admin/webhooks", "/admin/webhooks/0196b1d0-0000-7000-8000-000000000001"]) {
      const response = await page.goto(path);
      expect(response?.status()).toBe(404);
      expect(await shownText(page.locator("body"))).not.toMatch(/operator|webhook|stripe/i);
    }
  }),
);

it(
  "does not break at the width of a phone",
  visit(
    async ({ page }) => {
      await openConsole(page);
      await page.goto("/admin/webhooks");
      await seen(eventsOn(page).locator("tbody").getByRole("link"));
      const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(await overflow()).toBeLessThanOrEqual(0);
      await openFirst(page);
      await seen(page.getByRole("heading", { name: "Where it stands" }));
      expect(await overflow()).toBeLessThanOrEqual(0);
    },
    { viewport: { width: 390, height: 844 } },
  ),
);
