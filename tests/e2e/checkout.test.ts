import { expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import {
  CARDS,
  chooseThePlan,
  fillInCard,
  joined,
  payWith,
  seen,
  seenAfterReloading,
  shownText,
  subscribed,
  subscriptionOn,
} from "@/tests/support/journey";
import { arrivedMail, listMails } from "@/tests/support/mailbox";
import { billingOf, customersOf, eventsOf, redeliver } from "@/tests/support/sandbox";

const visit = useBrowser();

it.concurrent(
  "activates the plan when the tab is closed between paying and coming back",
  visit(async ({ page, context }) => {
    const person = await joined(page);
    await chooseThePlan(page, "Pro");
    await fillInCard(page, CARDS.good);
    // The payment arrives, its answer does not. (To close the tab while it follows the answer would prove less: a
    // handler is not asked about redirects, so the return page may be loaded all the same; and Chromium may hang.)
    let wayBack: string | undefined;
    await page.route("**/pay/**", async (route) => {
      const answer = await route.fetch({ maxRedirects: 0 });
      wayBack = answer.headers().location;
      await route.abort();
    });
    const unanswered = page.waitForEvent("requestfailed", (request) => request.method() === "POST");
    await page.getByRole("button", { name: /^Pay / }).click();
    await unanswered;
    expect(wayBack).toContain("/billing/return?");
    await page.close();

    // Nobody looks at the app meanwhile.
    await arrivedMail(person.email, "Your receipt");
    const later = await context.newPage();
    await seenAfterReloading(later, "/billing", subscriptionOn(later).getByText("Active", { exact: true }));
  }),
);

it.concurrent(
  "opens one payment page for a double click and for two tabs, and sells one subscription",
  visit(async ({ page, context }) => {
    const person = await joined(page);
    const other = await context.newPage();
    await Promise.all([page.goto("/billing"), other.goto("/billing")]);
    await Promise.all([
      page.getByRole("button", { name: "Choose Pro" }).dblclick(),
      other.getByRole("button", { name: "Choose Pro" }).click(),
    ]);
    await Promise.all([page.waitForURL(/\/pay\//), other.waitForURL(/\/pay\//)]);
    expect(other.url()).toBe(page.url());

    await Promise.all([fillInCard(page, CARDS.good), fillInCard(other, CARDS.good)]);
    await Promise.all([page, other].map((tab) => tab.getByRole("button", { name: /^Pay / }).click()));
    await Promise.all([page, other].map((tab) => seen(tab.getByRole("heading", { name: "Pro is active" }))));
    const { others, subscriptions, checkouts, invoices } = await billingOf(person.email);
    expect(others).toHaveLength(0);
    expect(subscriptions).toHaveLength(1);
    expect(checkouts).toHaveLength(1);
    expect(invoices).toHaveLength(1);
  }),
);

it.concurrent(
  "closes the first payment page when another plan is chosen",
  visit(async ({ page, context }) => {
    const person = await joined(page);
    await chooseThePlan(page, "Pro");
    await fillInCard(page, CARDS.good);
    const other = await context.newPage();
    await chooseThePlan(other, "Team");
    expect(other.url()).not.toBe(page.url());

    // The first page still shows its form; it must not take money any more.
    await page.getByRole("button", { name: /^Pay / }).click();
    await seen(page.getByText("This checkout has expired"));
    expect((await billingOf(person.email)).subscriptions).toHaveLength(0);

    await payWith(other, CARDS.good);
    await seen(other.getByRole("heading", { name: "Team is active" }));
    expect((await billingOf(person.email)).subscriptions).toHaveLength(1);
  }),
);

it.concurrent(
  "says that nothing was charged when one leaves the payment page, and offers the plans again",
  visit(async ({ page }) => {
    await joined(page);
    await chooseThePlan(page, "Pro");
    const paymentPage = page.url();
    await page.getByRole("link", { name: "Cancel and go back" }).click();
    await seen(page.getByText("Nothing was charged"));
    await page.getByRole("button", { name: "Choose Pro" }).click();
    await page.waitForURL(paymentPage);
  }),
);

it.concurrent(
  "gives nothing for the operation or the session of another workspace",
  visit(async ({ page, elsewhere }) => {
    const payer = await joined(page);
    await chooseThePlan(page, "Pro");
    const sessionId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    await payWith(page, CARDS.good);
    await seen(page.getByRole("heading", { name: "Pro is active" }));
    const operationId = new URL(page.url()).searchParams.get("operation") ?? "";
    expect(operationId).not.toBe("");

    const stranger = await elsewhere();
    const person = await joined(stranger);
    for (const query of [
      `operation=${operationId}`,
      `operation=${sessionId}`,
      `session_id=${sessionId}`,
      `operation=${operationId}&session_id=${sessionId}`,
      `operation=${operationId.toUpperCase()}`,
      "",
    ]) {
      await stranger.goto(`/billing/return?${query}`);
      await seen(stranger.getByRole("heading", { name: "We do not know this payment" }));
      expect(await shownText(stranger.locator("body"))).not.toContain(payer.email);
    }
    await stranger.goto("/billing");
    await seen(stranger.getByRole("button", { name: "Choose Pro" }));
    expect(await subscriptionOn(stranger).count()).toBe(0);
    expect(await customersOf(person.email)).toHaveLength(0);
  }),
);

it.concurrent(
  "mails one receipt however often the same events are delivered",
  visit(async ({ page }) => {
    const person = await subscribed(page);
    await arrivedMail(person.email, "Your receipt");
    const { customer, invoices } = await billingOf(person.email);
    const events = await eventsOf(customer.id);
    expect(events.map(({ type }) => type)).toContain("invoice.paid");
    for (let round = 0; round < 3; round += 1) await redeliver(events.map(({ id }) => id));

    // A later mail of the same person: whatever the redeliveries have caused went out before it.
    await page.goto("/billing");
    await page.getByRole("link", { name: "Cancel subscription" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Cancel subscription" }).click();
    await arrivedMail(person.email, "is cancelled");
    const receipts = (await listMails(person.email)).filter(({ subject }) => subject.includes("receipt"));
    expect(receipts).toHaveLength(1);
    expect(invoices).toHaveLength(1);
  }),
);
