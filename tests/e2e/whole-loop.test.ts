import { expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import {
  CARDS,
  newPerson,
  payWith,
  seen,
  seenAfterReloading,
  signUp,
  subscriptionOn,
} from "@/tests/support/journey";
import { arrivedMail, followMailAsAPerson } from "@/tests/support/mailbox";

const visit = useBrowser();

it(
  "leads from sign-up over mailbox, payment, plan change and cancellation back to a running subscription",
  visit(async ({ page, context }) => {
    const person = newPerson();
    await signUp(page, person);

    const [mailbox] = await Promise.all([
      context.waitForEvent("page"),
      page.getByRole("link", { name: "Open your mailbox" }).click(),
    ]);
    const confirmation = await followMailAsAPerson(mailbox, {
      to: person.email,
      subject: "Confirm your e-mail address",
      button: "Confirm e-mail address",
    });
    await confirmation.getByRole("button", { name: "Confirm my e-mail address" }).click();
    await confirmation.waitForURL("**/dashboard");

    await page.goto("/dashboard");
    await page.getByRole("link", { name: "See the plans" }).click();
    await page.getByRole("button", { name: "Choose Pro" }).click();
    await page.waitForURL(/\/pay\//);
    await payWith(page, CARDS.good);
    await page.waitForURL("**/billing/return?*");
    await seen(page.getByRole("heading", { name: "Pro is active" }));
    const receipt = await arrivedMail(person.email, "Your receipt");
    expect(receipt.text).toContain("$19");

    await page.getByRole("link", { name: "See billing" }).click();
    const subscription = subscriptionOn(page);
    await seen(subscription.getByText("Active", { exact: true }));
    await seen(subscription.getByText("Visa ending in 4242"));
    await seen(page.getByRole("region", { name: "Invoices" }).getByText("Paid"));

    await page.getByRole("link", { name: "Change to Team" }).click();
    const dialog = page.getByRole("alertdialog", { name: "Change to Team, $49 a month?" });
    await dialog.getByRole("button", { name: "Change to Team" }).click();
    await dialog.waitFor({ state: "hidden" });
    await seen(subscription.getByText("Team", { exact: true }));
    await seen(subscription.getByText("$49 a month"));

    await page.getByRole("button", { name: "Manage card and invoices" }).click();
    await page.waitForURL(/\/portal\//);
    await page.getByRole("link", { name: "Cancel plan" }).click();
    await page.getByRole("button", { name: "Cancel plan" }).click();
    await seen(page.getByText("Your plan is cancelled. You can resume it until it ends."));
    await page.getByRole("link", { name: "Back to the app" }).click();
    await page.waitForURL("**/billing");
    await seenAfterReloading(page, "/billing", subscription.getByText("Ending", { exact: true }));
    await seen(subscription.getByText("Ends on"));
    await seen(subscription.getByText("Team", { exact: true }));
    await arrivedMail(person.email, "Your Team plan is cancelled");

    await page.getByRole("button", { name: "Resume subscription" }).click();
    await seen(subscription.getByText("Active", { exact: true }));
    await seen(subscription.getByText("Next charge"));
  }),
);
