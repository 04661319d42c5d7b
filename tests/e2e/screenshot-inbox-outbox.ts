/** The operators' pages of what came in and what goes out, with what a long life of the app leaves there. */
import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";
import { withClient } from "@/scripts/stack/database-client";
import { seen } from "@/tests/support/journey";
import { stackUnderTest } from "@/tests/support/stack-under-test";

type Take = (page: Page, name: string, part?: "page" | "window") => Promise<void>;

/** @param operator signed in */
export async function takeInboxAndOutbox(take: Take, operator: Page, customer: string): Promise<void> {
  await operator.goto("/admin/webhooks");
  await take(operator, "webhooks");
  await operator.getByRole("link", { name: "invoice.paid" }).first().click();
  await operator.waitForURL(/\/admin\/webhooks\/[0-9a-f-]{36}/);
  await take(operator, "webhook");

  await takeMail(take, operator, `/admin/emails?recipient=${encodeURIComponent(customer)}`);
  await inventTrouble(customer);
  await operator.goto("/admin/emails");
  await take(operator, "emails");
  await operator.getByText("Search and filter").click();
  await take(operator, "emails-filter");
  await operator.goto("/admin/emails?status=dead");
  await operator.getByRole("link", { name: "Replay these" }).click();
  await seen(operator.getByRole("alertdialog"));
  await take(operator, "emails-replay-dialog", "window");
  await operator.goto("/admin/emails?kind=commands");
  await take(operator, "emails-commands");
  await operator.goto("/admin/emails?status=dead");
  await operator.getByRole("link", { name: "Welcome to Breakwater" }).first().click();
  await seen(operator.getByRole("heading", { name: "Once more" }));
  await take(operator, "email-given-up");
  await operator.goto("/admin/emails/suppressions");
  await take(operator, "suppressions");
}

async function takeMail(take: Take, operator: Page, list: string): Promise<void> {
  for (const [name, subject] of [
    ["email", /^Your receipt/],
    ["email-secret", "Confirm your e-mail address"],
  ] as const) {
    await operator.goto(list);
    await operator.getByRole("link", { name: subject }).first().click();
    await seen(operator.getByRole("heading", { name: "What became of it" }));
    await take(operator, name);
  }
  // A frame that nobody can see is not painted, in a picture of the whole page neither.
  await operator.goto(list);
  await operator
    .getByRole("link", { name: /^Your receipt/ })
    .first()
    .click();
  await operator.locator("iframe").scrollIntoViewIfNeeded();
  await take(operator, "email-content", "window");
}

/** A mail that was given up after many attempts, and addresses that are not written to. */
async function inventTrouble(customer: string): Promise<void> {
  await withClient(stackUnderTest().database, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `UPDATE outbox_message
          SET status = 'DEAD', sent_at = NULL, delivery = 'UNKNOWN', attempts = 9, created_at = now() - interval '3 days',
              bound_at = now() - interval '2 days', last_error = 'unavailable: the provider did not answer'
        WHERE recipient = $1 AND category = 'welcome' RETURNING id`,
      [customer],
    );
    for (const { id } of rows) {
      await client.query(
        `INSERT INTO failed_attempt (id, work_id, number, error, is_last, at)
         SELECT gen_random_uuid(), $1, n, 'unavailable: the provider did not answer', n = 9,
                now() - interval '3 days' + n * interval '7 hours'
           FROM generate_series(1, 9) AS n`,
        [id],
      );
    }
    const addresses: [address: string, category: string, reason: string, provider: string | null][] = [
      ["somebody@example.test", "", "BOUNCED", "resend"],
      ["a.very.long.name.of.a.mailbox@a.department.of.a.company.example.test", "", "COMPLAINED", "resend"],
      ["reader@example.test", "welcome", "UNSUBSCRIBED", null],
    ];
    for (const [address, category, reason, provider] of addresses) {
      await client.query(
        `INSERT INTO email_suppression (id, mode, address, category, reason, provider)
         VALUES ($1, 'SANDBOX', $2, $3, $4::suppression_reason, $5)`,
        [randomUUID(), address, category, reason, provider],
      );
    }
  });
}
