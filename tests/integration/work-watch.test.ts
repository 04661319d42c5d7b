/**
 * Guards what people are told of without asking: work that nobody does, an event or a mail that is stuck while no
 * breaker holds it back, webhooks that do not come after a checkout, and what was put aside.
 */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { newViewer, startBackend } from "@/tests/support/backend";
import { openCircuit, resetCircuits } from "@/tests/support/circuits";
import { plansOf, readsAll, sortsMany } from "@/tests/support/query-plans";

const backend = await startBackend();
const { alertsSettled } = await import("@/lib/alerts/raise-alert");
const { beginOperation, closeOperation } = await import("@/lib/db/operations");
const { db } = await import("@/lib/db/client");
const { claimSchedule, endSchedule } = await import("@/lib/db/schedule");
const { env } = await import("@/lib/env");
const { watchWork, watchWorkInTurn } = await import("@/lib/monitor/watch-work");

let minutes = 0;
beforeEach(() => {
  // Past the minute in which a process asks no more than once about one cause.
  minutes += 2;
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
});
afterEach(async () => {
  vi.useRealTimers();
  await resetCircuits();
  await alertsSettled();
  const tables = ["alert", "webhook_event", "outbox_message", "schedule", "operation"];
  for (const table of tables) await backend.rows(`DELETE FROM ${table}`);
});
afterAll(() => backend.stop());

/** Whom the watch has told of what. */
async function told(): Promise<string[]> {
  await watchWork();
  await alertsSettled();
  const rows = await backend.rows<{ cause: string }>("SELECT cause FROM alert ORDER BY cause");
  return rows.map(({ cause }) => cause);
}
const textOf = async (cause: string) => {
  const [row] = await backend.rows<{ text: string }>(
    "SELECT payload->>'text' AS text FROM outbox_message WHERE kind = 'ALERT' AND business_key LIKE '%' || $1 || '%'",
    [cause],
  );
  return row?.text;
};

interface EventRow {
  provider?: string;
  mode?: string;
  status?: string;
  type?: string;
  minutesOld: number;
  replays?: number;
  apiVersion?: string | null;
}
async function addEvent(row: EventRow): Promise<void> {
  await backend.rows(
    `INSERT INTO webhook_event (id, provider, external_id, type, mode, payload, status, occurred_at, attempts,
                                last_error, replays, api_version, received_at, next_attempt_at)
     VALUES (gen_random_uuid(), $1, $2, $3, $4::provider_mode, '{}', $5::webhook_event_status, now(), 7, 'Error', $6, $7,
             now() - $8 * interval '1 minute', now() + interval '1 minute')`,
    [
      ...[row.provider ?? "stripe", randomUUID(), row.type ?? "invoice.paid", row.mode ?? "SANDBOX"],
      ...[row.status ?? "PENDING", row.replays ?? 0, row.apiVersion ?? null, row.minutesOld],
    ],
  );
}
async function addMessage(kind: string, minutesOld: number): Promise<void> {
  await backend.rows(
    `INSERT INTO outbox_message (id, kind, mode, business_key, payload, created_at, next_attempt_at)
     VALUES (gen_random_uuid(), $1::outbox_kind, $2::provider_mode, gen_random_uuid(), '{}',
             now() - $3 * interval '1 minute', now() + interval '1 minute')`,
    [kind, "SANDBOX", minutesOld],
  );
}

async function checkOut(completedMinutesAgo: number): Promise<void> {
  // Their ids tell when operations were begun: they are made by the real clock.
  vi.useRealTimers();
  const viewer = await newViewer();
  const { operation } = await beginOperation({
    ...{ workspaceId: viewer.workspaceId, userId: viewer.userId, kind: "CHECKOUT" },
    input: { planKey: "pro", interval: "month" },
  });
  await closeOperation(db(), operation.id, "SUCCEEDED");
  await backend.rows(
    `UPDATE operation SET created_at = now() - ($2 + 1) * interval '1 minute',
                          updated_at = now() - $2 * interval '1 minute' WHERE id = $1`,
    [operation.id, completedMinutesAgo],
  );
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
}

test("nothing is told while all is well", async () => {
  await addEvent({ minutesOld: 14 });
  await addEvent({ minutesOld: 600, status: "DONE" });
  await addMessage("EMAIL", 14);
  expect(await told()).toEqual([]);
});

test("the watch is kept by one of many, once a minute", async () => {
  await addEvent({ minutesOld: 20 });
  await Promise.all(Array.from({ length: 10 }, watchWorkInTurn));
  await alertsSettled();
  expect(await backend.rows("SELECT seen FROM alert")).toEqual([{ seen: 1 }]);
});

describe("the pump", () => {
  const late = () => backend.rows("UPDATE webhook_event SET next_attempt_at = now() - interval '6 minutes'");

  test("is late when work is due and it has not come to an end of a run for as long", async () => {
    await addEvent({ minutesOld: 6 });
    await late();
    await claimSchedule("pump", 1_000);
    expect(await told()).toEqual(["pump-late:pump:sandbox"]);
  });

  test("is not late while it runs: then it is the work that is stuck", async () => {
    await addEvent({ minutesOld: 6 });
    await late();
    await claimSchedule("pump", 1_000);
    await endSchedule("pump");
    expect(await told()).toEqual([]);
    await backend.rows("UPDATE schedule SET ended_at = now() - interval '6 minutes'");
    expect(await told()).toEqual(["pump-late:pump:sandbox"]);
  });
});

describe("an event that waits for a quarter of an hour", () => {
  test("is told of, with what it is and what its last attempt met", async () => {
    await addEvent({ minutesOld: 20, type: "customer.subscription.updated" });
    expect(await told()).toEqual(["event-waits:stripe:sandbox"]);
    const text = await textOf("event-waits");
    for (const words of [
      "customer.subscription.updated",
      "20 minutes",
      "7 times",
      '"Error"',
      "No circuit breaker",
    ])
      expect(text).toContain(words);
  });

  test("is not told of while the breaker is the reason, which is told by itself", async () => {
    await addEvent({ minutesOld: 20 });
    await backend.rows(
      `INSERT INTO integration_circuit (provider, mode, effect, state, epoch, cause, probe_at)
       VALUES ('stripe', 'SANDBOX', 'READ', 'OPEN', 1, 'unavailable', now() + interval '1 hour')
       ON CONFLICT (provider, mode, effect) DO UPDATE SET state = 'OPEN', cause = 'unavailable'`,
    );
    expect(await told()).toEqual([]);
  });

  test("is nobody's here when it is of another mode, and counts from its replay when it was replayed", async () => {
    await addEvent({ minutesOld: 20, mode: "LIVE" });
    await addEvent({ minutesOld: 60 * 24 * 9, replays: 1 });
    expect(await told()).toEqual([]);
  });

  test("is told of beside one of another vendor", async () => {
    await addEvent({ minutesOld: 20, provider: "resend", type: "email.bounced" });
    await addEvent({ minutesOld: 30 });
    expect(await told()).toEqual(["event-waits:resend:sandbox", "event-waits:stripe:sandbox"]);
  });
});

describe("a message that waits for a quarter of an hour", () => {
  test("is told of, mail and command apart, and an alert is not", async () => {
    for (const kind of ["EMAIL", "EXPIRE_CHECKOUT", "CANCEL_SUBSCRIPTION", "ALERT"])
      await addMessage(kind, 20);
    expect(await told()).toEqual([
      "message-waits:resend:sandbox:mail",
      "message-waits:stripe:sandbox:command",
    ]);
  });

  test("is not told of while the breaker of its vendor is the reason", async () => {
    await addMessage("EMAIL", 20);
    await addMessage("EXPIRE_CHECKOUT", 20);
    await openCircuit("resend");
    expect(await told()).not.toContain("message-waits:resend:sandbox:mail");
  });
});

describe("after a checkout that was completed", () => {
  const MISSING = "webhooks-missing:stripe:sandbox";

  test("a webhook that has not come within ten minutes is asked after, with where it should come to", async () => {
    await checkOut(11);
    // Read from the vendor's list, and asked for by ourselves: no webhook.
    await addEvent({ minutesOld: 5, status: "DONE", type: "checkout.session.completed" });
    await addEvent({ minutesOld: 5, status: "DONE", type: "breakwater.checkout.sync" });
    expect(await told()).toEqual([MISSING]);
    expect(await textOf("webhooks-missing")).toContain("http://localhost:3999/api/webhooks/stripe");
  });

  test("nothing is asked before ten minutes are over, nor when any webhook has come since", async () => {
    await checkOut(9);
    expect(await told()).toEqual([]);
    await checkOut(30);
    await backend.rows("DELETE FROM operation WHERE updated_at > now() - interval '10 minutes'");
    await addEvent({ minutesOld: 30, status: "DONE", apiVersion: "2026-10-28.endive" });
    expect(await told()).toEqual([]);
  });

  test("a webhook that came before it is no answer", async () => {
    await checkOut(30);
    await addEvent({ minutesOld: 40, status: "DONE", apiVersion: "2026-10-28.endive" });
    expect(await told()).toEqual([MISSING]);
  });

  test("nothing is asked where events are fetched on purpose", async () => {
    await checkOut(30);
    const before = env.STRIPE_POLL_EVENTS;
    Object.assign(env, { STRIPE_POLL_EVENTS: "1" });
    try {
      expect(await told()).toEqual([]);
    } finally {
      Object.assign(env, { STRIPE_POLL_EVENTS: before });
    }
  });
});

test("an event that was put aside lately is told of", async () => {
  await addEvent({ minutesOld: 60 * 5, status: "QUARANTINED" });
  expect(await told()).toEqual([]);
  await addEvent({ minutesOld: 100, status: "QUARANTINED" });
  expect(await told()).toEqual(["events-quarantined:stripe:sandbox"]);
});

test("the watch reads no table from end to end, with 100,000 rows that are done", async () => {
  await backend.rows(
    `INSERT INTO webhook_event (id, provider, external_id, type, mode, payload, status, occurred_at, received_at)
     SELECT gen_random_uuid(), 'stripe', 'evt_' || n, 'invoice.paid', 'SANDBOX', '{}', 'DONE', now(),
            now() - n * interval '1 second' FROM generate_series(1, 100000) AS n`,
  );
  await backend.rows(
    `INSERT INTO outbox_message (id, kind, mode, business_key, payload, status, created_at)
     SELECT gen_random_uuid(), 'EMAIL', 'SANDBOX', 'mail_' || n, '{}', 'SENT', now() - n * interval '1 second'
       FROM generate_series(1, 100000) AS n`,
  );
  await checkOut(30);
  const tables = ["webhook_event", "outbox_message"];
  for (const table of tables) await backend.rows(`ANALYZE ${table}`);
  const plans = await plansOf(backend.databaseUrl, watchWork);
  expect(plans.length).toBeGreaterThanOrEqual(7);
  for (const table of tables) {
    expect(plans.flatMap((plan) => readsAll(plan, table))).toEqual([]);
    expect(plans.flatMap((plan) => sortsMany(plan, table))).toEqual([]);
  }
}, 120_000);
