import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { seriousFindings } from "@/tests/support/accessibility";
import { useBrowser } from "@/tests/support/browser";
import { joined, seen } from "@/tests/support/journey";
import { arrivedMail, linkIn } from "@/tests/support/mailbox";

const visit = useBrowser();

/** From the welcome's link to being rid of such mails, and back; nobody need be signed in. */
async function unsubscribesAndBack(page: Page, elsewhere: () => Promise<Page>): Promise<Page> {
  const { email } = await joined(page);
  const welcome = await arrivedMail(email, "Welcome to");
  const reader = await elsewhere();
  await reader.goto(linkIn(welcome, "/unsubscribe"));
  await seen(reader.getByRole("heading", { name: "Do you want to unsubscribe?" }));
  await seen(reader.getByText(`${email.slice(0, 1)}…`));
  // Opening it again has changed nothing.
  await reader.reload();
  await reader.getByRole("button", { name: "Unsubscribe" }).click();
  await seen(reader.getByRole("heading", { name: "You are unsubscribed" }));
  await reader.getByRole("button", { name: "Get them again" }).click();
  await seen(reader.getByRole("heading", { name: "Do you want to unsubscribe?" }));
  return reader;
}

it.concurrent(
  "lets a reader unsubscribe by one press, and takes it back",
  visit(async ({ page, elsewhere }) => {
    const reader = await unsubscribesAndBack(page, elsewhere);
    expect(await seriousFindings(reader)).toEqual([]);
  }),
);

it.concurrent(
  "lets a reader unsubscribe with JavaScript switched off",
  visit(
    async ({ page, elsewhere }) => {
      await unsubscribesAndBack(page, elsewhere);
    },
    { javaScriptEnabled: false },
  ),
);

it.concurrent(
  "unsubscribes by one click in a mail program, which sees no page",
  visit(async ({ page, elsewhere }) => {
    const { email } = await joined(page);
    const { headers } = await arrivedMail(email, "Welcome to");
    const url = /^<(.+)>$/.exec(headers["List-Unsubscribe"] ?? "")?.[1] ?? "";
    const body = new URLSearchParams({ "List-Unsubscribe": "One-Click" });
    const answer = await fetch(url, { method: "POST", body, redirect: "manual" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    // The header's address, opened as a page, leads to ours.
    const reader = await elsewhere();
    await reader.goto(url);
    await seen(reader.getByRole("heading", { name: "You are unsubscribed" }));
  }),
);

it.concurrent(
  "says so where a link is broken",
  visit(async ({ page }) => {
    await page.goto("/unsubscribe?token=half-of-it");
    await seen(page.getByRole("heading", { name: "This link is not complete" }));
    expect(await seriousFindings(page)).toEqual([]);
  }),
);
