import { expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import {
  CARDS,
  chooseThePlan,
  joined,
  payWith,
  seen,
  seenAfterReloading,
  subscriptionOn,
} from "@/tests/support/journey";
import { listMails } from "@/tests/support/mailbox";
import { billingOf } from "@/tests/support/sandbox";

const visit = useBrowser();

it.concurrent(
  "says why a card is declined, charges nothing, and takes the next card on the same page",
  visit(async ({ page, context }) => {
    const person = await joined(page);
    await chooseThePlan(page, "Pro");
    const paymentPage = page.url();
    await payWith(page, CARDS.declined);

    await seen(page.getByText("Your card has insufficient funds."));
    expect(page.url()).toBe(paymentPage);
    expect(await page.getByLabel("Name on card").inputValue()).toBe("Ada Lovelace");
    const billing = await context.newPage();
    await billing.goto("/billing");
    await seen(billing.getByRole("button", { name: "Choose Pro" }));
    expect(await subscriptionOn(billing).count()).toBe(0);

    await payWith(page, CARDS.good);
    await seen(page.getByRole("heading", { name: "Pro is active" }));
    const { subscriptions } = await billingOf(person.email);
    expect(subscriptions.filter(({ status }) => status === "active")).toHaveLength(1);
  }),
);

it.concurrent(
  "finishes a payment that the bank asks to be confirmed",
  visit(async ({ page }) => {
    await joined(page);
    await chooseThePlan(page, "Pro");
    await payWith(page, CARDS.asksForAuthentication);
    await page.getByRole("button", { name: "Complete authentication" }).click();
    await seen(page.getByRole("heading", { name: "Pro is active" }));
    await seenAfterReloading(page, "/billing", subscriptionOn(page).getByText("Visa ending in 3155"));
  }),
);

it.concurrent(
  "charges nothing when the bank's confirmation fails, and lets one try again",
  visit(async ({ page }) => {
    const person = await joined(page);
    await chooseThePlan(page, "Pro");
    await payWith(page, CARDS.asksForAuthentication);
    await page.getByRole("button", { name: "Fail authentication" }).click();
    await seen(page.getByText("nothing was charged"));
    const { subscriptions } = await billingOf(person.email);
    expect(subscriptions.filter(({ status }) => status === "active")).toHaveLength(0);
    expect((await listMails(person.email)).filter(({ subject }) => subject.includes("receipt"))).toEqual([]);

    await payWith(page, CARDS.good);
    await seen(page.getByRole("heading", { name: "Pro is active" }));
    await seenAfterReloading(page, "/billing", subscriptionOn(page).getByText("Visa ending in 4242"));
  }),
);
