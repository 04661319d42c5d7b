import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import {
  confirmAddress,
  joined,
  newPerson,
  seen,
  sendSignUpForm,
  signIn,
  signUp,
} from "@/tests/support/journey";
import { arrivedMail, linkIn, listMails } from "@/tests/support/mailbox";
import { eventually } from "@/tests/support/poll";
import { stackUnderTest } from "@/tests/support/stack-under-test";

const visit = useBrowser();

const APP_PAGES = [
  "/dashboard",
  "/billing?plan=pro&interval=year",
  "/billing/return?operation=none",
  "/settings",
  "/settings/workspace",
];

/** None of these may lead anywhere but to a page of the app. */
const FOREIGN_TARGETS = [
  "https://evil.example/",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/..//evil.example",
  "/.//evil.example",
  "/\t/evil.example",
  "https:evil.example",
  "javascript:alert(1)",
  "data:text/html,hello",
  " //evil.example",
  "http://localhost.evil.example/",
];

it.concurrent(
  "answers a wrong password and an unknown address with the same words, and keeps what was typed",
  visit(async ({ page, elsewhere }) => {
    const person = await joined(page);
    const words = "The e-mail address or the password is not right.";
    const visitor = await elsewhere();
    await visitor.goto("/sign-in");
    await signIn(visitor, { ...person, password: "wrong horse battery" });
    await seen(visitor.getByRole("alert").getByText(words));
    expect(await visitor.getByLabel("E-mail").inputValue()).toBe(person.email);
    expect(new URL(visitor.url()).pathname).toBe("/sign-in");

    await visitor.reload();
    await signIn(visitor, newPerson());
    await seen(visitor.getByRole("alert").getByText(words));

    await signIn(visitor, person);
    await visitor.waitForURL("**/dashboard");
  }),
);

it.concurrent(
  "lets nobody in before the address is confirmed, and sends a new link",
  visit(async ({ page }) => {
    const person = newPerson();
    await signUp(page, person);
    const first = await arrivedMail(person.email, "Confirm your e-mail address");
    await page.goto("/sign-in");
    await signIn(page, person);
    await seen(page.getByText("Please confirm your e-mail address first."));
    await page.goto("/dashboard");
    await page.waitForURL("**/sign-in?*");

    await page.goto("/verify-email");
    await page.getByLabel("E-mail").fill(person.email);
    await page.getByRole("button", { name: "Send a new link" }).click();
    await seen(page.getByText("a new link is on its way"));
    const second = await arrivedMailAfter(first.id, person.email);
    await page.goto(linkIn(second, "/verify-email"));
    await page.getByRole("button", { name: "Confirm my e-mail address" }).click();
    await page.waitForURL("**/dashboard");
  }),
);

async function arrivedMailAfter(earlierId: string, to: string) {
  return eventually("a second confirmation mail", async () => {
    const newest = (await listMails(to)).find(({ subject }) => subject === "Confirm your e-mail address");
    return newest?.id === earlierId ? undefined : newest;
  });
}

it.concurrent(
  "brings a newcomer to the plan they chose on the pricing page, once the address is confirmed",
  visit(async ({ page }) => {
    const person = newPerson();
    await page.goto("/pricing");
    await page.getByText(/^Yearly/).click();
    await page.getByRole("link", { name: "Choose Team" }).filter({ visible: true }).click();
    await page.waitForURL("**/sign-up?next=*");
    await sendSignUpForm(page, person);
    await confirmAddress(page, person);
    await page.waitForURL("**/billing?plan=team&interval=year");
    await page.getByRole("button", { name: "Choose Team" }).click();
    await seen(page.getByText("$490.00 / year"));
  }),
);

it.concurrent(
  "does not tell a stranger that an address has an account",
  visit(async ({ page, elsewhere }) => {
    const person = await joined(page);
    const stranger = await elsewhere();
    await signUp(stranger, { ...person, name: "Mallory", password: "another horse battery" });
    const mail = await arrivedMail(person.email, "You have an account already");
    expect(mail.text).not.toContain("Mallory");
    await stranger.goto("/sign-in");
    await signIn(stranger, { ...person, password: "another horse battery" });
    await seen(stranger.getByText("is not right"));
  }),
);

it.concurrent(
  "sends the signed-out to the sign-in page, and afterwards to where they were going",
  visit(async ({ page, context }) => {
    const person = await joined(page);
    for (const path of APP_PAGES) {
      await context.clearCookies();
      await page.goto(path);
      const url = new URL(page.url());
      expect(url.pathname).toBe("/sign-in");
      expect(url.searchParams.get("next")).toBe(path);
      await signIn(page, person);
      await page.waitForURL(`${stackUnderTest().app}${path}`);
    }
  }),
);

it.concurrent(
  "takes a made-up session for none",
  visit(async ({ page, context }) => {
    const { app } = stackUnderTest();
    await context.addCookies([
      { name: "breakwater.session_token", value: "made-up.signature", url: app, httpOnly: true },
    ]);
    for (const path of APP_PAGES) {
      await page.goto(path);
      const url = new URL(page.url());
      expect([url.pathname, url.searchParams.get("next")]).toEqual(["/sign-in", path]);
    }
  }),
);

/** What somebody could send who writes their own form. */
async function writeIntoNext(page: Page, target: string): Promise<void> {
  const field = page.locator("input[name=next]").first();
  await field.evaluate((input: HTMLInputElement, value) => {
    input.value = value;
  }, target);
}

it.concurrent(
  "never leads to another site after signing in",
  visit(async ({ page, elsewhere }) => {
    const { app } = stackUnderTest();
    const person = await joined(page);
    // Signed in already: the page passes on at once.
    for (const target of FOREIGN_TARGETS) {
      const response = await page.goto(`/sign-in?next=${encodeURIComponent(target)}`);
      expect(response?.status(), target).toBe(200);
      expect(page.url(), target).toBe(`${app}/dashboard`);
    }
    // Just signed up: it waits in a cookie for the confirmation.
    const newcomer = await elsewhere();
    const stranger = newPerson();
    await newcomer.goto("/sign-up?next=%2F..%2F%2Fevil.example");
    await writeIntoNext(newcomer, "/..//evil.example");
    await sendSignUpForm(newcomer, stranger);
    await confirmAddress(newcomer, stranger);
    await newcomer.waitForURL(`${app}/dashboard`);
    // Not yet: the form carries it, also where somebody has written another value into it.
    const visitor = await elsewhere();
    await visitor.goto("/sign-in?next=%2F..%2F%2Fevil.example");
    await writeIntoNext(visitor, "//evil.example");
    await signIn(visitor, person);
    await visitor.waitForURL(`${app}/dashboard`);
  }),
);

it.concurrent(
  "sets a new password by a mailed link, once, and ends the old sessions",
  visit(async ({ page, elsewhere }) => {
    const person = await joined(page);
    const visitor = await elsewhere();
    await visitor.goto("/sign-in");
    await visitor.getByRole("link", { name: "Forgot your password?" }).click();
    await visitor.getByLabel("E-mail").fill(person.email);
    await visitor.getByRole("button", { name: "Send me a link" }).click();
    await seen(visitor.getByText("Check your inbox"));
    const link = linkIn(await arrivedMail(person.email, "Choose a new password"), "/reset-password");

    await visitor.goto(link);
    await visitor.getByLabel("New password").fill("short");
    await visitor.getByRole("button", { name: "Save new password" }).click();
    await seen(visitor.getByText("Use at least 10 characters."));
    const renewed = { ...person, password: "a better horse battery" };
    await visitor.getByLabel("New password").fill(renewed.password);
    await visitor.getByRole("button", { name: "Save new password" }).click();
    await seen(visitor.getByText("Your password is changed"));

    await page.goto("/dashboard");
    await page.waitForURL("**/sign-in?*");
    await signIn(page, person);
    await seen(page.getByText("is not right"));
    await signIn(page, renewed);
    await page.waitForURL("**/dashboard");

    await visitor.goto(link);
    await visitor.getByLabel("New password").fill("yet another horse battery");
    await visitor.getByRole("button", { name: "Save new password" }).click();
    await seen(visitor.getByText("This link is no longer valid."));
  }),
);

it.concurrent(
  "says the same to a password request for an unknown address, and mails nobody",
  visit(async ({ page }) => {
    const nobody = newPerson();
    await page.goto("/forgot-password");
    await page.getByLabel("E-mail").fill(nobody.email);
    await page.getByRole("button", { name: "Send me a link" }).click();
    await seen(page.getByText("If that address has an account"));
    expect(await listMails(nobody.email)).toEqual([]);
  }),
);

it.concurrent(
  "signs out here, and everywhere",
  visit(async ({ page, elsewhere }) => {
    const person = await joined(page);
    const phone = await elsewhere();
    await phone.goto("/sign-in");
    await signIn(phone, person);
    await phone.waitForURL("**/dashboard");

    await phone.getByRole("button", { name: `Account of ${person.name}` }).click();
    await phone.getByRole("button", { name: "Sign out" }).click();
    await phone.waitForURL("**/sign-in");
    await page.goto("/dashboard");
    await seen(page.getByRole("heading", { name: "Dashboard" }));
    await signIn(phone, person);
    await phone.waitForURL("**/dashboard");

    await page.goto("/settings");
    await page.getByRole("link", { name: "Sign out everywhere" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Sign out everywhere" }).click();
    await page.waitForURL("**/sign-in");
    await phone.goto("/settings");
    await phone.waitForURL("**/sign-in?*");
    await page.goto("/dashboard");
    await page.waitForURL("**/sign-in?*");
  }),
);
