/** Guards what operators are shown of the inbox: the right events, by an index however many there are, and whole lives. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ListPart } from "@/lib/db/keyset";
import type { WebhookFilter } from "@/lib/db/webhook-filter";
import { newViewer, startBackend } from "@/tests/support/backend";

const backend = await startBackend();
const { NO_FILTER } = await import("@/lib/db/webhook-filter");
const {
  countByStatus,
  countWebhooks,
  findEventIds,
  findWorkspaces,
  knownWords,
  lastWebhooks,
  listSql,
  listWebhooks,
} = await import("@/lib/db/webhook-console");
const { getWebhookLife } = await import("@/lib/db/webhook-life");

const EVENTS = 100_000;
const NEWEST: ListPart = { kind: "newest" };
const owner = await newViewer();

beforeAll(async () => {
  // As an inbox looks after a year: nearly everything is done, and what is asked for is rare.
  await backend.rows(
    `INSERT INTO webhook_event (id, provider, external_id, type, mode, api_version, object_id, workspace_id, payload,
                                status, attempts, occurred_at, received_at, processed_at)
     SELECT gen_random_uuid(), CASE WHEN n % 10 = 0 THEN 'resend' ELSE 'stripe' END, 'evt_' || n,
            (ARRAY['invoice.paid', 'customer.subscription.updated', 'email.delivered', 'charge.refunded'])[n % 4 + 1],
            'SANDBOX', '2026-10-28.endive', 'sub_' || (n % 5000),
            CASE WHEN n % 1000 = 0 THEN $1::uuid END, '{}',
            (CASE WHEN n % 5000 = 7 THEN 'DEAD' WHEN n % 9000 = 8 THEN 'QUARANTINED' WHEN n % 5 = 4 THEN 'IGNORED'
                  ELSE 'DONE' END)::webhook_event_status,
            1, now() - n * interval '1 minute', now() - n * interval '1 minute', now()
       FROM generate_series(1, $2::int) AS n`,
    [owner.workspaceId, EVENTS],
  );
  await backend.rows("VACUUM ANALYZE webhook_event");
}, 120_000);
afterAll(() => backend.stop());

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Actual Rows"?: number;
  "Rows Removed by Filter"?: number;
  "Actual Loops"?: number;
  Plans?: Plan[];
}

function nodes(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodes)];
}

async function planOf(filter: Partial<WebhookFilter>, part: ListPart): Promise<Plan[]> {
  const { text, values } = listSql({ ...NO_FILTER, ...filter }, part);
  const [row] = await backend.rows<{ "QUERY PLAN": { Plan: Plan }[] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) ${text}`,
    values,
  );
  const plan = row?.["QUERY PLAN"][0]?.Plan;
  if (!plan) throw new Error("no plan");
  return nodes(plan);
}

/** How many rows of the table a plan has touched. */
function touched(plan: readonly Plan[]): number {
  return plan
    .filter((node) => node["Relation Name"] === "webhook_event")
    .reduce(
      (sum, node) =>
        sum +
        ((node["Actual Rows"] ?? 0) + (node["Rows Removed by Filter"] ?? 0)) * (node["Actual Loops"] ?? 1),
      0,
    );
}

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
const place = { at: minutesAgo(50_000), id: randomUUID() };
const PARTS: ListPart[] = [NEWEST, { kind: "older", than: place }, { kind: "newer", than: place }];

const ALONE: [string, Partial<WebhookFilter>][] = [
  ["no filter", {}],
  ["provider", { provider: "resend" }],
  ["type", { type: "invoice.paid" }],
  ["status given up", { status: "dead" }],
  ["status quarantined", { status: "quarantined" }],
  ["status waiting", { status: "pending" }],
  ["status done", { status: "done" }],
  ["status ignored", { status: "ignored" }],
  ["object", { objectId: "sub_17" }],
  ["workspace", { workspaceId: owner.workspaceId }],
  ["time", { from: minutesAgo(60_000), to: minutesAgo(40_000) }],
];

describe("a page of the inbox", () => {
  test.each(ALONE)(
    "by %s reads its rows in order from an index, in each direction",
    async (_name, filter) => {
      for (const part of PARTS) {
        const plan = await planOf(filter, part);
        const kinds = plan.map((node) => node["Node Type"]);
        expect(kinds, part.kind).not.toContain("Seq Scan");
        // An object has so few events that sorting them is as good.
        if (filter.objectId === undefined) expect(kinds.join(), part.kind).not.toContain("Sort");
        expect(touched(plan), part.kind).toBeLessThanOrEqual(51);
      }
    },
  );

  test("by several at once looks at a bounded number of rows, whatever there is to find", async () => {
    const filters: Partial<WebhookFilter>[] = [
      { provider: "resend", type: "charge.refunded" },
      { provider: "resend", type: "no.such.type" },
      { status: "done", provider: "resend", type: "invoice.paid", from: minutesAgo(90_000) },
      { status: "dead", provider: "stripe" },
      { workspaceId: owner.workspaceId, status: "done", provider: "stripe" },
    ];
    for (const filter of filters) {
      const plan = await planOf(filter, NEWEST);
      const kinds = plan.map((node) => node["Node Type"]);
      expect(kinds).not.toContain("Seq Scan");
      expect(touched(plan)).toBeLessThanOrEqual(10_000);
    }
  });

  test("goes through the whole list and back again, each event once", async () => {
    const filter = { ...NO_FILTER, workspaceId: owner.workspaceId };
    const first = await listWebhooks(filter, NEWEST);
    expect(first.rows).toHaveLength(50);
    expect(first.newerThan).toBeNull();
    if (first.olderThan === null) throw new Error("there are older ones");
    const second = await listWebhooks(filter, { kind: "older", than: first.olderThan });
    expect(second.rows).toHaveLength(50);
    const ids = [...first.rows, ...second.rows].map(({ id }) => id);
    expect(new Set(ids).size).toBe(100);
    const times = [...first.rows, ...second.rows].map(({ receivedAt }) => receivedAt.getTime());
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    if (second.newerThan === null) throw new Error("there are newer ones");
    const back = await listWebhooks(filter, { kind: "newer", than: second.newerThan });
    expect(back.rows.map(({ id }) => id)).toEqual(first.rows.map(({ id }) => id));
    expect(second.olderThan).toBeNull();
  });

  test("says how far it has looked where the search ended before the list, and goes on from there", async () => {
    const filter = { ...NO_FILTER, type: "invoice.paid", status: "ignored" as const };
    const found: string[] = [];
    let part: ListPart = NEWEST;
    let steps = 0;
    for (;;) {
      // A small look, so that the test is quick: 500 of the 25,000 of this type at once.
      const page = await listWebhooks(filter, part, 500);
      found.push(...page.rows.map(({ id }) => id));
      steps += 1;
      if (page.olderThan === null) break;
      part = { kind: "older", than: page.olderThan };
    }
    const [{ count } = { count: -1 }] = await backend.rows<{ count: number }>(
      "SELECT count(*)::int AS count FROM webhook_event WHERE type = 'invoice.paid' AND status = 'IGNORED'",
    );
    expect(steps).toBeGreaterThan(2);
    expect(found).toHaveLength(count);
    expect(new Set(found).size).toBe(count);
  });

  test("names the workspace that an event turned out to be about", async () => {
    const { rows } = await listWebhooks({ ...NO_FILTER, workspaceId: owner.workspaceId }, NEWEST);
    expect(rows[0]).toMatchObject({ workspaceId: owner.workspaceId, workspaceName: owner.workspaceName });
  });
});

describe("what to filter by", () => {
  test("are the words that stand in the inbox", async () => {
    expect(await knownWords()).toEqual({
      providers: ["resend", "stripe"],
      types: ["charge.refunded", "customer.subscription.updated", "email.delivered", "invoice.paid"],
    });
  });

  test("is an event's id, ours or a vendor's of any account", async () => {
    const [event] = await backend.rows<{ id: string }>(
      `INSERT INTO webhook_event (id, provider, account, external_id, type, mode, status, payload, occurred_at, received_at)
       VALUES (gen_random_uuid(), 'stripe', 'acct_other', 'evt_17', 'account.updated', 'LIVE', 'QUARANTINED', '{}', now(),
               now() - interval '1 year')
       RETURNING id`,
    );
    const ids = await findEventIds("evt_17");
    expect(ids).toHaveLength(2);
    expect(ids).toContain(event?.id);
    expect(await findEventIds(event?.id ?? "")).toEqual([event?.id]);
    expect(await findEventIds("evt_none")).toEqual([]);
    const page = await listWebhooks({ ...NO_FILTER, ids }, NEWEST);
    expect(page.rows.map(({ id }) => id).sort()).toEqual([...ids].sort());
  });

  test("is a workspace's id or name, and every one of that name", async () => {
    const name = `Harbour ${randomUUID()}`;
    await backend.rows(
      "INSERT INTO workspace (id, name, updated_at) SELECT gen_random_uuid(), $1, now() FROM generate_series(1, 2)",
      [name],
    );
    expect(await findWorkspaces(name.toUpperCase())).toHaveLength(2);
    expect(await findWorkspaces(owner.workspaceId)).toEqual([
      { id: owner.workspaceId, name: owner.workspaceName },
    ]);
    expect(await findWorkspaces("nobody's")).toEqual([]);
  });
});

describe("what wants a person", () => {
  test("is counted up to a hundred, and no further", async () => {
    const { dead, quarantined, pending, oldestPendingAt } = await countByStatus();
    expect({ dead, quarantined: quarantined > 10, pending, oldestPendingAt }).toEqual({
      ...{ dead: 20, quarantined: true, pending: 0, oldestPendingAt: null },
    });
    expect(await countWebhooks({ ...NO_FILTER, status: "done" })).toBe(100);
    expect(await countWebhooks({ ...NO_FILTER, status: "dead", provider: "stripe" })).toBe(20);
  });

  test("is what waits here: not what another mode has left", async () => {
    const insert = (mode: string) =>
      backend.rows(
        `INSERT INTO webhook_event (id, provider, external_id, type, mode, status, payload, occurred_at, next_attempt_at)
         VALUES (gen_random_uuid(), 'stripe', $1, 'invoice.paid', $2::provider_mode, 'PENDING', '{}', now(), now() + interval '1 day')`,
        [randomUUID(), mode],
      );
    await insert("LIVE");
    expect(await countByStatus()).toMatchObject({ pending: 0, oldestPendingAt: null });
    await insert("SANDBOX");
    expect(await countByStatus()).toMatchObject({ pending: 1, oldestPendingAt: expect.any(Date) });
    await backend.rows("DELETE FROM webhook_event WHERE status = 'PENDING'");
  });

  test("is an endpoint from which no webhook ever came: what was read from a list is none", async () => {
    expect(await lastWebhooks(["sendgrid", "stripe"])).toEqual([
      { provider: "sendgrid", at: null },
      { provider: "stripe", at: expect.any(Date) },
    ]);
    await backend.rows(
      "UPDATE webhook_event SET api_version = NULL WHERE received_at > now() - interval '5 minutes'",
    );
    const [stripe] = await lastWebhooks(["stripe"]);
    expect(stripe?.at?.getTime()).toBeLessThan(Date.now() - 4 * 60_000);
  });
});

describe("an event's life", () => {
  test("has its failed attempts, what it changed and caused, and the other events of its object", async () => {
    const [event] = await backend.rows<{ id: string; object_id: string }>(
      "SELECT id, object_id FROM webhook_event WHERE status = 'DEAD' AND workspace_id IS NULL LIMIT 1",
    );
    if (!event) throw new Error("no event");
    for (const [number, isLast] of [
      [1, false],
      [2, true],
    ]) {
      await backend.rows(
        `INSERT INTO failed_attempt (id, work_id, number, error, is_last, at)
         VALUES (gen_random_uuid(), $1, $2::int, 'unavailable', $3, now() + $2::int * interval '1 second')`,
        [event.id, number, isLast],
      );
    }
    await backend.rows(
      `INSERT INTO audit_log (id, workspace_id, action, detail, event_id)
       VALUES (gen_random_uuid(), $1, 'subscription.activated', '{"before": null, "after": {"status": "active"}}', $2)`,
      [owner.workspaceId, event.id],
    );
    await backend.rows(
      `INSERT INTO outbox_message (id, kind, mode, business_key, event_id, category, payload)
       VALUES (gen_random_uuid(), 'EMAIL', 'SANDBOX', $1, $2, 'receipt', '{}')`,
      [randomUUID(), event.id],
    );
    const life = await getWebhookLife(event.id);
    expect(life).toMatchObject({
      ...{ id: event.id, status: "dead", mode: "sandbox", isOwn: true, isUnderWay: false, payload: {} },
      failedAttempts: [
        { number: 2, isLast: true },
        { number: 1, isLast: false },
      ],
      notes: [{ action: "subscription.activated", actorName: null }],
      effects: [{ kind: "email", category: "receipt", status: "pending" }],
    });
    expect(life?.siblings).toHaveLength(19);
    expect(life?.siblings.map(({ id }) => id)).not.toContain(event.id);
  });

  test("is null of what is no event", async () => {
    expect(await getWebhookLife(randomUUID())).toBeNull();
    expect(await getWebhookLife("1' OR true")).toBeNull();
  });
});
