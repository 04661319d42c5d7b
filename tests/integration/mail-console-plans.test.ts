/** Guards that what operators ask of the outbox follows an index, however much there is in it. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMAND_KINDS } from "@/app/(admin)/admin/emails/_view/mail-words";
import type { ListPart } from "@/lib/db/keyset";
import type { MailFilter } from "@/lib/db/mail-console";
import { startBackend } from "@/tests/support/backend";
import { asking, insertMessage } from "@/tests/support/outbox-rows";
import { plansOf, readsAll, sortsMany } from "@/tests/support/query-plans";

const backend = await startBackend();
const { countMails, listCategories, listMails } = await import("@/lib/db/mail-console");

afterAll(() => backend.stop());

const NEWEST: ListPart = { kind: "newest" };

describe("among a hundred thousand messages", () => {
  const ROWS = 100_000;
  const workspaceId = randomUUID();

  beforeAll(async () => {
    // Three in a hundred are commands; of the mails few are not sent, and few went to the second vendor, long ago.
    await backend.rows(
      `INSERT INTO outbox_message (id, kind, mode, business_key, status, delivery, category, recipient, subject,
                                   provider, workspace_id, external_id, created_at)
       SELECT gen_random_uuid(),
              (CASE WHEN n % 33 = 0 THEN 'EXPIRE_CHECKOUT' ELSE 'EMAIL' END)::outbox_kind, 'SANDBOX', 'many:' || n,
              (CASE WHEN n % 2000 = 1 THEN 'DEAD' WHEN n % 2000 = 2 THEN 'SUPPRESSED' ELSE 'SENT' END)::outbox_status,
              (CASE WHEN n % 4000 = 3 THEN 'BOUNCED' ELSE 'DELIVERED' END)::delivery_state,
              CASE WHEN n % 33 = 0 THEN NULL ELSE (ARRAY['receipt', 'welcome', 'payment-failed'])[n % 3 + 1] END,
              CASE WHEN n % 33 = 0 THEN NULL ELSE 'person' || n % 5000 || '@example.com' END,
              'A subject', CASE WHEN n BETWEEN 50 AND 60 THEN 'sendgrid' ELSE 'resend' END,
              CASE WHEN n % 1000 = 0 THEN $1::uuid ELSE gen_random_uuid() END, 'message-' || n,
              now() - ($2 - n) * interval '1 minute'
         FROM generate_series(1, $2) AS n`,
      [workspaceId, ROWS],
    );
    await backend.rows("ANALYZE outbox_message");
  });

  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

  const filters: Record<string, Partial<MailFilter>> = {
    nothing: {},
    "mails that were sent": { status: "sent" },
    "dead mails": { status: "dead" },
    "suppressed mails": { status: "suppressed" },
    "what waits, which is nothing": { status: "pending" },
    "a state of delivery": { delivery: "bounced" },
    "a state of delivery that no mail has": { delivery: "complained" },
    "a template": { category: "receipt" },
    "a template that no mail has": { category: "none" },
    "an address": { recipient: "person77@example.com" },
    "the beginning of many addresses": { recipient: "p" },
    "the beginning of no address": { recipient: "zz" },
    "a provider": { provider: "resend" },
    "a provider of long ago": { provider: "sendgrid" },
    "a workspace": { workspaceId },
    "the vendor's id of a mail": { reference: "message-77" },
    "a time": { from: hoursAgo(90), until: hoursAgo(80) },
    "a time before the first": { until: hoursAgo(24 * 365) },
    commands: { kinds: COMMAND_KINDS },
    "commands of one kind": { kinds: ["expire_checkout"] },
    "several at once": { status: "sent", category: "welcome", provider: "resend", delivery: "delivered" },
  };

  test.each(Object.entries(filters))("a list of %s follows an index", async (_name, filter) => {
    const than = { at: hoursAgo(200), id: randomUUID() };
    for (const part of [NEWEST, { kind: "older", than }, { kind: "newer", than }] satisfies ListPart[]) {
      const plans = await plansOf(backend.databaseUrl, () => listMails(asking(filter), part, 25));
      expect(plans.length).toBeGreaterThan(0);
      for (const plan of plans) {
        expect(readsAll(plan, "outbox_message"), JSON.stringify(plan)).toEqual([]);
        expect(sortsMany(plan, "outbox_message"), JSON.stringify(plan)).toEqual([]);
      }
    }
  });

  test("counts and templates follow an index as well", async () => {
    const plans = await plansOf(backend.databaseUrl, async () => [
      await countMails(),
      await listCategories(),
    ]);
    expect(plans).toHaveLength(2);
    for (const plan of plans) expect(readsAll(plan, "outbox_message"), JSON.stringify(plan)).toEqual([]);
  });

  test("what is rare and old is found in steps, each of them bounded", async () => {
    const found: string[] = [];
    const filter = asking({ provider: "sendgrid" });
    let part: ListPart = NEWEST;
    let steps = 0;
    for (;;) {
      const page = await listMails(filter, part, 25);
      steps += 1;
      found.push(...page.rows.map(({ id }) => id));
      expect(page.lookedTo === null).toBe(page.olderThan === null);
      if (page.olderThan === null) break;
      part = { kind: "older", than: page.olderThan };
    }
    expect(new Set(found).size).toBe(11);
    expect(found).toHaveLength(11);
    expect(steps).toBe(5);
  });

  test("commands of a kind that is rare among others are in order with them", async () => {
    const alert = await insertMessage(backend.rows, { kind: "ALERT", minutes: 60 * 24 * 2 });
    const page = await listMails(asking({ kinds: COMMAND_KINDS, from: hoursAgo(24 * 3) }), NEWEST, 200);
    expect(page.rows.map(({ id }) => id)).toContain(alert);
    const moments = page.rows.map(({ createdAt }) => createdAt.getTime());
    expect(moments).toEqual([...moments].sort((one, other) => other - one));
  });
});
