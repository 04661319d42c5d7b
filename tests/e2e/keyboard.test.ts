import type { Locator, Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import { newPerson, seen, shownText, subscriptionOn } from "@/tests/support/journey";
import { breakerOn, openConsole, showsState } from "@/tests/support/operator";
import { eventually } from "@/tests/support/poll";
import { resetCircuits } from "@/tests/support/stack-database";

const visit = useBrowser();

afterAll(resetCircuits);

/** More stops than any page has. */
const MAX_STOPS = 80;

/** Presses Tab until the element has the focus, and looks that a person can see that it has. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await seen(target);
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    if (await hasFocus(target)) return expectToLookFocused(target);
    await page.keyboard.press("Tab");
  }
  throw new Error(`${MAX_STOPS} times Tab did not reach ${target} on ${page.url()}`);
}

function hasFocus(target: Locator): Promise<boolean> {
  return target.first().evaluate((element) => element === element.ownerDocument.activeElement);
}

async function expectToLookFocused(target: Locator): Promise<void> {
  const isOutlined = await target.first().evaluate((element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return element.tagName === "IFRAME" || (outlineStyle !== "none" && outlineWidth !== "0px");
  });
  expect(isOutlined, `${target} shows that it has the focus`).toBe(true);
}

async function press(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press("Enter");
}

async function type(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label, { exact: true }));
  await page.keyboard.type(text);
}

async function opens(page: Page, link: Locator): Promise<Page> {
  await tabTo(page, link);
  const [opened] = await Promise.all([page.context().waitForEvent("page"), page.keyboard.press("Enter")]);
  await opened.waitForLoadState();
  return opened;
}

it(
  "takes nobody but a keyboard from the first page to a running subscription, its change and its end",
  visit(async ({ page }) => {
    const person = newPerson();
    await page.goto("/");
    await page.keyboard.press("Tab");
    expect(await hasFocus(page.getByRole("link", { name: "Skip to content" }))).toBe(true);

    await page.goto("/sign-up");
    await type(page, "Name", person.name);
    await type(page, "E-mail", person.email);
    await type(page, "Password", person.password);
    await page.keyboard.press("Enter");
    // The focus follows to the news, so that a screen reader says it.
    const news = page.getByRole("heading", { name: "Check your inbox" });
    await seen(news);
    await eventually("the focus on the news", () => hasFocus(news));

    const mailbox = await opens(page, page.getByRole("link", { name: "Open your mailbox" }));
    await type(mailbox, "Recipient's address", person.email);
    await mailbox.keyboard.press("Enter");
    await press(mailbox, mailbox.getByRole("link", { name: "Confirm your e-mail address" }));
    // The mail is a frame of its own, which nothing looks into; its button is the only stop there.
    const confirmation = await opens(mailbox, mailbox.locator("iframe"));
    await press(confirmation, confirmation.getByRole("button", { name: "Confirm my e-mail address" }));
    await confirmation.waitForURL("**/dashboard");

    const app = confirmation;
    await press(app, app.getByRole("link", { name: "See the plans" }));
    await press(app, app.getByRole("button", { name: "Choose Pro" }));
    await app.waitForURL(/\/pay\//);
    await type(app, "Card number", "4242424242424242");
    await type(app, "Expiry", "1234");
    await type(app, "CVC", "123");
    await type(app, "Name on card", person.name);
    await press(app, app.getByRole("button", { name: /^Pay / }));
    await seen(app.getByRole("heading", { name: "Pro is active" }));

    await press(app, app.getByRole("link", { name: "See billing" }));
    const subscription = subscriptionOn(app);
    await seen(subscription.getByText("Active", { exact: true }));
    const change = app.getByRole("link", { name: "Change to Team" });
    await press(app, change);
    const dialog = app.getByRole("alertdialog");
    await seen(dialog);
    await app.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await eventually("the focus back where it was", () => hasFocus(change));
    await app.keyboard.press("Enter");
    await press(app, dialog.getByRole("button", { name: "Change to Team" }));
    await seen(subscription.getByText("Team", { exact: true }));

    await press(app, app.getByRole("link", { name: "Cancel subscription" }));
    await press(app, dialog.getByRole("button", { name: "Cancel subscription" }));
    await seen(subscription.getByText("Ending", { exact: true }));
    await press(app, app.getByRole("button", { name: `Account of ${person.name}` }));
    await press(app, app.getByRole("button", { name: "Sign out" }));
    await app.waitForURL("**/sign-in");
  }),
);

it(
  "works the operators' console, and is left where it is while the page renews itself",
  visit(async ({ page }) => {
    await openConsole(page);
    const breaker = breakerOn(page, "Payments", "Reads");
    // From the table a link leads to each part, past all that stands between.
    await press(
      page,
      page.getByRole("region", { name: "At a glance" }).getByRole("link", { name: "Payments" }),
    );
    const holdOpen = breaker.getByRole("link", { name: "Hold open" });
    await tabTo(page, holdOpen);
    const stamp = page.getByText(/^Live, as of/);
    const before = await shownText(stamp);
    await eventually("a newer page", async () => (await shownText(stamp)) !== before);
    expect(await hasFocus(holdOpen)).toBe(true);

    await page.keyboard.press("Enter");
    const dialog = page.getByRole("alertdialog");
    await press(page, dialog.getByRole("button", { name: "Hold open" }));
    await showsState(breaker, "Held open");
    // Its button has gone with what it did.
    const heading = breaker.getByRole("heading", { name: "Reads" });
    await eventually("the focus on the breaker", () => hasFocus(heading));
    await press(page, breaker.getByRole("link", { name: "Close" }));
    await press(page, dialog.getByRole("button", { name: "Close", exact: true }));
    await showsState(breaker, "Closed");
  }),
);
