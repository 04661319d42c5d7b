/** Guards what a run makes of the inbox: one look at an object for all its events, and nobody held up by somebody else. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import { newViewer, startBackend } from "@/tests/support/backend";
import { openCircuit, resetCircuits } from "@/tests/support/circuits";
import { eventually } from "@/tests/support/poll";
import { runBatch } from "@/tests/support/run-batch";

const backend = await startBackend();
const { alertsSettled } = await import("@/lib/alerts/raise-alert");
const { PLANS } = await import("@/lib/billing/plans");
const { circuitBreakers, circuitStore } = await import("@/lib/compose");
const { claimWebhookEvents } = await import("@/lib/db/webhook-claims");
const { insertWebhookEvents } = await import("@/lib/db/webhook-events");
const { LAPSED } = await import("@/lib/db/leases");
const { readSchedule } = await import("@/lib/db/schedule");
const { payments } = await import("@/lib/integrations/payments");
const { ensureCustomer } = await import("@/lib/sync/ensure-customer");
const { inboxSource, pump } = await import("@/lib/webhooks/process");

let price = "";
let viewer: Viewer;
beforeAll(async () => {
  await payments().pushCatalogue(Object.values(PLANS));
  const prices = await backend.stripe.prices.list({ limit: 100 });
  price = prices.data.find(({ lookup_key }) => lookup_key === "pro_month")?.id ?? "";
  viewer = await newViewer();
});
beforeEach(() =>
  backend.rows("TRUNCATE webhook_event, failed_attempt, alert, outbox_message, subscription CASCADE"),
);
afterEach(async () => {
  await backend.clearFaults();
  await resetCircuits();
});
afterAll(() => backend.stop());

const CREATED = "customer.subscription.created";
const UPDATED = "customer.subscription.updated";

async function subscribe(): Promise<string> {
  const subscription = await backend.stripe.subscriptions.create({
    customer: await ensureCustomer(viewer),
    items: [{ price }],
    default_payment_method: "pm_card_visa",
    metadata: { workspace_id: viewer.workspaceId },
  });
  return subscription.id;
}

const deliver = (objectId: string, ...types: string[]) =>
  insertWebhookEvents(
    types.map((type) => ({
      ...{ provider: "stripe", account: "", externalId: randomUUID(), type, mode: "SANDBOX" as const },
      ...{ apiVersion: null, objectId, payload: "{}", operationId: null },
      ...{ occurredAt: new Date(), status: "PENDING" as const },
    })),
  );

interface EventRow {
  id: string;
  type: string;
  status: string;
  attempts: number;
  lastError: string | null;
  workspaceId: string | null;
  leaseToken: string | null;
  waitMs: number;
}
const eventsOf = (objectId: string) =>
  backend.rows<EventRow>(
    `SELECT id, type, status, attempts, last_error AS "lastError", workspace_id AS "workspaceId",
            lease_token AS "leaseToken", EXTRACT(EPOCH FROM next_attempt_at - now())::float * 1000 AS "waitMs"
       FROM webhook_event WHERE object_id = $1 ORDER BY type`,
    [objectId],
  );
const statesOf = async (objectId: string) => (await eventsOf(objectId)).map(({ status }) => status);
const readsOf = async (objectId: string) =>
  (await backend.vendorCalls()).filter(
    ({ method, path }) => method === "GET" && path.startsWith(`/v1/subscriptions/${objectId}`),
  ).length;
const failuresOf = (workId: string | undefined) =>
  backend.rows(
    'SELECT number, error, is_last AS "isLast" FROM failed_attempt WHERE work_id = $1 ORDER BY number',
    [workId],
  );
const age = (hours: number) =>
  backend.rows("UPDATE webhook_event SET received_at = received_at - $1 * interval '1 hour'", [hours]);

async function causes(): Promise<string[]> {
  await alertsSettled();
  return (await backend.rows<{ cause: string }>("SELECT cause FROM alert ORDER BY cause")).map(
    (row) => row.cause,
  );
}

describe("the events of one object", () => {
  test("are answered by one look at the vendor, all done with it, and all say whose they were", async () => {
    const id = await subscribe();
    await deliver(id, CREATED, UPDATED, UPDATED, UPDATED);
    await pump.run();
    expect(await eventsOf(id)).toEqual(
      Array(4).fill(expect.objectContaining({ status: "DONE", workspaceId: viewer.workspaceId })),
    );
    expect(await readsOf(id)).toBe(1);
  });

  test("are handled under the first one's id", async () => {
    await deliver("sub_of_nobody", CREATED);
    await backend.rows("UPDATE webhook_event SET received_at = received_at - interval '1 minute'");
    await deliver("sub_of_nobody", UPDATED);
    const [group] = await inboxSource.claim(5, 60_000);
    const [first] = await eventsOf("sub_of_nobody");
    if (!group) throw new Error("they are due");
    expect(inboxSource.contextOf(group)).toMatchObject({ eventId: first?.id });
  });

  test("fail together, each noted; one of a type that nobody handles fails alone", async () => {
    const id = await subscribe();
    await deliver(id, CREATED, UPDATED, "customer.subscription.invented");
    await backend.addFault({
      vendor: "stripe",
      kind: "status",
      status: 500,
      route: `GET /v1/subscriptions/${id}`,
    });
    await pump.run();
    const failed = await eventsOf(id);
    expect(failed.map(({ status }) => status)).toEqual(["PENDING", "PENDING", "PENDING"]);
    for (const { id: workId } of failed) {
      expect((await failuresOf(workId))[0]).toMatchObject({ number: 1, isLast: false });
    }
    const [created, updated] = [failed[0], failed[2]];
    expect(created?.lastError).toContain("unavailable");
    expect(created?.waitMs).toBeCloseTo(updated?.waitMs ?? 0, 0);

    await backend.clearFaults();
    await backend.rows("UPDATE webhook_event SET next_attempt_at = now()");
    await pump.run();
    expect(await statesOf(id)).toEqual(["DONE", "PENDING", "DONE"]);
  });
});

describe("an object that cannot be handled", () => {
  test("does not hold up the others, however slow and however often it fails", async () => {
    const poison = await subscribe();
    const others = await Promise.all(Array.from({ length: 12 }, subscribe));
    await backend.addFault({
      ...{ vendor: "stripe", kind: "hang", route: `GET /v1/subscriptions/${poison}` },
    });
    await deliver(poison, CREATED, UPDATED);
    for (const id of others) await deliver(id, CREATED, UPDATED);
    const run = pump.run();
    await eventually("all others to be done while it hangs", async () => {
      const states = (await Promise.all(others.map(statesOf))).flat();
      return states.every((state) => state === "DONE") && (await statesOf(poison)).includes("PENDING");
    });
    expect((await eventsOf(poison))[0]?.leaseToken, "it is still under way").not.toBeNull();
    await backend.clearFaults();
    await run;
  });

  test("is given up after three days, event by event, and somebody is told", async () => {
    const id = await subscribe();
    await backend.addFault({
      vendor: "stripe",
      kind: "status",
      status: 500,
      route: `GET /v1/subscriptions/${id}`,
    });
    await deliver(id, CREATED);
    await age(73);
    await deliver(id, UPDATED);
    await pump.run();
    const [old, recent] = await eventsOf(id);
    expect([old?.status, recent?.status]).toEqual(["DEAD", "PENDING"]);
    expect(await failuresOf(old?.id)).toEqual([{ number: 1, error: old?.lastError, isLast: true }]);
    expect(await causes()).toContain("event-given-up:stripe:sandbox");
    await pump.run();
    const told = await backend.rows<{ title: string }>(
      "SELECT payload->>'title' AS title FROM outbox_message WHERE kind = 'ALERT'",
    );
    expect(told).toContainEqual({ title: "Webhooks: an event of stripe (sandbox) was given up" });
  });
});

describe("events that nobody handles", () => {
  test("are one piece of work where they are about one object", async () => {
    await deliver("sub_1", ...Array.from({ length: 50 }, (_, n) => `customer.subscription.invented_${n}`));
    expect(await inboxSource.claim(5, 60_000)).toHaveLength(1);
  });
});

describe("an event that ends whoever handles it", () => {
  const die = async () => {
    await claimWebhookEvents(5, 60_000);
    await backend.rows("UPDATE webhook_event SET lease_until = now() - interval '1 second'");
  };
  const killed = async (id: string) => {
    await backend.rows("UPDATE webhook_event SET next_attempt_at = now()");
    await die();
    await runBatch(inboxSource);
    return (await eventsOf(id))[0];
  };

  test("comes again at once the first time, later and later then, and is given up after ten times in a row", async () => {
    const id = await subscribe();
    await deliver(id, CREATED);
    await die();
    for (let time = 1; time < 10; time += 1) {
      expect(await killed(id)).toMatchObject({ status: "PENDING", lastError: LAPSED, leaseToken: null });
    }
    expect(await killed(id)).toMatchObject({ status: "DEAD", lastError: LAPSED });
    expect(await readsOf(id)).toBe(0);
  });

  test("is done where that was the worker's fault", async () => {
    const id = await subscribe();
    await deliver(id, CREATED);
    await die();
    await pump.run();
    expect(await statesOf(id)).toEqual(["DONE"]);
  });
});

describe("while the vendor's breaker is open", () => {
  const READ = { provider: "stripe", mode: "sandbox", effect: "read" } as const;

  test.each([
    ["after failures", () => openCircuit("stripe", "read")],
    ["by an operator's hand", () => circuitStore().override(READ, "open")],
  ])("events wait and use up no attempt: %s", async (_name, open) => {
    const id = await subscribe();
    await deliver(id, CREATED, UPDATED);
    await open();
    await circuitBreakers().flush();
    const before = await readsOf(id);
    await pump.run();
    expect(await readsOf(id)).toBe(before);
    for (const event of await eventsOf(id)) {
      expect(event).toMatchObject({ status: "PENDING", attempts: 0, leaseToken: null });
      expect(event.waitMs).toBeGreaterThan(10_000);
      expect(event.waitMs).toBeLessThan(40_000);
    }
    expect(await backend.rows("SELECT 1 FROM failed_attempt")).toEqual([]);
  });
});

describe("a worker that was too slow for its lease", () => {
  test("writes nothing: somebody else has the object by then", async () => {
    const id = await subscribe();
    await deliver(id, CREATED, UPDATED);
    await backend.addFault({
      ...{
        vendor: "stripe",
        kind: "latency",
        latencyMs: 2_000,
        route: `GET /v1/subscriptions/${id}`,
        times: 1,
      },
    });
    const zombie = pump.run();
    await eventually("it to be under way", async () => (await eventsOf(id))[0]?.leaseToken != null);
    await backend.rows("UPDATE webhook_event SET lease_until = now() - interval '1 second'");
    const heir = await claimWebhookEvents(5, 60_000);
    expect(heir).toHaveLength(2);
    await zombie;
    expect(await backend.rows("SELECT 1 FROM subscription")).toEqual([]);
    expect(await eventsOf(id)).toEqual(
      Array(2).fill(expect.objectContaining({ status: "PENDING", leaseToken: heir[0]?.leaseToken })),
    );
  });
});

describe("an event about a customer that nobody knows", () => {
  test("is tried again, for its owner may come; after an hour it is put aside, and somebody is told", async () => {
    const stranger = await backend.stripe.customers.create({ email: `${randomUUID()}@example.com` });
    const { id } = await backend.stripe.subscriptions.create({
      customer: stranger.id,
      items: [{ price }],
      default_payment_method: "pm_card_visa",
    });
    await deliver(id, CREATED);
    await pump.run();
    expect(await eventsOf(id)).toMatchObject([{ status: "PENDING", attempts: expect.any(Number) }]);
    await age(2);
    await backend.rows("UPDATE webhook_event SET next_attempt_at = now()");
    await pump.run();
    expect(await statesOf(id)).toEqual(["QUARANTINED"]);
    expect(await causes()).toContain("events-quarantined:stripe:sandbox");
  });
});

test("a run is noted for all instances to see", async () => {
  await backend.rows("DELETE FROM schedule WHERE name = 'pump'");
  await pump.run();
  const reading = await readSchedule("pump");
  expect(reading?.endedSecondsAgo).toBeLessThan(30);
});
