import { expect, it } from "vitest";
import { DEMO_PEOPLE } from "@/prisma/demo-people";
import { useBrowser } from "@/tests/support/browser";
import { chooseThePlan, joined, seen } from "@/tests/support/journey";
import { stackUnderTest } from "@/tests/support/stack-under-test";

const visit = useBrowser();

const PUBLIC_PAGES = [
  "/",
  "/pricing",
  "/status",
  "/sign-in",
  "/sign-up",
  "/forgot-password",
  "/verify-email",
  "/no-such-page",
];
const APP_PAGES = [
  "/dashboard",
  "/billing",
  "/billing/return?operation=none",
  "/settings",
  "/settings/workspace",
];

it.concurrent(
  "says on every page that this is a sandbox, and leads to its pages",
  visit(async ({ page }) => {
    await joined(page);
    const bar = page.getByRole("complementary", { name: "Sandbox" });
    for (const path of [...APP_PAGES, ...PUBLIC_PAGES]) {
      if (path === PUBLIC_PAGES[0]) await page.context().clearCookies();
      await page.goto(path);
      expect(await bar.isVisible(), `the bar on ${path}`).toBe(true);
    }
    const { mailbox, payments, oncall, control } = stackUnderTest();
    for (const [name, address, heading] of [
      ["Open mailbox", mailbox, "Mailbox"],
      ["Payments sandbox", payments, "Payments sandbox"],
      ["Events", payments, "Events"],
      ["Alerts", oncall, "On-call alerts"],
      ["Control", control, /control/i],
    ] as const) {
      const [opened] = await Promise.all([
        page.context().waitForEvent("page"),
        bar.getByRole("link", { name }).click(),
      ]);
      await seen(opened.getByRole("heading", { name: heading, level: 1 }));
      expect(new URL(opened.url()).port).toBe(new URL(address).port);
    }
  }),
);

it.concurrent(
  "signs in as a demo person with one press",
  visit(async ({ page }) => {
    const [person] = DEMO_PEOPLE;
    if (!person) throw new Error("there are no demo people");
    await page.goto("/sign-in?next=%2Fsettings");
    await page.getByRole("button", { name: `Sign in as ${person.name}` }).click();
    await page.waitForURL("**/settings");
    await seen(page.getByText(person.email));
  }),
);

it.concurrent(
  "pays with a test card that one clicks instead of typing",
  visit(async ({ page }) => {
    await joined(page);
    await chooseThePlan(page, "Team");
    await page.getByRole("button", { name: "4242 4242 4242 4242" }).click();
    expect(await page.getByLabel("Card number").inputValue()).toBe("4242 4242 4242 4242");
    await page.getByRole("button", { name: /^Pay / }).click();
    await seen(page.getByRole("heading", { name: "Team is active" }));
  }),
);
