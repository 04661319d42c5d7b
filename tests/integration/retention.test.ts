/**
 * Guards what is kept and for how long: old payloads go, what a person may have to look into stays for longer, no row
 * goes with its payload, and no statement reads more than its batch, however much was pruned before.
 */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";

const backend = await startBackend({ PAYLOAD_RETENTION_DAYS: "30" });
const { deleteOldRows, readMarks, walkShelf } = await import("@/lib/db/retention");
const { prune, pruneInTurn } = await import("@/lib/retention/prune");
const { keptShelves } = await import("@/lib/retention/shelves");

const TABLES = [
  ...["webhook_event", "outbox_message", "schedule", "failed_attempt", "send_slot"],
  ...["replay_job", "reconciliation_run", "sync_tombstone"],
];
beforeEach(async () => {
  for (const table of TABLES) await backend.rows(`DELETE FROM ${table}`);
});
afterAll(() => backend.stop());

async function addEvents(status: string, daysOld: number, count = 1): Promise<void> {
  await backend.rows(
    `INSERT INTO webhook_event (id, provider, external_id, type, mode, payload, status, occurred_at, received_at)
     SELECT gen_random_uuid(), 'stripe', gen_random_uuid(), 'invoice.paid', 'SANDBOX', '{"a":1}',
            $1::webhook_event_status, now(), now() - $2 * interval '1 day' - n * interval '1 second'
       FROM generate_series(1, $3) AS n`,
    [status, daysOld, count],
  );
}
async function addMessages(kind: string, status: string, daysOld: number): Promise<void> {
  await backend.rows(
    `INSERT INTO outbox_message (id, kind, mode, business_key, payload, status, created_at)
     VALUES (gen_random_uuid(), $1::outbox_kind, 'SANDBOX', gen_random_uuid(), '{"a":1}',
             $2::outbox_status, now() - $3 * interval '1 day')`,
    [kind, status, daysOld],
  );
}

/** What is left, as "STATUS days": with its payload, or without and with a note of when. */
async function rest(table: string, age: string, label: string): Promise<Record<string, "kept" | "pruned">> {
  const rows = await backend.rows<{ name: string; state: "kept" | "pruned" }>(
    `SELECT DISTINCT ${label} || ' ' || round(EXTRACT(EPOCH FROM now() - ${age}) / 86400) AS name,
            CASE WHEN payload IS NULL AND payload_pruned_at IS NOT NULL THEN 'pruned' ELSE 'kept' END AS state
       FROM ${table}`,
  );
  return Object.fromEntries(rows.map(({ name, state }) => [name, state]));
}
const events = () => rest("webhook_event", "received_at", "status");
const messages = () => rest("outbox_message", "created_at", "kind || ' ' || status");

describe("payloads", () => {
  test("of events go after the days of the setting, of those with an open question after three times as many", async () => {
    for (const status of ["DONE", "IGNORED", "QUARANTINED", "DEAD", "PENDING"])
      for (const days of [29, 31, 89, 91]) await addEvents(status, days);
    const { pruned, isComplete } = await prune();
    expect({ pruned, isComplete }).toEqual({ pruned: 8, isComplete: true });
    expect(await events()).toEqual({
      ...{ "DONE 29": "kept", "DONE 31": "pruned", "DONE 89": "pruned", "DONE 91": "pruned" },
      ...{ "IGNORED 29": "kept", "IGNORED 31": "pruned", "IGNORED 89": "pruned", "IGNORED 91": "pruned" },
      ...{ "QUARANTINED 29": "kept", "QUARANTINED 31": "kept" },
      ...{ "QUARANTINED 89": "kept", "QUARANTINED 91": "pruned" },
      ...{ "DEAD 29": "kept", "DEAD 31": "kept", "DEAD 89": "kept", "DEAD 91": "pruned" },
      ...{ "PENDING 29": "kept", "PENDING 31": "kept", "PENDING 89": "kept", "PENDING 91": "kept" },
    });
  });

  test("of messages go once they were sent or are not to be sent", async () => {
    const rows = [
      ...["EMAIL SENT", "EMAIL SUPPRESSED", "EMAIL DEAD", "EMAIL PENDING"],
      ...["ALERT SENT", "EXPIRE_CHECKOUT SENT", "EXPIRE_CHECKOUT DEAD", "CANCEL_SUBSCRIPTION SENT"],
    ];
    for (const row of rows) {
      const [kind = "", status = ""] = row.split(" ");
      for (const days of [29, 31, 91]) await addMessages(kind, status, days);
    }
    await prune();
    const left = await messages();
    const prunedAt = (days: number) => rows.filter((row) => left[`${row} ${days}`] === "pruned");
    const sent = [
      "EMAIL SENT",
      "EMAIL SUPPRESSED",
      "ALERT SENT",
      "EXPIRE_CHECKOUT SENT",
      "CANCEL_SUBSCRIPTION SENT",
    ];
    expect(prunedAt(29)).toEqual([]);
    expect(prunedAt(31).sort()).toEqual([...sent].sort());
    expect(prunedAt(91).sort()).toEqual([...sent, "EMAIL DEAD"].sort());
  });

  test("of every kind of message that there is are thought of", async () => {
    const [row] = await backend.rows<{ kinds: string[] }>(
      "SELECT enum_range(NULL::outbox_kind)::text[] AS kinds",
    );
    const thoughtOf = keptShelves(30).flatMap(({ shelf }) =>
      shelf.table === "outbox_message" && shelf.status === "SENT" ? [shelf.kind] : [],
    );
    expect(thoughtOf.sort()).toEqual(row?.kinds.sort());
  });

  test("go in batches, and what does not fit into the time is left to the next hour", async () => {
    await addEvents("DONE", 40, 1_200);
    expect(await prune(0)).toEqual({ pruned: 0, deleted: 0, isComplete: false });
    const first = await pruneInTurn(0);
    expect(first?.isComplete).toBe(false);
    // Still due: its turn comes again at once, and ends for today.
    expect(await pruneInTurn(60_000)).toEqual({ pruned: 1_200, deleted: 0, isComplete: true });
    expect(await pruneInTurn(60_000)).toBeNull();
  });

  test("that were pruned are not passed over again, and those that are old by now are found", async () => {
    await addEvents("DONE", 40, 600);
    expect((await prune()).pruned).toBe(600);
    const [mark] = (await readMarks()).values();
    expect(mark?.getTime()).toBeLessThan(Date.now() - 39 * 86_400_000);
    await addEvents("DONE", 35, 3);
    expect((await prune()).pruned).toBe(3);
  });

  test("of what was done late are found when the walk begins anew", async () => {
    await addEvents("DONE", 40, 600);
    await pruneInTurn();
    await addEvents("DONE", 60, 2);
    await backend.rows("UPDATE schedule SET due_at = now() WHERE name = 'retention'");
    expect((await pruneInTurn())?.pruned).toBe(0);
    await backend.rows("UPDATE schedule SET due_at = now() WHERE name LIKE 'retention%'");
    expect((await pruneInTurn())?.pruned).toBe(2);
  });
});

test("a batch reads an index from its place on, with 100,000 pruned rows behind it", async () => {
  await addEvents("DONE", 200, 100_000);
  await backend.rows("UPDATE webhook_event SET payload = NULL, payload_pruned_at = now()");
  await addEvents("DONE", 40, 1_000);
  await backend.rows("ANALYZE webhook_event");
  const client = await backend.connect();
  try {
    const { walkStatement } = await import("@/lib/db/retention");
    const { rows } = await client.query<{ "QUERY PLAN": string }>(
      `EXPLAIN (ANALYZE, BUFFERS OFF, COSTS OFF, TIMING OFF) ${walkStatement("webhook_event")}`,
      [
        "DONE",
        new Date(Date.now() - 41 * 86_400_000),
        "00000000-0000-0000-0000-000000000000",
        new Date(),
        500,
      ],
    );
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(plan).toContain("webhook_event_status_received_at_id_idx");
    expect(plan).not.toContain("Seq Scan");
    expect(plan).not.toMatch(/Rows Removed by Filter: \d{3,}/);
  } finally {
    client.release();
  }
  const shelf = { table: "webhook_event", status: "DONE" } as const;
  const from = { at: new Date(0), id: "00000000-0000-0000-0000-000000000000" };
  const walked = await walkShelf(shelf, { from, before: new Date(), limit: 500 });
  expect(walked).toMatchObject({ pruned: 0, next: { id: expect.any(String) } });
});

describe("rows that nobody looks at any more", () => {
  const addAttempts = (count: number) =>
    backend.rows(
      `INSERT INTO failed_attempt (id, work_id, number, error, is_last, at)
       SELECT gen_random_uuid(), gen_random_uuid(), n, 'Error', false, now() - interval '91 days'
         FROM generate_series(1, $1::int) AS n`,
      [count],
    );

  test("are deleted for no longer than there is time; the rest is left to the next hour", async () => {
    await addAttempts(10_001);
    expect(await prune(0)).toEqual({ pruned: 0, deleted: 0, isComplete: false });
    expect((await pruneInTurn(0))?.isComplete).toBe(false);
    expect(await pruneInTurn(60_000)).toEqual({ pruned: 0, deleted: 10_001, isComplete: true });
    expect(await pruneInTurn(60_000)).toBeNull();
  });

  test("are deleted so many in one run", async () => {
    await addAttempts(100_001);
    expect(await prune(60_000)).toEqual({ pruned: 0, deleted: 100_000, isComplete: false });
    expect(await prune(60_000)).toEqual({ pruned: 0, deleted: 1, isComplete: true });
  });
});

test("what was seen to be gone is remembered for a week from when it was last seen to be", async () => {
  const { db } = await import("@/lib/db/client");
  const { bury } = await import("@/lib/db/tombstones");
  const seeGone = (externalId: string, fence: bigint) =>
    db().$transaction((tx) => bury(tx, { externalId, fence }));
  for (const externalId of ["sub_once", "sub_again"]) await seeGone(externalId, 1n);
  await backend.rows("UPDATE sync_tombstone SET created_at = now() - interval '8 days'");
  await seeGone("sub_again", 2n);
  expect((await prune()).deleted).toBe(1);
  expect(await backend.rows("SELECT external_id FROM sync_tombstone")).toEqual([
    { external_id: "sub_again" },
  ]);
});

test("what nobody looks at any more is deleted, and the last good pass over events stays", async () => {
  const old = "now() - interval '91 days'";
  await backend.rows(
    `INSERT INTO failed_attempt (id, work_id, number, error, is_last, at)
     VALUES (gen_random_uuid(), gen_random_uuid(), 1, 'Error', false, ${old}),
            (gen_random_uuid(), gen_random_uuid(), 2, 'Error', false, now() - interval '89 days')`,
  );
  await backend.rows(
    `INSERT INTO send_slot (provider, mode, slot, used)
     SELECT 'resend', 'SANDBOX', floor(EXTRACT(EPOCH FROM now())) - ago, 1 FROM unnest(ARRAY[10, 90000]) AS ago`,
  );
  await backend.rows(
    `INSERT INTO replay_job (id, request_key, target, filter, until, created_at, finished_at)
     VALUES (gen_random_uuid(), 'old', 'INBOX', '{}', now(), ${old}, ${old}),
            (gen_random_uuid(), 'never ended', 'INBOX', '{}', now(), ${old}, NULL)`,
  );
  await backend.rows(
    `INSERT INTO reconciliation_run (id, kind, provider, mode, started_at, finished_at, last_error)
     SELECT gen_random_uuid(), kind::reconciliation_kind, 'stripe', 'SANDBOX',
            now() - days * interval '1 day', now() - days * interval '1 day', error
       FROM (VALUES ('EVENTS', 120, NULL), ('EVENTS', 110, NULL), ('EVENTS', 100, 'refused'),
                    ('CUSTOMERS', 120, NULL), ('CUSTOMERS', 1, NULL)) AS runs (kind, days, error)`,
  );
  expect(await deleteOldRows(Date.now() + 60_000)).toEqual({ deleted: 5, isComplete: true });
  expect(await backend.rows("SELECT number FROM failed_attempt")).toEqual([{ number: 2 }]);
  expect(await backend.rows("SELECT 1 FROM send_slot")).toHaveLength(1);
  expect(await backend.rows("SELECT request_key AS key FROM replay_job")).toEqual([{ key: "never ended" }]);
  const left = await backend.rows(
    `SELECT kind, round(EXTRACT(EPOCH FROM now() - started_at) / 86400)::int AS days FROM reconciliation_run
      ORDER BY kind, days`,
  );
  expect(left).toEqual([
    { kind: "EVENTS", days: 100 },
    { kind: "EVENTS", days: 110 },
    { kind: "CUSTOMERS", days: 1 },
  ]);
});
