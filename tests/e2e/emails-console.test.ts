import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { withClient } from "@/scripts/stack/database-client";
import { seriousFindings } from "@/tests/support/accessibility";
import { useBrowser } from "@/tests/support/browser";
import { joined, type Person, seen, shownText } from "@/tests/support/journey";
import { arrivedMail, linkIn, listMails } from "@/tests/support/mailbox";
import { openConsole } from "@/tests/support/operator";
import { eventually } from "@/tests/support/poll";
import { stackUnderTest } from "@/tests/support/stack-under-test";

const visit = useBrowser();

const WELCOME = "Welcome to Breakwater";
const SECRET = "Confirm your e-mail address";

const toMails = ({ email }: Person) => `/admin/emails?recipient=${encodeURIComponent(email)}`;

/** What no page does: lets a mail stand in a state that only an outage of days brings about. */
async function write(statement: string, values: unknown[]): Promise<void> {
  await withClient(stackUnderTest().database, (client) => client.query(statement, values));
}

/** As if nobody had taken it within three days, though its provider had and the answer was lost. */
const letBeGivenUp = ({ email }: Person) =>
  write(
    `UPDATE outbox_message
        SET status = 'DEAD', sent_at = NULL, external_id = NULL, delivery = 'UNKNOWN', attempts = 9,
            last_error = 'unavailable: the provider did not answer'
      WHERE recipient = $1 AND category = 'welcome'`,
    [email],
  );

/** Opens a mail of the list that stands on the page. */
async function openMail(page: Page, subject: string): Promise<void> {
  await page.getByRole("link", { name: subject }).first().click();
  await page.waitForURL(/\/admin\/emails\/[0-9a-f-]{36}/);
  await seen(page.getByRole("heading", { name: subject, level: 1 }));
}

/** Presses what asks first, and confirms: in the dialog, or on the page before the script runs. */
async function pressAndConfirm(page: Page, trigger: string | RegExp, confirmation: string): Promise<void> {
  await page.getByRole("link", { name: trigger }).first().click();
  await page.getByRole("button", { name: confirmation, exact: true }).click();
}

it.concurrent(
  "shows a mail from the outbox to its reader, what it says, and sends it again as another one",
  visit(async ({ page, elsewhere }) => {
    const person = await joined(await elsewhere());
    await arrivedMail(person.email, WELCOME);
    await openConsole(page);
    await page.getByRole("link", { name: "E-mails", exact: true }).click();
    await seen(page.getByRole("heading", { name: "E-mails", level: 1 }));
    await page.getByText("Search and filter").click();
    await page.getByLabel("Recipient").fill(person.email.toUpperCase());
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.waitForURL(/recipient=/);
    await openMail(page, WELCOME);

    // The page renews itself until its provider has reported.
    await seen(page.getByText("Delivered", { exact: true }));
    const timeline = page.getByRole("region", { name: "What became of it" });
    await seen(timeline.getByText("Taken by resend"));
    await seen(page.frameLocator("iframe").getByText("Your workspace is ready"));
    await page.getByRole("link", { name: "As text" }).click();
    await seen(page.locator("pre", { hasText: "YOUR WORKSPACE IS READY" }));

    const first = new URL(page.url()).pathname;
    await pressAndConfirm(page, "Send again", "Send again");
    await page.waitForURL((url) => url.pathname !== first);
    await seen(page.getByRole("link", { name: "the mail that it repeats" }));
    await seen(timeline.getByText("Taken by resend"));
    expect((await listMails(person.email)).filter(({ subject }) => subject === WELCOME)).toHaveLength(2);
  }),
);

it.concurrent(
  "shows nobody a mail that carries a secret, and says why",
  visit(async ({ page, elsewhere }) => {
    const person = await joined(await elsewhere());
    const token = new URL(linkIn(await arrivedMail(person.email, SECRET), "/verify-email")).searchParams.get(
      "token",
    );
    if (!token) throw new Error("the mail has no token");
    await openConsole(page);
    await page.goto(toMails(person));
    await openMail(page, SECRET);
    await seen(page.getByText("This mail carries a secret"));
    await seen(page.getByText("It cannot be sent again from here"));
    expect(await page.locator("iframe").count()).toBe(0);
    expect(await page.getByRole("link", { name: "Send again" }).count()).toBe(0);
    expect(await page.content()).not.toContain(token);
  }),
);

it.concurrent(
  "replays what was given up, a set at a time, and nobody gets a mail twice",
  visit(async ({ page, elsewhere }) => {
    const person = await joined(await elsewhere());
    await arrivedMail(person.email, WELCOME);
    await openConsole(page);
    await page.goto(toMails(person));
    await openMail(page, WELCOME);
    await seen(page.getByText("Delivered", { exact: true }));
    await letBeGivenUp(person);

    await page.goto("/admin/emails");
    await seen(page.getByText(/(was|were) given up$/));
    await page.goto(`${toMails(person)}&status=dead`);
    await seen(page.getByText("unavailable: the provider did not answer"));
    await pressAndConfirm(page, "Replay these", "Replay");
    const replays = page.getByRole("region", { name: "Replays" });
    await seen(replays.getByText(`to ${person.email}`));
    await seen(page.getByText("No mails fit the filter"));

    await page.goto(toMails(person));
    await openMail(page, WELCOME);
    await seen(page.getByText("Taken by resend", { exact: true }));
    await seen(page.getByText("replayed once by an operator"));
    expect((await listMails(person.email)).filter(({ subject }) => subject === WELCOME)).toHaveLength(1);
  }),
);

it.concurrent(
  "asks on pages of its own with JavaScript switched off, and replays one mail",
  visit(
    async ({ page, elsewhere }) => {
      const person = await joined(await elsewhere());
      await arrivedMail(person.email, WELCOME);
      await letBeGivenUp(person);
      await openConsole(page);
      await page.goto("/admin/emails");
      await page.getByText("Search and filter").click();
      await page.getByLabel("Recipient").fill(person.email);
      await page.getByLabel("State", { exact: true }).selectOption({ label: "Given up" });
      await page.getByRole("button", { name: "Filter", exact: true }).click();
      await openMail(page, WELCOME);
      await page.getByRole("link", { name: "Replay", exact: true }).click();
      await seen(page.getByRole("heading", { name: "Replay this message?" }));
      await page.getByRole("button", { name: "Replay", exact: true }).click();
      const mail = new URL(page.url()).pathname;
      await eventually("the mail to be taken again", async () => {
        await page.goto(mail);
        return (await page.getByText("Taken by resend", { exact: true }).count()) > 0;
      });
    },
    { javaScriptEnabled: false },
  ),
);

it.concurrent(
  "says who is not written to, and writes to them again once an operator wants so",
  visit(async ({ page, elsewhere }) => {
    const person = await joined(await elsewhere());
    await arrivedMail(person.email, WELCOME);
    await write(
      `INSERT INTO email_suppression (id, mode, address, category, reason, provider)
       VALUES ($1, 'SANDBOX', $2, '', 'BOUNCED', 'resend')`,
      [randomUUID(), person.email],
    );
    await openConsole(page);
    await page.goto(toMails(person));
    await openMail(page, WELCOME);
    await pressAndConfirm(page, "Send again", "Send again");
    await seen(page.getByText("Suppressed", { exact: true }));
    await seen(page.getByText("Not sent", { exact: true }));

    await page.getByRole("link", { name: "Why the address is suppressed" }).click();
    await seen(page.getByRole("heading", { name: "Suppressed addresses", level: 1 }));
    await seen(page.getByText("Told by resend"));
    await pressAndConfirm(page, new RegExp(`^Remove: ${person.email}`), "Write to it again");
    await seen(page.getByText("The address is written to again"));
    await seen(page.getByText("No suppressed address begins so"));

    await page.goto(`${toMails(person)}&status=suppressed`);
    await openMail(page, WELCOME);
    await pressAndConfirm(page, "Send again", "Send again");
    await seen(page.getByText("Delivered", { exact: true }));
  }),
);

it.concurrent(
  "lists what the app has vendors do, by ids alone",
  visit(async ({ page }) => {
    const checkoutId = `cs_test_${randomUUID()}`;
    await write(
      `INSERT INTO outbox_message (id, kind, mode, business_key, status, payload, last_error)
       VALUES ($1, 'EXPIRE_CHECKOUT', 'LIVE', $2, 'DEAD', $3, 'invalid_request')`,
      [randomUUID(), `expire-checkout:${checkoutId}`, { checkoutId, operationId: randomUUID(), note: "Ada" }],
    );
    await openConsole(page);
    await page.goto("/admin/emails?kind=commands");
    const row = page.getByRole("row").filter({ hasText: checkoutId });
    await row.getByRole("link", { name: "Close a payment page" }).click();
    const about = page.getByRole("region", { name: "What it is about" });
    await seen(about.getByText(checkoutId));
    expect(await shownText(about)).not.toContain("Ada");
  }),
);

it.concurrent(
  "is not found by whoever is no operator",
  visit(async ({ page }) => {
    await joined(page);
    for (const path of ["", `/${randomUUID()}`, "/suppressions"]) {
      const response = await page.goto(`/admin/emails${path}`);
      expect(response?.status(), path).toBe(404);
    }
  }),
);

it.concurrent(
  "has no serious barrier, and nothing that is wider than a telephone",
  visit(async ({ page, elsewhere }) => {
    const person = await joined(await elsewhere());
    await arrivedMail(person.email, WELCOME);
    await openConsole(page);
    const findings: string[] = [];
    const look = async () => {
      findings.push(...(await seriousFindings(page)));
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth), page.url()).toBeLessThanOrEqual(
        390,
      );
    };
    for (const path of [
      toMails(person),
      "/admin/emails?kind=commands&from=never",
      "/admin/emails/suppressions",
    ]) {
      await page.goto(path);
      await look();
    }
    await page.goto(toMails(person));
    await openMail(page, WELCOME);
    await look();
    await page.goto(toMails(person));
    await openMail(page, SECRET);
    await look();
    expect(findings).toEqual([]);
  }),
);
