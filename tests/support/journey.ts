import { randomUUID } from "node:crypto";
import type { Locator, Page } from "playwright-core";
import { arrivedMail, linkIn } from "./mailbox";
import { eventually } from "./poll";

/** The steps that most stories share, as a person at a browser takes them. */

export interface Person {
  name: string;
  email: string;
  password: string;
}

export const CARDS = {
  good: "4242 4242 4242 4242",
  declined: "4000 0000 0000 9995",
  asksForAuthentication: "4000 0025 0000 3155",
} as const;

/** Somebody whom no other test knows. */
export function newPerson(name = "Ada Lovelace"): Person {
  return { name, email: `ada-${randomUUID()}@example.test`, password: "correct horse battery" };
}

/** Makes an account, which still waits for its confirmation. */
export async function signUp(page: Page, person: Person): Promise<void> {
  await page.goto("/sign-up");
  await sendSignUpForm(page, person);
}

/** On an open sign-up page. */
export async function sendSignUpForm(page: Page, person: Person): Promise<void> {
  await page.getByLabel("Name").fill(person.name);
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await seen(page.getByRole("heading", { name: "Check your inbox" }));
}

/** Follows the link of the confirmation mail and confirms, in this browser. */
export async function confirmAddress(page: Page, { email }: Person): Promise<void> {
  const mail = await arrivedMail(email, "Confirm your e-mail address");
  await page.goto(linkIn(mail, "/verify-email"));
  await page.getByRole("button", { name: "Confirm my e-mail address" }).click();
}

/** A fresh person with a confirmed account, at their dashboard. */
export async function joined(page: Page, person = newPerson()): Promise<Person> {
  await signUp(page, person);
  await confirmAddress(page, person);
  await page.waitForURL("**/dashboard");
  await seen(page.getByRole("heading", { name: "Dashboard" }));
  return person;
}

export async function signIn(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** From anywhere in the app to the hosted payment page of a plan. */
export async function chooseThePlan(page: Page, plan: "Pro" | "Team"): Promise<void> {
  await page.goto("/billing");
  await page.getByRole("button", { name: `Choose ${plan}` }).click();
  await page.waitForURL(/\/pay\//);
}

export async function fillInCard(page: Page, number: string): Promise<void> {
  await page.getByLabel("Card number").fill(number);
  await page.getByLabel("Expiry").fill("12 / 34");
  await page.getByLabel("CVC").fill("123");
  await page.getByLabel("Name on card").fill("Ada Lovelace");
}

export async function payWith(page: Page, number: string): Promise<void> {
  await fillInCard(page, number);
  await page.getByRole("button", { name: /^Pay / }).click();
}

/** A fresh person with a running subscription. */
export async function subscribed(page: Page, plan: "Pro" | "Team" = "Pro"): Promise<Person> {
  const person = await joined(page);
  await chooseThePlan(page, plan);
  await payWith(page, CARDS.good);
  await seen(page.getByRole("heading", { name: `${plan} is active` }));
  return person;
}

/** The part of the billing page that says how the subscription stands. */
export function subscriptionOn(page: Page): Locator {
  return page.getByRole("region", { name: "Your subscription" });
}

/** Waits until something can be seen; what a narrow or a wide window hides does not count. */
export async function seen(locator: Locator): Promise<void> {
  await locator.filter({ visible: true }).first().waitFor();
}

/** Loads a page again and again until something can be seen on it: for what no page renews by itself. */
export async function seenAfterReloading(page: Page, path: string, locator: Locator): Promise<void> {
  await eventually(`${locator} on ${path}`, async () => {
    await page.goto(path);
    return (await locator.filter({ visible: true }).count()) > 0;
  });
}

/** The text that a person can see; scripts and what is hidden do not count. */
export function shownText(locator: Locator): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: the rule means the DOM; this is Playwright's, and textContent has scripts in it.
  return locator.innerText({ timeout: 10_000 });
}
