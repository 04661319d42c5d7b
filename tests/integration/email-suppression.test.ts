/**
 * Guards who is written to: an address that came back, complained or unsubscribed is left in peace from the next mail
 * on, whichever vendor reported it and however long that mail has waited; and nobody is for less than that.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { newViewer, startBackend } from "@/tests/support/backend";
import { openCircuit, resetCircuits } from "@/tests/support/circuits";
import { eventually } from "@/tests/support/poll";
import { runBatch } from "@/tests/support/run-batch";

const backend = await startBackend({ EMAIL_PROVIDER: "resend", EMAIL_FALLBACK_PROVIDER: "sendgrid" });
const { db } = await import("@/lib/db/client");
const { addSuppression, listSuppressions, searchSuppressions, unsubscribe } = await import(
  "@/lib/db/email-suppressions"
);
const { insertWebhookEvent } = await import("@/lib/db/webhook-events");
const { emailProvider } = await import("@/lib/integrations/email");
const { enqueueAuthMail } = await import("@/lib/outbox/auth-mail");
const { outboxSource } = await import("@/lib/outbox/deliver");
const { enqueueMail } = await import("@/lib/outbox/enqueue");
const { removeSuppression } = await import("@/lib/use-cases/operations/remove-suppression");
const { emailEventRowOf } = await import("@/lib/webhooks/email-event");
const { resendDeliveryHandlers } = await import("@/lib/webhooks/handlers/resend/delivery");
const { sendGridDeliveryHandlers } = await import("@/lib/webhooks/handlers/sendgrid/delivery");
const { pump } = await import("@/lib/webhooks/process");
const { receiveWebhook } = await import("@/lib/webhooks/receive");

beforeEach(resetCircuits);
afterEach(async () => {
  await backend.clearFaults();
  for (const table of ["outbox_message", "webhook_event", "email_suppression"])
    await backend.rows(`DELETE FROM ${table}`);
});
afterAll(() => backend.stop());

const address = () => `${randomUUID()}@example.com`;

async function enqueue(to: string, category = "welcome"): Promise<void> {
  await enqueueMail(db(), {
    businessKey: randomUUID(),
    mail: {
      from: "Breakwater <hello@breakwater.example>",
      ...{ to, category, subject: "A subject", html: "<p>Some words</p>", text: "Some words" },
    },
  });
}
const work = () => runBatch(outboxSource);

interface Row {
  id: string;
  status: string;
  category: string;
  lastError: string | null;
  delivery: string;
  externalId: string | null;
}
const rowsTo = (to: string) =>
  backend.rows<Row>(
    `SELECT id, status, category, last_error AS "lastError", delivery, external_id AS "externalId"
       FROM outbox_message WHERE recipient = $1 ORDER BY created_at, id`,
    [to],
  );
const suppressed = (to: string) =>
  backend.rows<{ category: string; reason: string; provider: string | null; messageId: string | null }>(
    `SELECT category, reason, provider, message_id AS "messageId" FROM email_suppression WHERE address = $1`,
    [to],
  );

type Vendor = "resend" | "sendgrid";

/** Sends a mail through a vendor, lets something happen to it there, and hands the app what the vendor reports of it. */
async function sendAndReport(vendor: Vendor, to: string, what: string, reportedAs: string): Promise<void> {
  if (vendor === "sendgrid") await openCircuit("resend");
  await enqueue(to);
  await work();
  await resetCircuits();
  const [mail] = await backend.mails(to);
  if (!mail) throw new Error("the mail was sent");
  await backend.letHappen(mail.id, what);
  const delivery = await eventually("the vendor's report", async () =>
    backend.deliveries.find(
      (one) => one.vendor === vendor && one.body.includes(to) && one.body.includes(`"${reportedAs}"`),
    ),
  );
  const provider = emailProvider(vendor);
  const request = new Request(`http://localhost/api/webhooks/${vendor}`, { method: "POST", ...delivery });
  const received = await receiveWebhook(
    request,
    vendor,
    provider.verifyWebhook,
    emailEventRowOf(provider),
    () => {},
  );
  expect(received.status).toBe(200);
  await pump.run();
}

const NAMES = {
  resend: { bounced: "email.bounced", complained: "email.complained", suppressed: "email.suppressed" },
  sendgrid: { bounced: "bounce", complained: "spamreport", suppressed: "dropped" },
} as const;

describe.each(["resend", "sendgrid"] as const)("what %s reports", (vendor) => {
  test("of a hard bounce: its address gets nothing any more, and no vendor is asked", async () => {
    const to = address();
    await sendAndReport(vendor, to, "bounced", NAMES[vendor].bounced);
    const [bounced] = await rowsTo(to);
    expect(bounced).toMatchObject({ status: "SENT", delivery: "BOUNCED" });
    expect(await suppressed(to)).toEqual([
      { category: "", reason: "BOUNCED", provider: vendor, messageId: bounced?.id },
    ]);

    const before = (await backend.vendorCalls()).length;
    await enqueue(to);
    await enqueue(to.toUpperCase(), "receipt");
    await enqueueAuthMail({ kind: "reset-password", to, name: "Ann", token: "a-token-of-a-test" });
    await work();
    const kept = (await rowsTo(to)).slice(1);
    expect(kept.map(({ status }) => status)).toEqual(["SUPPRESSED", "SUPPRESSED", "SUPPRESSED"]);
    for (const { lastError } of kept)
      expect(lastError).toMatch(/^the address does not exist, or takes no mail/);
    expect(await backend.rows("SELECT 1 FROM outbox_message WHERE secret_payload IS NOT NULL")).toEqual([]);
    expect(await backend.vendorCalls()).toHaveLength(before);
  });

  test("of a complaint: what its reader may do without is kept back, what they need is not", async () => {
    const to = address();
    await sendAndReport(vendor, to, "complained", NAMES[vendor].complained);
    expect(await suppressed(to)).toMatchObject([{ category: "", reason: "COMPLAINED", provider: vendor }]);
    await enqueue(to);
    await enqueue(to, "receipt");
    await work();
    expect((await rowsTo(to)).slice(1)).toMatchObject([
      {
        status: "SUPPRESSED",
        category: "welcome",
        lastError: expect.stringContaining("marked an earlier mail"),
      },
      { status: "SENT", category: "receipt" },
    ]);
  });

  test("of its own list: the address is on ours too", async () => {
    const to = address();
    await sendAndReport(vendor, to, "suppressed", NAMES[vendor].suppressed);
    expect(await rowsTo(to)).toMatchObject([{ delivery: "SUPPRESSED" }]);
    expect(await suppressed(to)).toMatchObject([{ reason: "VENDOR", provider: vendor }]);
  });

  test("and is removed by an operator is written to again, by us and by the vendor", async () => {
    const to = address();
    await sendAndReport(vendor, to, "bounced", NAMES[vendor].bounced);
    const viewer = await newViewer();
    const [{ id } = { id: "" }] = await backend.rows<{ id: string }>("SELECT id FROM email_suppression");
    const removals = await removeSuppression({ viewer, id });
    expect(removals).toContainEqual({ provider: vendor, outcome: "removed" });
    await expect(removeSuppression({ viewer, id })).rejects.toMatchObject({ code: "not_found" });

    if (vendor === "sendgrid") await openCircuit("resend");
    await enqueue(to);
    await work();
    expect((await rowsTo(to))[1]).toMatchObject({ status: "SENT" });
    await eventually(
      "the mail to arrive",
      async () => (await backend.mails(to))[0]?.last_event === "delivered",
    );
    const audit = await backend.rows(
      "SELECT actor_id, detail FROM audit_log WHERE action = 'suppression.removed' AND actor_id = $1",
      [viewer.userId],
    );
    expect(audit).toMatchObject([{ detail: { suppressionId: id, reason: "bounced" } }]);
    expect(JSON.stringify(audit)).not.toContain(to);
  });
});

describe("a vendor's report that says nothing about the address", () => {
  const report = (provider: Vendor, objectId: string, type: string, payload: object) =>
    insertWebhookEvent({
      ...{
        provider,
        objectId,
        type,
        account: "",
        externalId: randomUUID(),
        mode: "SANDBOX",
        apiVersion: null,
      },
      ...{ payload: JSON.stringify(payload), operationId: null, occurredAt: new Date(), status: "PENDING" },
    });

  test.each([
    [
      "resend",
      "email.bounced",
      { data: { bounce: { type: "Transient", subType: "MailboxFull" } } },
      "BOUNCED",
    ],
    ["resend", "email.bounced", { data: { bounce: { type: "Undetermined" } } }, "BOUNCED"],
    ["resend", "email.bounced", {}, "BOUNCED"],
    ["resend", "email.failed", { data: { failed: { reason: "reached_daily_quota" } } }, "BOUNCED"],
    ["sendgrid", "bounce", { type: "blocked", reason: "421 try again" }, "BOUNCED"],
    ["sendgrid", "bounce", {}, "BOUNCED"],
    ["sendgrid", "dropped", { reason: "Spam Content" }, "SUPPRESSED"],
    ["sendgrid", "dropped", { reason: "Recipient List over Package Quota" }, "SUPPRESSED"],
    ["sendgrid", "deferred", { response: "400 try again later" }, "DELAYED"],
  ] as const)("suppresses nobody: %s %s %j", async (provider, type, payload, delivery) => {
    const to = address();
    if (provider === "sendgrid") await openCircuit("resend");
    await enqueue(to);
    await work();
    const [{ id } = { id: "" }] = await rowsTo(to);
    await report(provider, id, type, payload);
    await pump.run();
    expect(await rowsTo(to)).toMatchObject([{ delivery }]);
    expect(await suppressed(to)).toEqual([]);
  });

  test.each([
    ["resend", "email.bounced", { data: { bounce: { type: "Permanent", subType: "General" } } }, "BOUNCED"],
    ["resend", "email.bounced", { data: { bounce: { type: "Permanent", subType: "Suppressed" } } }, "VENDOR"],
    ["sendgrid", "dropped", { reason: "Spam Reporting Address" }, "COMPLAINED"],
    ["sendgrid", "dropped", { reason: "Invalid" }, "BOUNCED"],
    ["sendgrid", "dropped", { reason: "Unsubscribed Address" }, "UNSUBSCRIBED"],
  ] as const)("is none of these: %s %s %j", async (provider, type, payload, reason) => {
    const to = address();
    if (provider === "sendgrid") await openCircuit("resend");
    await enqueue(to);
    await work();
    const [{ id } = { id: "" }] = await rowsTo(to);
    await report(provider, id, type, payload);
    await pump.run();
    expect(await suppressed(to)).toMatchObject([{ reason }]);
  });

  test("of a reader who has unsubscribed there keeps back what they may do without, and nothing else", async () => {
    const to = address();
    await openCircuit("resend");
    await enqueue(to);
    await work();
    const [{ id } = { id: "" }] = await rowsTo(to);
    await report("sendgrid", id, "dropped", { reason: "Unsubscribed Address" });
    await pump.run();
    await enqueue(to);
    await enqueueAuthMail({ kind: "reset-password", to, name: "Ann", token: "a-token-of-a-test" });
    await work();
    expect((await rowsTo(to)).slice(1)).toMatchObject([
      { status: "SUPPRESSED", category: "welcome", lastError: "its reader has unsubscribed" },
      { status: "SENT", category: "reset-password" },
    ]);
  });

  test("nor does one about a mail that is not ours", async () => {
    await report("resend", randomUUID(), "email.bounced", { data: { bounce: { type: "Permanent" } } });
    await backend.rows("UPDATE webhook_event SET received_at = now() - interval '11 minutes'");
    await pump.run();
    expect(await backend.rows("SELECT status FROM webhook_event")).toEqual([{ status: "DONE" }]);
    expect(await backend.rows("SELECT 1 FROM email_suppression")).toEqual([]);
  });
});

describe("the list", () => {
  const entry = (to: string, reason: "bounced" | "complained" | "vendor" | "unsubscribed") => ({
    ...{ mode: "SANDBOX" as const, address: to, category: null, reason, provider: "resend", messageId: null },
  });

  test("is looked at when a mail is about to go: what came in between counts", async () => {
    const to = address();
    await enqueue(to);
    await addSuppression(db(), entry(to, "bounced"));
    await work();
    expect(await rowsTo(to)).toMatchObject([{ status: "SUPPRESSED" }]);
    expect(await backend.mails(to)).toEqual([]);
  });

  test("also before a mail is sent again that may have gone: it is said so", async () => {
    const to = address();
    await backend.addFault({
      vendor: "resend",
      kind: "reset",
      phase: "headers",
      route: "POST /emails",
      times: 1,
    });
    await enqueue(to);
    await work();
    await addSuppression(db(), entry(to, "bounced"));
    await backend.rows("UPDATE outbox_message SET next_attempt_at = now()");
    await work();
    expect(await rowsTo(to)).toMatchObject([
      { status: "SUPPRESSED", lastError: expect.stringMatching(/^may have been sent before; /) },
    ]);
  });

  test("keeps the reason that keeps back the most, in whichever order they come", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(["bounced", "vendor", "complained", "unsubscribed"] as const, { minLength: 1 }),
        async (reasons) => {
          const to = address();
          for (const reason of reasons) await addSuppression(db(), entry(to, reason));
          const strongest = ["bounced", "vendor", "complained", "unsubscribed"].find((one) =>
            reasons.some((reason) => reason === one),
          );
          expect(await suppressed(to)).toMatchObject([{ reason: strongest?.toUpperCase() }]);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("of one mode says nothing in another", async () => {
    const to = address();
    await addSuppression(db(), { ...entry(to, "bounced"), mode: "LIVE" });
    await enqueue(to);
    await work();
    expect(await rowsTo(to)).toMatchObject([{ status: "SENT" }]);
    expect((await listSuppressions({ kind: "newest" }, 10)).rows).toEqual([]);
  });

  test("is read page by page, newest first, and searched by how an address begins", async () => {
    const people = ["ann", "anna", "bob", "an.other", "ANNE"].map(
      (name) => `${name.toLowerCase()}@example.com`,
    );
    for (const to of people) await addSuppression(db(), entry(to, "bounced"));
    await unsubscribe("ann@example.com", "welcome");

    const first = await listSuppressions({ kind: "newest" }, 4);
    expect(first.rows.map(({ address: to, category }) => [to, category])).toEqual([
      ["ann@example.com", "welcome"],
      ["anne@example.com", null],
      ["an.other@example.com", null],
      ["bob@example.com", null],
    ]);
    if (!first.olderThan) throw new Error("there are more");
    const second = await listSuppressions({ kind: "older", than: first.olderThan }, 4);
    expect(second.rows.map(({ address: to }) => to)).toEqual(["anna@example.com", "ann@example.com"]);
    expect(second.olderThan).toBeNull();

    const found: string[] = [];
    let after: Parameters<typeof searchSuppressions>[1] = null;
    do {
      const page = await searchSuppressions("ann", after, 2);
      found.push(...page.rows.map(({ address: to, category }) => `${to} ${category}`));
      after = page.next;
    } while (after);
    expect(found.sort()).toEqual([
      "ann@example.com null",
      "ann@example.com welcome",
      "anna@example.com null",
      "anne@example.com null",
    ]);
    expect((await searchSuppressions("an.", null, 10)).rows).toHaveLength(1);
    expect((await searchSuppressions("zoe", null, 10)).rows).toEqual([]);
  });

  test("is found along its indexes at 100,000 addresses", async () => {
    await backend.rows(
      `INSERT INTO email_suppression (id, mode, address, reason, created_at)
       SELECT gen_random_uuid(), 'SANDBOX', 'reader-' || n || '@example.com', 'BOUNCED', now() - n * interval '1 second'
         FROM generate_series(1, 100000) AS n`,
    );
    await backend.rows("ANALYZE email_suppression");
    const planOf = async (sql: string) =>
      JSON.stringify(await backend.rows(`EXPLAIN (FORMAT JSON) ${sql} LIMIT 51`));
    for (const sql of [
      `SELECT * FROM email_suppression WHERE mode = 'SANDBOX' AND address = 'x' AND category IN ('', 'welcome')`,
      `SELECT * FROM email_suppression WHERE mode = 'SANDBOX' ORDER BY created_at DESC, id DESC`,
      `SELECT * FROM email_suppression WHERE mode = 'SANDBOX' AND address >= 'reader-9' AND starts_with(address, 'reader-9')
        ORDER BY address, category`,
    ]) {
      const plan = await planOf(sql);
      expect(plan, sql).toContain("Index");
      expect(plan, sql).not.toMatch(/Seq Scan|"Sort"/);
    }
    expect((await searchSuppressions("reader-9999", null, 20)).rows).toHaveLength(11);
  });
});

describe("reports of a mail in any order", () => {
  const RANK = ["UNKNOWN", "SENT", "DELAYED", "DELIVERED", "COMPLAINED", "BOUNCED", "SUPPRESSED"];
  const MEANS = {
    resend: {
      "email.sent": "SENT",
      "email.delivery_delayed": "DELAYED",
      "email.delivered": "DELIVERED",
      "email.complained": "COMPLAINED",
      "email.bounced": "BOUNCED",
      "email.failed": "BOUNCED",
      "email.suppressed": "SUPPRESSED",
    },
    sendgrid: {
      processed: "SENT",
      deferred: "DELAYED",
      delivered: "DELIVERED",
      spamreport: "COMPLAINED",
      bounce: "BOUNCED",
      dropped: "SUPPRESSED",
    },
  } as const;
  const FAMILIES = { resend: resendDeliveryHandlers, sendgrid: sendGridDeliveryHandlers };

  test.each(["resend", "sendgrid"] as const)(
    "end in the worst of them, %s's, alone or together, once or twice",
    async (provider) => {
      const means: Record<string, string> = MEANS[provider];
      const types = Object.keys(means);
      expect([...FAMILIES[provider].types].sort()).toEqual([...types].sort());
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray(types, { minLength: 1 }),
          fc.array(fc.constantFrom(...types), { maxLength: 3 }),
          fc.integer({ min: 1, max: 3 }),
          async (order, again, together) => {
            const to = address();
            await enqueue(to);
            await backend.rows("UPDATE outbox_message SET provider = $1 WHERE recipient = $2", [
              provider,
              to,
            ]);
            const [{ id: objectId } = { id: "" }] = await rowsTo(to);
            const reports = [...order, ...again.filter((type) => order.includes(type))];
            for (let at = 0; at < reports.length; at += together) {
              const batch = [...new Set(reports.slice(at, at + together))];
              await FAMILIES[provider].handle(
                { provider, objectId, types: batch, receivedAt: new Date() },
                async () => undefined,
              );
            }
            const worst = Math.max(...order.map((type) => RANK.indexOf(means[type] ?? "")));
            expect(await rowsTo(to)).toMatchObject([{ delivery: RANK[worst] }]);
          },
        ),
        { numRuns: 100 },
      );
    },
  );
});
