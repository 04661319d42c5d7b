import { expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import {
  CARDS,
  joined,
  newPerson,
  payWith,
  seen,
  seenAfterReloading,
  signIn,
  signUp,
  subscriptionOn,
} from "@/tests/support/journey";

const visit = useBrowser();

it.concurrent(
  "leads from sign-up to a running subscription, its change and its end with JavaScript switched off",
  visit(
    async ({ page }) => {
      const person = await joined(page);
      await page.getByRole("button", { name: `Account of ${person.name}` }).click();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL("**/sign-in");
      await signIn(page, { ...person, password: "wrong horse battery" });
      await seen(page.getByText("is not right"));
      await page.goto("/sign-in?next=%2Fbilling");
      await signIn(page, person);
      await page.waitForURL("**/billing");

      await page.getByRole("button", { name: "Choose Pro" }).click();
      await page.waitForURL(/\/pay\//);
      await payWith(page, CARDS.declined);
      await seen(page.getByText("Your card has insufficient funds."));
      await payWith(page, CARDS.good);
      // The return page renews itself.
      await seen(page.getByRole("heading", { name: "Pro is active" }));

      const subscription = subscriptionOn(page);
      await seenAfterReloading(page, "/billing", subscription.getByText("Active", { exact: true }));
      await page.getByRole("link", { name: "Change to Team" }).click();
      await page.getByRole("button", { name: "Change to Team" }).click();
      await seenAfterReloading(page, "/billing", subscription.getByText("Team", { exact: true }));
      await page.getByRole("link", { name: "Cancel subscription" }).click();
      await page.getByRole("button", { name: "Cancel subscription" }).click();
      await seenAfterReloading(page, "/billing", subscription.getByText("Ending", { exact: true }));
    },
    { javaScriptEnabled: false },
  ),
);

// Where a page comes late, what stands around its skeleton is hidden: the settings must be sent whole.
it.concurrent(
  "leads from one part of the settings to the next with JavaScript switched off",
  visit(
    async ({ page }) => {
      await joined(page);
      await page.goto("/settings");
      const parts = page.getByRole("main").getByRole("navigation", { name: "Settings" });
      await seen(parts.getByRole("link", { name: "Account" }));
      await seen(page.getByRole("main").getByRole("textbox", { name: "Name", exact: true }));
      await parts.getByRole("link", { name: "Workspace" }).click();
      await page.waitForURL("**/settings/workspace");
      await page.getByRole("main").getByLabel("Workspace name").fill("The Yard");
      await page.getByRole("button", { name: "Save" }).click();
      await seenAfterReloading(page, "/settings/workspace", page.getByRole("button", { name: "Save" }));
      expect(await page.getByLabel("Workspace name").inputValue()).toBe("The Yard");
    },
    { javaScriptEnabled: false },
  ),
);

it.concurrent(
  "says what is wrong with a form with JavaScript switched off",
  visit(
    async ({ page }) => {
      const person = newPerson();
      await page.goto("/sign-up");
      await page.getByLabel("Name").fill(person.name);
      await page.getByLabel("E-mail").fill(person.email);
      await page.getByLabel("Password").fill("short");
      await page.getByRole("button", { name: "Create account" }).click();
      await seen(page.getByText("Use at least 10 characters."));
      expect(await page.getByLabel("Password").getAttribute("aria-invalid")).toBe("true");
      await signUp(page, person);
    },
    { javaScriptEnabled: false },
  ),
);
