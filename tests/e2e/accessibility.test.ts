import type { Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { seriousFindings } from "@/tests/support/accessibility";
import { useBrowser } from "@/tests/support/browser";
import {
  CARDS,
  chooseThePlan,
  joined,
  newPerson,
  payWith,
  seen,
  signUp,
  subscribed,
} from "@/tests/support/journey";
import { arrivedMail } from "@/tests/support/mailbox";
import { breakerOn, openConsole, overrideBy, showsState } from "@/tests/support/operator";
import { resetCircuits } from "@/tests/support/stack-database";

const visit = useBrowser();

afterAll(resetCircuits);

async function expectNoFindings(page: Page, paths: readonly string[]): Promise<void> {
  const findings: string[] = [];
  for (const path of paths) {
    await page.goto(path);
    findings.push(...(await seriousFindings(page)));
  }
  expect(findings).toEqual([]);
}

it.concurrent(
  "has no serious barrier on the public pages",
  visit(({ page }) =>
    expectNoFindings(page, [
      "/",
      "/pricing",
      "/status",
      "/sign-in",
      "/sign-in?notice=password-changed",
      "/sign-up",
      "/forgot-password",
      "/verify-email",
      "/verify-email?token=none",
      "/reset-password",
      "/reset-password?token=none",
      "/no-such-page",
    ]),
  ),
);

it.concurrent(
  "has no serious barrier where a form is refused",
  visit(async ({ page }) => {
    await page.goto("/sign-up");
    await page.getByLabel("Name").fill("Ada");
    await page.getByLabel("E-mail").fill("ada@example.test");
    await page.getByLabel("Password").fill("short");
    await page.getByRole("button", { name: "Create account" }).click();
    await seen(page.getByText("Use at least 10 characters."));
    expect(await seriousFindings(page)).toEqual([]);
    await signUp(page, newPerson());
    expect(await seriousFindings(page)).toEqual([]);
  }),
);

it.concurrent(
  "has no serious barrier in the app before anything is paid",
  visit(async ({ page }) => {
    await joined(page);
    await expectNoFindings(page, [
      "/dashboard",
      "/billing",
      "/billing?checkout=cancelled&plan=team&interval=year",
      "/billing/return?operation=none",
      "/settings",
      "/settings/workspace",
    ]);
    await page.goto("/billing");
    await page.getByRole("button", { name: "Choose Pro" }).click();
    await page.waitForURL(/\/pay\//);
    expect(await seriousFindings(page)).toEqual([]);
    await payWith(page, CARDS.declined);
    await seen(page.getByText("insufficient funds"));
    expect(await seriousFindings(page)).toEqual([]);
  }),
);

it.concurrent(
  "has no serious barrier in the app with a running subscription, nor in its dialogs",
  visit(async ({ page }) => {
    await subscribed(page);
    expect(await seriousFindings(page)).toEqual([]);
    await expectNoFindings(page, ["/dashboard", "/billing", "/billing?confirm=cancel"]);
    await page.goto("/billing");
    await page.getByRole("link", { name: "Change to Team" }).click();
    await seen(page.getByRole("alertdialog"));
    expect(await seriousFindings(page)).toEqual([]);
  }),
);

it.concurrent(
  "has no serious barrier on the sandbox's own pages",
  visit(async ({ page }) => {
    const person = await joined(page);
    await chooseThePlan(page, "Pro");
    await payWith(page, CARDS.asksForAuthentication);
    await seen(page.getByRole("button", { name: "Complete authentication" }));
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "Complete authentication" }).click();
    await seen(page.getByRole("heading", { name: "Pro is active" }));

    await page.goto("/billing");
    await page.getByRole("button", { name: "Manage card and invoices" }).click();
    await page.waitForURL(/\/portal\//);
    const portal = page.url().replace(/\?.*/, "");
    await expectNoFindings(page, [portal, `${portal}/plan`, `${portal}/card`, `${portal}/cancel`]);

    const { id } = await arrivedMail(person.email, "Your receipt");
    await page.goto("/sandbox/mailbox");
    const mailbox = page.url();
    await expectNoFindings(page, [
      mailbox,
      `${mailbox}/${id}`,
      `${mailbox}/${id}?view=text`,
      `${mailbox}/${id}?view=details`,
      "/sandbox/payments",
      "/sandbox/events",
      "/sandbox/control",
    ]);
  }),
);

// The last one, alone: payments are away for everybody.
it(
  "has no serious barrier at the operators' console, nor where customers are told of an outage",
  visit(async ({ page, elsewhere }) => {
    await openConsole(page);
    const writes = breakerOn(page, "Payments", "Writes");
    await seen(writes.getByText("Time to an answer"));
    await writes.getByText("Show as a table").click();
    expect(await seriousFindings(page)).toEqual([]);
    await writes.getByRole("link", { name: "Hold open" }).click();
    await seen(page.getByRole("alertdialog"));
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await overrideBy(writes, "Hold open");
    await showsState(writes, "Held open");
    expect(await seriousFindings(page)).toEqual([]);

    const customer = await elsewhere();
    await joined(customer);
    await customer.goto("/billing");
    await customer.getByRole("button", { name: "Choose Pro" }).click();
    await seen(customer.getByText("You have not been charged."));
    await seen(customer.getByText("New payments and plan changes are not possible right now."));
    expect(await seriousFindings(customer)).toEqual([]);
    await expectNoFindings(customer, ["/status"]);
  }),
);
