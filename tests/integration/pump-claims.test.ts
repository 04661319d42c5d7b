/** Guards who may handle what of the inbox: one worker an object at a time, all its due events together, the oldest first. */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "@/tests/support/database";
import { eventually } from "@/tests/support/poll";

const database = await createTestDatabase();
Object.assign(process.env, {
  DATABASE_URL: database.url,
  STRIPE_SECRET_KEY: "sk_test_sandbox",
  STRIPE_API_BASE: "http://127.0.0.1:1",
  RESEND_BASE_URL: "http://127.0.0.1:1",
});
const { CLAIM, CLAIM_SETTINGS, claimWebhookEvents, completeWebhookEvents } = await import(
  "@/lib/db/webhook-claims"
);
const { insertWebhookEvent } = await import("@/lib/db/webhook-events");
const { LAPSED, leasesOn } = await import("@/lib/db/leases");
const { db, pool } = await import("@/lib/db/client");

const observer = new pg.Pool({ connectionString: database.url, max: 4 });
const query = async <Row extends object>(sql: string, values: unknown[] = []) =>
  (await observer.query<Row>(sql, values)).rows;

beforeEach(() => query("TRUNCATE webhook_event, failed_attempt"));
afterAll(async () => {
  await db().$disconnect();
  await pool().end();
  await observer.end();
  await database.drop();
});

interface NewEvent {
  objectId: string | null;
  type?: string;
  provider?: string;
  account?: string;
  /** How long ago it became due; in the future where negative. */
  dueSecondsAgo?: number;
}

async function insert({ objectId, type = "invoice.paid", provider = "stripe", ...event }: NewEvent) {
  const { account = "", dueSecondsAgo = 0 } = event;
  const [row] = await query<{ id: string }>(
    `INSERT INTO webhook_event (id, provider, account, external_id, type, mode, object_id, occurred_at, received_at,
                                next_attempt_at)
     VALUES (gen_random_uuid(), $1, $2, $3, $4, 'SANDBOX', $5, now(), now() - interval '1 minute',
             now() - $6::float8 * interval '1 second')
     RETURNING id`,
    [provider, account, randomUUID(), type, objectId, dueSecondsAgo],
  );
  if (!row) throw new Error("an insert answers its row");
  return row.id;
}
const claim = (objects = 5) => claimWebhookEvents(objects, 60_000);
const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).sort();
const done = () => query<{ id: string }>("SELECT id FROM webhook_event WHERE status = 'DONE'");

describe("due events of one object", () => {
  test("are leased together, under one token, and counted as one", async () => {
    const ids = [
      await insert({ objectId: "sub_1", type: "customer.subscription.created" }),
      await insert({ objectId: "sub_1", type: "customer.subscription.updated" }),
      await insert({ objectId: "sub_1", type: "invoice.upcoming" }),
    ];
    await insert({ objectId: "sub_2" });
    const leased = await claim(1);
    expect(idsOf(leased)).toEqual(ids.sort());
    expect(new Set(leased.map(({ leaseToken }) => leaseToken)).size).toBe(1);
    expect((await claim()).map(({ objectId }) => objectId)).toEqual(["sub_2"]);
  });

  test("are those of one account and vendor", async () => {
    await insert({ objectId: "x" });
    await insert({ objectId: "x", account: "acct_1" });
    await insert({ objectId: "x", provider: "resend", type: "email.sent" });
    await insert({ objectId: null });
    await insert({ objectId: null });
    const tokens = (await claim(10)).map(({ leaseToken }) => leaseToken);
    expect(new Set(tokens).size).toBe(5);
  });

  test("are not handled before their time, nor what is done again", async () => {
    const due = await insert({ objectId: "sub_1" });
    await insert({ objectId: "sub_1", dueSecondsAgo: -60 });
    const old = await insert({ objectId: "sub_1" });
    await query("UPDATE webhook_event SET status = 'DONE' WHERE id = $1", [old]);
    expect(idsOf(await claim())).toEqual([due]);
  });
});

describe("an object that somebody is at", () => {
  test("keeps what has come meanwhile waiting, and no other object", async () => {
    const first = await insert({ objectId: "sub_1" });
    const leased = await claim();
    const second = await insert({ objectId: "sub_1" });
    const other = await insert({ objectId: "sub_2" });
    expect(idsOf(await claim())).toEqual([other]);
    await db().$transaction((tx) => completeWebhookEvents(tx, leased));
    expect(idsOf(await claim())).toEqual([second]);
    expect(await done()).toEqual([{ id: first }]);
  });

  test("is found out however much of it waits in front of the others", async () => {
    await insert({ objectId: "sub_1", dueSecondsAgo: 60 });
    await claim();
    for (let count = 0; count < 300; count += 1) await insert({ objectId: "sub_1", dueSecondsAgo: 30 });
    const other = await insert({ objectId: "sub_2" });
    expect(idsOf(await claim())).toEqual([other]);
  });

  test("is looked past, even where more of it waits than a claim looks at", async () => {
    await insert({ objectId: "sub_1", dueSecondsAgo: 60 });
    await claim();
    await query(
      `INSERT INTO webhook_event (id, provider, external_id, type, mode, object_id, occurred_at, next_attempt_at)
       SELECT gen_random_uuid(), 'stripe', gen_random_uuid()::text, 'invoice.paid', 'SANDBOX', 'sub_1', now(),
              now() - interval '30 seconds' FROM generate_series(1, 1000)`,
    );
    const other = await insert({ objectId: "sub_2" });
    expect(idsOf(await claim())).toEqual([other]);
  });

  test("is found out behind what is left of another mode", async () => {
    await query(
      `INSERT INTO webhook_event (id, provider, external_id, type, mode, object_id, occurred_at, next_attempt_at)
       SELECT gen_random_uuid(), 'stripe', gen_random_uuid()::text, 'invoice.paid', 'LIVE', 'in_' || n, now(),
              now() - interval '1 day' FROM generate_series(1, 1000) AS n`,
    );
    await insert({ objectId: "sub_1", dueSecondsAgo: 60 });
    await claim();
    for (let count = 0; count < 110; count += 1) await insert({ objectId: "sub_1", dueSecondsAgo: 30 });
    const other = await insert({ objectId: "sub_2" });
    expect(idsOf(await claim())).toEqual([other]);
  });

  test("is found out although what came meanwhile is due from an earlier time on", async () => {
    await insert({ objectId: "sub_1", dueSecondsAgo: 10 });
    await claim();
    // By another clock, or an event that was given back by hand.
    await insert({ objectId: "sub_1", dueSecondsAgo: 3_600 });
    expect(await claim()).toEqual([]);
  });

  test("belongs to one worker however many ask, and however fast its events come", async () => {
    const objects = Array.from({ length: 12 }, (_, index) => `sub_${index}`);
    const held = new Map<string, string>();
    let handled = 0;
    let isOver = false;
    const worker = async () => {
      while (!isOver) {
        const leased = await claim(3);
        const tokens = new Map(leased.map((event) => [event.leaseToken, event.objectId ?? ""]));
        for (const [token, objectId] of tokens) {
          expect(held.get(objectId), "another worker is at it").toBeUndefined();
          held.set(objectId, token);
        }
        await new Promise((resolve) => setImmediate(resolve));
        for (const [token, objectId] of tokens) {
          held.delete(objectId);
          const events = leased.filter(({ leaseToken }) => leaseToken === token);
          await db().$transaction((tx) => completeWebhookEvents(tx, events));
          handled += events.length;
        }
      }
    };
    const workers = Array.from({ length: 4 }, worker);
    const burst = async (objectId: string) => {
      for (let count = 0; count < 20; count += 1) await insert({ objectId });
    };
    await Promise.all(objects.map(burst));
    while (handled < objects.length * 20) await new Promise((resolve) => setTimeout(resolve, 10));
    isOver = true;
    await Promise.all(workers);
    expect(await done()).toHaveLength(objects.length * 20);
  });
});

describe("an event that was stored a moment ago", () => {
  test("is due at once, although its time is rounded to milliseconds", async () => {
    for (let count = 0; count < 200; count += 1) {
      const externalId = randomUUID();
      await insertWebhookEvent({
        ...{ provider: "stripe", account: "", externalId, type: "invoice.paid", mode: "SANDBOX" },
        ...{ apiVersion: null, objectId: externalId, payload: "{}", operationId: null },
        ...{ occurredAt: new Date(), status: "PENDING" },
      });
      expect((await claim()).map(({ objectId }) => objectId)).toEqual([externalId]);
    }
  });
});

describe("the order", () => {
  test("is that of what has waited longest", async () => {
    await insert({ objectId: "young", dueSecondsAgo: 1 });
    await insert({ objectId: "old", dueSecondsAgo: 100 });
    await insert({ objectId: "middle", dueSecondsAgo: 50 });
    const order: (string | null | undefined)[] = [];
    for (let count = 0; count < 3; count += 1) order.push((await claim(1))[0]?.objectId);
    expect(order).toEqual(["old", "middle", "young"]);
  });
});

describe("a lease that is over", () => {
  test("goes to the next worker with all its events, and the first one's transaction fails", async () => {
    const ids = [await insert({ objectId: "sub_1" }), await insert({ objectId: "sub_1" })];
    const zombie = await claim();
    await query("UPDATE webhook_event SET lease_until = now() - interval '1 second'");
    ids.push(await insert({ objectId: "sub_1" }));
    const heir = await claim();
    expect(idsOf(heir)).toEqual(ids.sort());
    const late = db().$transaction(async (tx) => {
      await tx.auditLog.create({ data: { action: "zombie.wrote" } });
      await completeWebhookEvents(tx, zombie);
    });
    await expect(late).rejects.toThrow("lost the lease");
    expect(await query("SELECT 1 FROM audit_log")).toEqual([]);
    expect(await leasesOn("webhook_event").giveBack(withFate(zombie, { kind: "dead" }), "Error")).toEqual([]);
    await db().$transaction((tx) => completeWebhookEvents(tx, heir, undefined));
    expect(await done()).toHaveLength(3);
  });

  test("is told to the next worker, with how many ended so in a row", async () => {
    await insert({ objectId: "sub_1" });
    const end = () => query("UPDATE webhook_event SET lease_until = now() - interval '1 second'");
    expect(await claim()).toMatchObject([{ attempts: 1, lapses: 0 }]);
    await end();
    const again = await claim();
    expect(again).toMatchObject([{ attempts: 2, lapses: 1 }]);
    const { giveBack } = leasesOn("webhook_event");
    await giveBack(withFate(again, { kind: "retry", delayMs: 0 }), LAPSED);
    expect(await claim()).toMatchObject([{ lapses: 0 }]);
    await end();
    expect(await claim()).toMatchObject([{ lapses: 2 }]);
  });

  test("of one event alone is enough for that", async () => {
    await insert({ objectId: "sub_1" });
    const other = await insert({ objectId: "sub_1" });
    const leased = await claim();
    await query("UPDATE webhook_event SET lease_token = NULL, lease_until = NULL WHERE id = $1", [other]);
    const late = db().$transaction((tx) => completeWebhookEvents(tx, leased));
    await expect(late).rejects.toThrow("lost the lease");
    expect(await done()).toEqual([]);
  });
});

const withFate = <Row extends object, Next>(rows: readonly Row[], next: Next) =>
  rows.map((row) => ({ ...row, next }));

describe("what is given back", () => {
  const rows = () =>
    query("SELECT status, attempts, lease_token, last_error FROM webhook_event ORDER BY object_id");
  const failures = () =>
    query(
      'SELECT work_id AS "workId", number, error, is_last AS "isLast" FROM failed_attempt ORDER BY number',
    );

  test("has its failed attempts noted with it, and not its waits", async () => {
    const id = await insert({ objectId: "sub_1" });
    const { giveBack } = leasesOn("webhook_event");
    expect(await giveBack(withFate(await claim(), { kind: "retry", delayMs: 0 }), "first")).toEqual([id]);
    await giveBack(withFate(await claim(), { kind: "wait", delayMs: 0 }), "too early");
    expect(await rows()).toEqual([
      { status: "PENDING", attempts: 1, lease_token: null, last_error: "too early" },
    ]);
    await giveBack(withFate(await claim(), { kind: "dead" }), "last");
    expect(await rows()).toEqual([{ status: "DEAD", attempts: 2, lease_token: null, last_error: "last" }]);
    expect(await failures()).toEqual([
      { workId: id, number: 1, error: "first", isLast: false },
      { workId: id, number: 2, error: "last", isLast: true },
    ]);
  });

  test("whose connection broke while it was being claimed is claimed by the next", async () => {
    const id = await insert({ objectId: "sub_1" });
    const lock = await observer.connect();
    await lock.query("BEGIN; LOCK TABLE webhook_event IN ACCESS EXCLUSIVE MODE");
    try {
      const broken = expect(claim()).rejects.toThrow();
      // Over another connection: within a transaction, the activity stays what it was when it was first asked for.
      await eventually("the claim to wait", async () => {
        const ended = await query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND query LIKE '%Somebody is at these%' AND pid <> pg_backend_pid()`,
        );
        return ended.length === 1;
      });
      await broken;
    } finally {
      await lock.query("ROLLBACK");
      lock.release();
    }
    expect(idsOf(await claim())).toEqual([id]);
  });

  test("undone is as if it had never been leased", async () => {
    const id = await insert({ objectId: "sub_1" });
    await leasesOn("webhook_event").release(await claim());
    expect(await rows()).toEqual([{ status: "PENDING", attempts: 0, lease_token: null, last_error: null }]);
    expect(idsOf(await claim())).toEqual([id]);
  });
});

describe("a claim on a large table", () => {
  const explained = async () => {
    const client = await observer.connect();
    try {
      await client.query("BEGIN");
      for (const [name, value] of Object.entries(CLAIM_SETTINGS))
        await client.query(`SET LOCAL ${name} = ${value}`);
      await client.query(`PREPARE claim AS ${CLAIM}`);
      const { rows } = await client.query<{ "QUERY PLAN": string }>(
        "EXPLAIN (ANALYZE, BUFFERS) EXECUTE claim (5, 60000, 'stripe', 'SANDBOX', 'SANDBOX')",
      );
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    } finally {
      await client.query("ROLLBACK");
      await client.query("DEALLOCATE ALL");
      client.release();
    }
  };
  const fill = (rows: number, status: string) =>
    query(
      `INSERT INTO webhook_event (id, provider, external_id, type, mode, status, object_id, occurred_at,
                                  next_attempt_at)
       SELECT gen_random_uuid(), 'stripe', gen_random_uuid()::text, 'invoice.paid', 'SANDBOX',
              $2::webhook_event_status, 'in_' || (n % 2000), now(), now() - n * interval '1 millisecond'
         FROM generate_series(1, $1::int) AS n`,
      [rows, status],
    );

  /** The most rows that any step has read, kept or not. */
  const mostRead = (plan: string) =>
    Math.max(
      ...[...plan.matchAll(/rows=(\d+)\.\d+ loops=(\d+)/g)].map(
        ([, rows, loops]) => Number(rows) * Number(loops),
      ),
      ...[...plan.matchAll(/Rows Removed by (?:Join )?Filter: (\d+)/g)].map(([, rows]) => Number(rows)),
    );

  test.each([
    ["few rows wait among many", 100_000, 2_000],
    ["many rows wait among many", 100_000, 20_000],
    ["nearly all rows wait", 1_000, 50_000],
  ])(
    "reads a little through indexes where %s, whether its statistics know or not",
    async (_name, done, waiting) => {
      await fill(done, "DONE");
      await query("ANALYZE webhook_event");
      const plans = [await explained()];
      await fill(waiting, "PENDING");
      plans.push(await explained());
      await query("ANALYZE webhook_event");
      plans.push(await explained());
      for (const plan of plans) {
        expect(plan).not.toContain("Seq Scan on webhook_event");
        expect(mostRead(plan), plan).toBeLessThanOrEqual(2_000);
      }
    },
  );

  test.each([
    ["was never looked at", null],
    ["was looked at while it was nearly empty", { done: 5, waiting: 1 }],
    ["was looked at while a few of some waited", { done: 3_000, waiting: 9 }],
    ["was looked at while a few of many waited", { done: 50_000, waiting: 40 }],
  ])("reads a little through indexes where much has come to a table that %s", async (_name, before) => {
    if (before) {
      await fill(before.done, "DONE");
      await fill(before.waiting, "PENDING");
      await query("ANALYZE webhook_event");
    }
    for (const more of [2_000, 5_000, 20_000]) {
      await fill(more, "DONE");
      await fill(more, "PENDING");
      const plan = await explained();
      expect(mostRead(plan), plan).toBeLessThanOrEqual(2_000);
    }
  });
});
