/**
 * Guards the effects: what was written into the outbox happens once, whoever crashes in between, and what carries a
 * secret is never readable at rest.
 */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { openCircuit, resetCircuits } from "@/tests/support/circuits";
import { plansOf, readsAll, sortsMany } from "@/tests/support/query-plans";
import { runBatch } from "@/tests/support/run-batch";

const backend = await startBackend();
const { db } = await import("@/lib/db/client");
const { LAPSED } = await import("@/lib/db/leases");
const { claimOutboxMessages, completeOutboxMessage } = await import("@/lib/db/outbox");
const { claimWebhookEvents } = await import("@/lib/db/webhook-claims");
const { insertWebhookEvent } = await import("@/lib/db/webhook-events");
const { email } = await import("@/lib/integrations/email");
const { enqueueAuthMail } = await import("@/lib/outbox/auth-mail");
const { outboxSource } = await import("@/lib/outbox/deliver");
const { enqueueAlert, enqueueCancelDuplicate, enqueueMail } = await import("@/lib/outbox/enqueue");
const { withRequestContext } = await import("@/lib/request-context");
const { pump } = await import("@/lib/webhooks/process");

afterEach(async () => {
  await backend.clearFaults();
  await resetCircuits();
  await backend.rows("DELETE FROM outbox_message");
});
afterAll(() => backend.stop());

const address = () => `${randomUUID()}@example.com`;

function mailTo(to: string) {
  return {
    from: "Breakwater <hello@breakwater.example>",
    to,
    subject: "A subject",
    html: "<p>Some words</p>",
    text: "Some words",
    category: "welcome" as const,
  };
}

const enqueue = (to: string, businessKey: string = randomUUID()) =>
  enqueueMail(db(), { businessKey, mail: mailTo(to) });

interface Message {
  id: string;
  kind: string;
  status: string;
  attempts: number;
  lastError: string | null;
  externalId: string | null;
  payload: unknown;
  secretPayload: Buffer | null;
  waitMs: number;
}
const messages = () =>
  backend.rows<Message>(
    `SELECT id, kind, status, attempts, last_error AS "lastError", external_id AS "externalId", payload,
            secret_payload AS "secretPayload", EXTRACT(EPOCH FROM next_attempt_at - now())::float * 1000 AS "waitMs"
       FROM outbox_message ORDER BY created_at`,
  );
/** What was given up is told to whoever is on call; that is a message too. */
const mails = async () => (await messages()).filter(({ kind }) => kind === "EMAIL");

describe("a message", () => {
  test("is enqueued once under its business key, at once and in one transaction with its cause", async () => {
    const to = address();
    await Promise.all(Array.from({ length: 10 }, () => enqueue(to, "receipt:in_1")));
    expect(await messages()).toHaveLength(1);
    await expect(
      db().$transaction(async (tx) => {
        await enqueueMail(tx, { businessKey: "receipt:in_2", mail: mailTo(to) });
        throw new Error("the cause failed");
      }),
    ).rejects.toThrow("the cause failed");
    expect(await messages()).toHaveLength(1);
  });

  test("is sent once when several processes deliver at a time", async () => {
    // With the first answer it is known how many the vendor takes in a second: plenty.
    await email().send(mailTo(address()), { idempotencyKey: randomUUID() });
    const people = Array.from({ length: 50 }, address);
    await Promise.all(people.map((to) => enqueue(to)));
    // Each worker is what another process would run; the rows' leases alone keep them apart.
    const workers = Array.from({ length: 6 }, () => outboxSource);
    for (let round = 0; round < 3; round += 1) await Promise.all(workers.map(runBatch));
    expect((await messages()).map(({ status }) => status)).toEqual(Array(50).fill("SENT"));
    const ids = new Set((await messages()).map(({ id }) => id));
    const sends = (await backend.vendorCalls()).filter(({ idempotencyKey }) => ids.has(idempotencyKey ?? ""));
    expect(sends).toHaveLength(50);
    for (const to of people) expect(await backend.mails(to)).toHaveLength(1);
  });

  test("is sent once when a process dies between sending and noting it", async () => {
    const to = address();
    await enqueue(to);
    const [claimed] = await claimOutboxMessages(1, 60_000);
    if (!claimed) throw new Error("the message is due");
    await email().send(mailTo(to), { idempotencyKey: claimed.id });
    // Dead here. Nobody else takes it while the lease may still be alive …
    await pump.run();
    expect(await messages()).toMatchObject([{ status: "PENDING", attempts: 1 }]);
    // … and then it is done again, under the same key.
    await backend.rows("UPDATE outbox_message SET lease_until = now() - interval '1 second'");
    await pump.run();
    expect(await messages()).toMatchObject([{ status: "SENT", attempts: 2 }]);
    expect(await backend.mails(to)).toHaveLength(1);
  });

  test("that ends whoever sends it comes later and later, and is given up after ten times in a row", async () => {
    await enqueue(address());
    const die = async () => {
      await backend.rows("UPDATE outbox_message SET next_attempt_at = now() WHERE kind = 'EMAIL'");
      await claimOutboxMessages(1, 60_000);
      await backend.rows("UPDATE outbox_message SET lease_until = now() - interval '1 second'");
    };
    await die();
    for (let time = 1; time <= 10; time += 1) {
      await die();
      await runBatch(outboxSource);
      expect(await mails()).toMatchObject([{ status: time < 10 ? "PENDING" : "DEAD", lastError: LAPSED }]);
    }
  });

  test("is not marked by a worker that has lost its lease", async () => {
    await enqueue(address());
    const [claimed] = await claimOutboxMessages(1, 1);
    if (!claimed) throw new Error("the message is due");
    await backend.rows("UPDATE outbox_message SET lease_token = gen_random_uuid()");
    await completeOutboxMessage(claimed, { provider: "resend", externalId: "other" });
    expect(await messages()).toMatchObject([{ status: "PENDING", externalId: null }]);
  });

  test("knows the vendor's id afterwards, so that reports find it", async () => {
    const to = address();
    await enqueue(to);
    await pump.run();
    const [mail] = await backend.mails(to);
    expect(await messages()).toMatchObject([{ status: "SENT", externalId: mail?.id }]);
  });
});

describe("a message that is held back", () => {
  test("waits until the vendor may be asked again, uses up no attempt, and reaches nobody", async () => {
    await openCircuit("resend");
    const to = address();
    await enqueue(to);
    const before = (await backend.vendorCallCounts()).resend;
    for (let round = 0; round < 3; round += 1) {
      await backend.rows("UPDATE outbox_message SET next_attempt_at = now()");
      await pump.run();
    }
    const [waiting] = await messages();
    expect(waiting).toMatchObject({ status: "PENDING", attempts: 0 });
    expect(waiting?.lastError).toBe("resend emails.send: circuit_open");
    expect(waiting?.waitMs).toBeGreaterThan(20_000);
    expect((await backend.vendorCallCounts()).resend).toBe(before);
    await resetCircuits();
    await backend.rows("UPDATE outbox_message SET next_attempt_at = now()");
    await pump.run();
    expect(await messages()).toMatchObject([{ status: "SENT", attempts: 1 }]);
    expect(await backend.mails(to)).toHaveLength(1);
  });

  test("because the vendor asked to be left alone comes when that is over", async () => {
    await backend.addFault({
      vendor: "resend",
      kind: "status",
      status: 429,
      retryAfterSeconds: 60,
      times: 1,
    });
    await enqueue(address());
    await pump.run();
    await enqueue(address());
    await pump.run();
    const [asked, spared] = await messages();
    expect(asked).toMatchObject({ status: "PENDING", attempts: 1 });
    expect(spared).toMatchObject({ status: "PENDING", attempts: 0 });
    expect(spared?.waitMs).toBeGreaterThan(50_000);
    expect(spared?.waitMs).toBeLessThan(62_000);
  });
});

describe("a message that cannot be sent now", () => {
  test("is tried again later, with our words for what happened and none of the vendor's", async () => {
    await backend.addFault({ vendor: "resend", kind: "status", status: 500, route: "POST /emails" });
    const to = address();
    await enqueue(to);
    await pump.run();
    const [failed] = await messages();
    expect(failed).toMatchObject({ status: "PENDING", attempts: 1 });
    expect(failed?.lastError).toMatch(/^resend emails\.send: unavailable \(500\b/);
    expect(failed?.lastError).not.toContain("@");
    expect(failed?.waitMs).toBeLessThanOrEqual(1_000);
    await backend.clearFaults();
    await backend.rows("UPDATE outbox_message SET next_attempt_at = now()");
    await pump.run();
    expect(await messages()).toMatchObject([{ status: "SENT", attempts: 2, lastError: null }]);
    expect(await backend.mails(to)).toHaveLength(1);
  });

  test("waits as long as the vendor asks", async () => {
    await backend.addFault({
      vendor: "resend",
      kind: "status",
      status: 429,
      retryAfterSeconds: 120,
      route: "POST /emails",
    });
    await enqueue(address());
    await pump.run();
    const [limited] = await messages();
    expect(limited).toMatchObject({ status: "PENDING", attempts: 1 });
    expect(limited?.waitMs).toBeGreaterThan(110_000);
  });

  test("does not hold up the others", async () => {
    await backend.addFault({
      vendor: "resend",
      kind: "status",
      status: 500,
      route: "POST /emails",
      times: 1,
    });
    const people = Array.from({ length: 5 }, address);
    for (const to of people) await enqueue(to);
    // One batch: a run might look again when the one that failed is due already.
    await runBatch(outboxSource);
    const states = (await messages()).map(({ status }) => status).sort();
    expect(states).toEqual(["PENDING", "SENT", "SENT", "SENT", "SENT"]);
  });

  test("is given up after three days, and said to be dead", async () => {
    await backend.addFault({ vendor: "resend", kind: "status", status: 500, route: "POST /emails" });
    await enqueue(address());
    await backend.rows("UPDATE outbox_message SET created_at = now() - interval '73 hours'");
    await pump.run();
    expect(await mails()).toMatchObject([{ status: "DEAD" }]);
    await backend.clearFaults();
    await pump.run();
    expect(await mails()).toMatchObject([{ status: "DEAD", attempts: 1 }]);
  });
});

describe("a mail that carries a secret", () => {
  const TOKEN = "a-token-that-opens-an-account";

  test("is unreadable while it waits, and scrubbed once it is sent", async () => {
    const to = address();
    await enqueueAuthMail({ kind: "reset-password", to, name: "Ann", token: TOKEN });
    const [waiting] = await messages();
    expect(waiting?.payload).toBeNull();
    expect(waiting?.secretPayload?.length).toBeGreaterThan(100);
    const everything = JSON.stringify(await backend.rows("SELECT * FROM outbox_message"));
    expect(everything).not.toContain(TOKEN);
    expect(waiting?.secretPayload?.toString("latin1")).not.toContain(TOKEN);
    expect(waiting?.secretPayload?.toString("latin1")).not.toContain(to);

    await pump.run();
    expect(await messages()).toMatchObject([{ status: "SENT", payload: null, secretPayload: null }]);
    const [mail] = await backend.mails(to);
    expect(mail?.html).toContain(`/reset-password?token=${TOKEN}`);
  });

  test("says in the open whom it is to and what it is about, and that has no secret in it", async () => {
    const to = `Ann.${address()}`;
    await enqueueAuthMail({ kind: "verify-email", to, name: "Ann", token: TOKEN });
    const open = await backend.rows("SELECT recipient, subject, category FROM outbox_message");
    expect(open).toEqual([
      { recipient: to.toLowerCase(), subject: "Confirm your e-mail address", category: "verify-email" },
    ]);
  });

  test("and has nothing left to say is given up at once: there is nothing to send", async () => {
    await enqueueAuthMail({ kind: "verify-email", to: address(), name: "Ann", token: TOKEN });
    await backend.rows("UPDATE outbox_message SET secret_payload = NULL");
    await pump.run();
    expect(await mails()).toMatchObject([
      { status: "DEAD", lastError: expect.stringMatching(/^there is nothing left to send/) },
    ]);
  });

  test("is scrubbed too when it is given up", async () => {
    await backend.addFault({ vendor: "resend", kind: "status", status: 500, route: "POST /emails" });
    await enqueueAuthMail({ kind: "verify-email", to: address(), name: "Ann", token: TOKEN });
    await backend.rows("UPDATE outbox_message SET created_at = now() - interval '73 hours'");
    await pump.run();
    expect(await mails()).toMatchObject([{ status: "DEAD", secretPayload: null }]);
  });

  describe("is not written too often, however often a stranger asks", () => {
    const at = (seconds: number) => vi.setSystemTime(new Date(Date.UTC(2026, 10, 22, 12, 0, seconds)));
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["Date"] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    test.each([
      ["verify-email", 5, 600],
      ["reset-password", 5, 600],
      ["already-registered", 1, 3_600],
    ] as const)("%s, %i in %i s", async (kind, mails, seconds) => {
      const to = address();
      const ask = (email: string) => enqueueAuthMail({ kind, to: email, name: "Ann", token: randomUUID() });
      at(0);
      await Promise.all(Array.from({ length: 10 }, (_, n) => ask(n % 2 ? to : to.toUpperCase())));
      at(seconds - 1);
      await ask(to);
      expect(await messages()).toHaveLength(mails);
      await ask(address());
      expect(await messages()).toHaveLength(mails + 1);
      at(seconds);
      await ask(to);
      expect(await messages()).toHaveLength(mails + 2);
    });
  });
});

describe("an alert", () => {
  const newAlert = () => ({
    alertId: randomUUID(),
    severity: "critical" as const,
    title: "A title",
    text: "Some words",
    path: "/admin/integrations",
  });
  const told = async (alertId: string) =>
    (await backend.alerts()).filter(({ headers }) => headers["idempotency-key"] === alertId);

  test("is told once, with a link to where to look", async () => {
    const alert = newAlert();
    await enqueueAlert(db(), alert);
    await enqueueAlert(db(), alert);
    await pump.run();
    await pump.run();
    expect(await messages()).toMatchObject([{ status: "SENT" }]);
    expect((await told(alert.alertId)).map(({ text }) => text)).toEqual([
      "*Critical: A title*\nSome words\n<http://localhost:3999/admin/integrations>",
    ]);
  });

  test("is told before everything else: it may tell of what holds that up", async () => {
    for (let n = 0; n < 8; n += 1) await enqueue(address());
    await backend.rows("UPDATE outbox_message SET next_attempt_at = now() - interval '1 hour'");
    const { alertId } = newAlert();
    await enqueueAlert(db(), { ...newAlert(), alertId });
    const claimed = await claimOutboxMessages(5, 60_000);
    expect(claimed).toHaveLength(5);
    expect(claimed.map(({ kind }) => kind)).toContain("ALERT");
  });

  test("is told although its receiver was down at first", async () => {
    const alert = newAlert();
    await backend.addFault({ vendor: "oncall", kind: "status", status: 500, times: 1 });
    await enqueueAlert(db(), alert);
    await pump.run();
    expect(await messages()).toMatchObject([{ status: "PENDING", attempts: 1 }]);
    await backend.rows("UPDATE outbox_message SET next_attempt_at = now()");
    await pump.run();
    expect(await messages()).toMatchObject([{ status: "SENT" }]);
    expect(await told(alert.alertId)).toHaveLength(1);
  });
});

describe("what is due", () => {
  test("is claimed along its indexes, however much there is and was", async () => {
    await backend.rows(
      `INSERT INTO outbox_message (id, kind, mode, business_key, payload, status, next_attempt_at, created_at)
       SELECT gen_random_uuid(), CASE WHEN n % 50 = 0 THEN 'ALERT' ELSE 'EMAIL' END::outbox_kind, 'SANDBOX', 'bulk:' || n,
              '{}', CASE WHEN n % 4 = 0 THEN 'PENDING' ELSE 'SENT' END::outbox_status, now() - n * interval '1 second', now()
         FROM generate_series(1, 100000) AS n`,
    );
    await backend.rows("ANALYZE outbox_message");
    const plans = await plansOf(backend.databaseUrl, async () => {
      const claimed = await claimOutboxMessages(5, 60_000);
      expect(claimed.map(({ kind }) => kind)).toEqual(Array(5).fill("ALERT"));
    });
    expect(plans).toHaveLength(1);
    for (const plan of plans) {
      expect(readsAll(plan, "outbox_message")).toEqual([]);
      expect(sortsMany(plan, "outbox_message")).toEqual([]);
    }
  });

  test("is claimed as long as there is room: alerts, then what has waited the longest", async () => {
    for (let n = 0; n < 6; n += 1) {
      await enqueue(address(), `mail:${n}`);
      await backend.rows(
        "UPDATE outbox_message SET next_attempt_at = now() - $1 * interval '1 minute' WHERE business_key = $2",
        [n, `mail:${n}`],
      );
    }
    await enqueueAlert(db(), {
      ...{ alertId: "one", severity: "warning", title: "A title", text: "Some words", path: "/" },
    });
    const claimed = await claimOutboxMessages(3, 60_000);
    const keys = await backend.rows<{ key: string }>(
      "SELECT business_key AS key FROM outbox_message WHERE id = ANY ($1::uuid[]) ORDER BY business_key",
      [claimed.map(({ id }) => id)],
    );
    expect(keys.map(({ key }) => key)).toEqual(["alert:one", "mail:4", "mail:5"]);
  });
});

describe("a mail that somebody waits for to get in", () => {
  test("is claimed before thousands that nobody waits for, and by an index", async () => {
    await backend.rows(
      `INSERT INTO outbox_message (id, kind, mode, business_key, category, payload, secret_payload, status, next_attempt_at,
                                   created_at)
       SELECT gen_random_uuid(), 'EMAIL', 'SANDBOX', 'bulk:' || n, CASE WHEN n % 10 = 0 THEN 'reset-password' ELSE 'receipt' END,
              '{}', NULL, CASE WHEN n % 10 = 0 THEN 'SENT' ELSE 'PENDING' END::outbox_status,
              now() - interval '1 minute' - n * interval '1 millisecond', now() - n * interval '1 second'
         FROM generate_series(1, 50000) AS n`,
    );
    await backend.rows("ANALYZE outbox_message");
    for (const kind of ["reset-password", "verify-email"] as const) {
      await enqueueAuthMail({ kind, to: address(), name: "Ann", token: "a-token" });
    }
    const plans = await plansOf(backend.databaseUrl, async () => {
      const claimed = await claimOutboxMessages(3, 60_000);
      expect(claimed.map(({ secretPayload }) => secretPayload !== null).sort()).toEqual([false, true, true]);
    });
    for (const plan of plans) {
      expect(readsAll(plan, "outbox_message")).toEqual([]);
      expect(sortsMany(plan, "outbox_message")).toEqual([]);
    }
  });
});

describe("the request that causes a message", () => {
  const ID = "0192f0c1-0000-7000-8000-000000000001";

  test("is named by it, and by every call that is made for it", async () => {
    await withRequestContext({ origin: "interactive", correlationId: ID }, () => enqueue(address()));
    const [claimed] = await claimOutboxMessages(1, 60_000);
    expect(claimed).toMatchObject({ correlationId: ID });
    if (claimed) expect(outboxSource.contextOf(claimed)).toMatchObject({ correlationId: ID });
  });

  test("is named by an event about the operation that it began", async () => {
    const { beginOperation } = await import("@/lib/db/operations");
    const { newViewer } = await import("@/tests/support/backend");
    const viewer = await newViewer();
    const { operation } = await withRequestContext({ origin: "interactive", correlationId: ID }, () =>
      beginOperation({
        workspaceId: viewer.workspaceId,
        userId: viewer.userId,
        kind: "CHECKOUT",
        input: { planKey: "pro", interval: "month" },
      }),
    );
    for (const operationId of [operation.id, randomUUID(), null]) {
      await insertWebhookEvent({
        provider: "stripe",
        account: "",
        externalId: `evt_${operationId}`,
        type: "checkout.session.completed",
        mode: "SANDBOX",
        apiVersion: null,
        objectId: "cs_1",
        payload: "{}",
        operationId,
        occurredAt: new Date(),
        status: "PENDING",
      });
    }
    const claimed = await claimWebhookEvents(10, 60_000);
    const ids = claimed.filter(({ objectId }) => objectId === "cs_1").map((event) => event.correlationId);
    expect(ids.sort()).toEqual([ID, null, null].sort());
  });
});

describe("what belongs to another mode", () => {
  test("is left alone: a mail of the sandbox is never sent by a real vendor", async () => {
    await enqueue(address());
    await enqueueCancelDuplicate(db(), { subscriptionId: "sub_1", keptSubscriptionId: "sub_2" });
    await enqueueAlert(db(), {
      alertId: randomUUID(),
      severity: "warning",
      title: "A title",
      text: "Some words",
      path: "/",
    });
    await backend.rows("UPDATE outbox_message SET mode = 'LIVE'");
    const before = await messages();
    await pump.run();
    expect(await messages()).toEqual(before.map((message) => ({ ...message, waitMs: expect.any(Number) })));
    expect(before.map(({ attempts }) => attempts)).toEqual([0, 0, 0]);
  });
});

describe("the pump", () => {
  test("runs once in a process: a call during a run joins it and makes it look again", async () => {
    await backend.addFault({
      vendor: "resend",
      kind: "latency",
      latencyMs: 300,
      route: "POST /emails",
      times: 1,
    });
    const [first, second] = [address(), address()];
    await enqueue(first);
    const run = pump.run();
    await enqueue(second);
    expect(pump.run()).toBe(run);
    expect(await run).toEqual({ processed: 2, failed: 0 });
    expect(await backend.mails(second)).toHaveLength(1);
  });
});

describe("what the mail vendor reports", () => {
  const report = (messageId: string, type: string) =>
    insertWebhookEvent({
      provider: "resend",
      account: "",
      externalId: randomUUID(),
      type,
      mode: "SANDBOX",
      apiVersion: null,
      objectId: messageId,
      payload: "{}",
      operationId: null,
      occurredAt: new Date(),
      status: "PENDING",
    });
  const delivery = async () =>
    (await backend.rows<{ delivery: string }>("SELECT delivery FROM outbox_message"))[0]?.delivery;

  test("is merged in any order: a worse report is never taken back by a better one", async () => {
    await enqueue(address());
    await pump.run();
    const id = (await messages())[0]?.externalId ?? "";
    for (const [type, expected] of [
      ["email.delivered", "DELIVERED"],
      ["email.sent", "DELIVERED"],
      ["email.delivery_delayed", "DELIVERED"],
      ["email.bounced", "BOUNCED"],
      ["email.delivered", "BOUNCED"],
      ["email.complained", "BOUNCED"],
      ["email.suppressed", "SUPPRESSED"],
      ["email.bounced", "SUPPRESSED"],
    ] as const) {
      await report(id, type);
      await pump.run();
      expect(await delivery(), type).toBe(expected);
    }
  });

  test("of a mail whose id is not noted yet is kept and tried again", async () => {
    await enqueue(address());
    await report("the-id-to-come", "email.delivered");
    await pump.run();
    const early = "SELECT status FROM webhook_event WHERE object_id = 'the-id-to-come'";
    expect(await backend.rows(early)).toEqual([{ status: "PENDING" }]);
    await backend.rows("UPDATE outbox_message SET external_id = 'the-id-to-come'");
    await backend.rows("UPDATE webhook_event SET next_attempt_at = now() WHERE status = 'PENDING'");
    await pump.run();
    expect(await backend.rows(early)).toEqual([{ status: "DONE" }]);
    expect(await delivery()).toBe("DELIVERED");
  });
});
