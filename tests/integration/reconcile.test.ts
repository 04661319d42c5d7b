/**
 * Guards what happens when webhooks do not come: the vendor's own lists bring what was missed into the inbox, sweeps
 * find and repair copies that differ, one process at a time, and a killed one is taken over where it was.
 */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import { newViewer, startBackend } from "@/tests/support/backend";
import { resetCircuits } from "@/tests/support/circuits";
import { eventually } from "@/tests/support/poll";
import { plansOf, readsAll, sortsMany } from "@/tests/support/query-plans";

const backend = await startBackend();
const { alertsSettled } = await import("@/lib/alerts/raise-alert");
const { PLANS } = await import("@/lib/billing/plans");
const { latestReconciliations } = await import("@/lib/db/reconciliation");
const { findCurrentSubscription } = await import("@/lib/db/subscriptions");
const { payments } = await import("@/lib/integrations/payments");
const { reconcileDue } = await import("@/lib/reconcile/reconcile-due");
const { ensureCustomer } = await import("@/lib/sync/ensure-customer");
const { syncSubscription } = await import("@/lib/sync/sync-subscription");
const { pump } = await import("@/lib/webhooks/process");

const prices = new Map<string, string>();

beforeAll(async () => {
  await payments().pushCatalogue(Object.values(PLANS));
  for (const price of (await backend.stripe.prices.list({ limit: 100 })).data) {
    if (price.lookup_key) prices.set(price.lookup_key, price.id);
  }
});
const TABLES = ["reconciliation_run", "schedule", "webhook_event", "alert", "workspace"];
beforeEach(async () => {
  for (const table of TABLES) await backend.rows(`DELETE FROM ${table}`);
});
afterEach(async () => {
  await backend.clearFaults();
  await resetCircuits();
  await alertsSettled();
});
afterAll(() => backend.stop());

const allIsDue = () => backend.rows("UPDATE schedule SET due_at = now()");

/** Everything is due, and nothing is waited for. */
async function reconcile() {
  await allIsDue();
  return reconcileDue({ graceMs: 0 });
}

/** What the kinds came to in one call. */
const countsOf = (reports: Awaited<ReturnType<typeof reconcile>>) =>
  Object.fromEntries(reports.map(({ kind, state, drift }) => [kind, { state, drift }]));

async function subscribe(viewer: Viewer, price = "pro_month") {
  const customer = await ensureCustomer(viewer);
  return backend.stripe.subscriptions.create({
    customer,
    items: [{ price: prices.get(price) }],
    default_payment_method: "pm_card_visa",
    metadata: { workspace_id: viewer.workspaceId },
  });
}

/** Those of a viewer are forgotten at the end of each test; the vendor's are not. */
async function subscriber(price?: string) {
  const viewer = await newViewer();
  const { id, items } = await subscribe(viewer, price);
  return { viewer, id, itemId: items.data[0]?.id };
}

async function expectVendorsState({ viewer, id }: { viewer: Viewer; id: string }) {
  const truth = await payments().getSubscription(id);
  expect((await findCurrentSubscription(viewer.workspaceId))?.view).toMatchObject({
    status: truth?.status,
    planKey: truth?.planKey,
    cancelAtPeriodEnd: truth?.cancelAtPeriodEnd,
  });
}

const alerts = async () => {
  await alertsSettled();
  return (await backend.rows<{ cause: string }>("SELECT cause FROM alert ORDER BY 1")).map(
    ({ cause }) => cause,
  );
};

/** Past the minute in which a process asks no more than once about one cause. */
async function minutesLater<T>(minutes: number, work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
  try {
    return await work();
  } finally {
    await alertsSettled();
    vi.useRealTimers();
  }
}

describe("webhooks that do not come", () => {
  test("are made up for in one cycle: nothing differs afterwards, and nothing is done twice", async () => {
    const people = await Promise.all([subscriber(), subscriber("team_month"), subscriber()]);
    const [first, second, third] = people;
    if (!first || !second || !third) throw new Error("three people");
    await backend.stripe.subscriptions.update(first.id, {
      items: [{ id: first.itemId, price: prices.get("team_year") }],
    });
    await backend.stripe.subscriptions.update(second.id, { cancel_at_period_end: true });
    await backend.stripe.subscriptions.cancel(third.id);

    await reconcile();
    await pump.run();
    for (const person of [first, second]) await expectVendorsState(person);
    expect((await findCurrentSubscription(third.viewer.workspaceId))?.view.status).toBe("canceled");

    const again = countsOf(await reconcile());
    expect(again).toEqual({
      EVENTS: { state: "finished", drift: 0 },
      SUBSCRIPTIONS: { state: "finished", drift: 0 },
      CUSTOMERS: { state: "finished", drift: 0 },
    });
    const twice = await backend.rows("SELECT external_id FROM webhook_event GROUP BY 1 HAVING count(*) > 1");
    expect(twice).toEqual([]);
  });

  test("for a day of the vendor's test clock are made up for in one cycle", async () => {
    const started = Math.floor(Date.now() / 1000);
    const clock = await backend.stripe.testHelpers.testClocks.create({ frozen_time: started });
    const people = await Promise.all(
      [{ trial_period_days: 1 }, { trial_period_days: 1, cancel_at_period_end: true }, {}].map(
        async (terms) => {
          const viewer = await newViewer();
          const metadata = { workspace_id: viewer.workspaceId };
          const customer = await backend.stripe.customers.create({
            ...{ email: viewer.email, metadata, test_clock: clock.id },
          });
          const items = [{ price: prices.get("pro_month") }];
          const { id } = await backend.stripe.subscriptions.create({
            ...{ customer: customer.id, items, metadata, default_payment_method: "pm_card_visa" },
            ...terms,
          });
          return { viewer, id };
        },
      ),
    );
    await reconcile();
    await pump.run();
    for (const person of people) await expectVendorsState(person);

    // Nothing is heard of what happens on that day.
    await backend.stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: started + 86_400 + 3_600 });
    await eventually("the clock to have got there", async () => {
      return (await backend.stripe.testHelpers.testClocks.retrieve(clock.id)).status === "ready";
    });
    const statusOf = async ({ id }: { id: string }) => (await payments().getSubscription(id))?.status;
    expect(await Promise.all(people.map(statusOf))).toEqual(["active", "canceled", "active"]);

    await reconcile();
    await pump.run();
    for (const person of people) await expectVendorsState(person);
    const again = countsOf(await reconcile());
    expect(Object.values(again)).toEqual(Array(3).fill({ state: "finished", drift: 0 }));
  });

  test("are counted as missed once they are late, and told of", async () => {
    await subscriber();
    await backend.rows("DELETE FROM webhook_event");
    await reconcile();
    // They are seconds old, and a webhook may still be bringing them.
    expect((await latestReconciliations())[0]?.finished).toMatchObject({ drift: 0, lastError: null });
    expect(await alerts()).toEqual([]);

    await backend.rows("DELETE FROM webhook_event");
    const [events] = await minutesLater(2, reconcile);
    expect(events?.drift).toBeGreaterThan(3);
    expect(await alerts()).toContain("drift-found:stripe:sandbox:events");
  });

  test("are left to the webhook while they are young, and fetched by the next pass", async () => {
    await subscriber();
    await allIsDue();
    const [events] = await reconcileDue({ graceMs: 3_600_000 });
    expect(events?.seen).toBeGreaterThan(3);
    expect(await backend.rows("SELECT 1 FROM webhook_event WHERE type LIKE 'customer%'")).toEqual([]);
    await reconcile();
    const fetched = await backend.rows("SELECT 1 FROM webhook_event WHERE type LIKE 'customer.sub%'");
    expect(fetched).not.toEqual([]);
  });
});

describe("a pass over events", () => {
  test("leaves what was put aside where it is: a webhook in our version, or a person, brings it back", async () => {
    await subscriber();
    await reconcile();
    const aside = "status, api_version AS version, last_error AS error";
    const [event] = await backend.rows<{ id: string }>(
      `UPDATE webhook_event SET status = 'QUARANTINED', api_version = '2020-08-27', last_error = 'not ours'
        WHERE type = 'customer.subscription.created' RETURNING id`,
    );
    await reconcile();
    expect(await backend.rows(`SELECT ${aside} FROM webhook_event WHERE id = $1`, [event?.id])).toEqual([
      { status: "QUARANTINED", version: "2020-08-27", error: "not ours" },
    ]);
  });

  test("reaches back to an hour before the last good one was begun", async () => {
    await reconcile();
    await backend.rows(
      "UPDATE reconciliation_run SET started_at = now() - interval '3 days' WHERE kind = 'EVENTS'",
    );
    // One that failed in between has not seen everything.
    await backend.rows(
      `INSERT INTO reconciliation_run (id, kind, provider, mode, started_at, finished_at, last_error)
       VALUES (gen_random_uuid(), 'EVENTS', 'stripe', 'SANDBOX', now() - interval '1 hour', now(), 'refused')`,
    );
    await reconcile();
    const [row] = await backend.rows<{ hours: number }>(
      `SELECT round(EXTRACT(EPOCH FROM now() - since) / 3600)::int AS hours FROM reconciliation_run
        WHERE kind = 'EVENTS' ORDER BY started_at DESC LIMIT 1`,
    );
    expect(row?.hours).toBe(73);
  });

  test("reaches back to before the first attempt, where none has come to a good end yet", async () => {
    await backend.rows(
      `INSERT INTO reconciliation_run (id, kind, provider, mode, started_at, finished_at, last_error)
       SELECT gen_random_uuid(), 'EVENTS', 'stripe', 'SANDBOX', now() - hours * interval '1 hour', now(), 'refused'
         FROM unnest(ARRAY[30, 9]) AS hours`,
    );
    await reconcile();
    const [row] = await backend.rows<{ hours: number }>(
      `SELECT round(EXTRACT(EPOCH FROM now() - since) / 3600)::int AS hours FROM reconciliation_run
        WHERE kind = 'EVENTS' ORDER BY started_at DESC LIMIT 1`,
    );
    expect(row?.hours).toBe(31);
  });

  test("is run by one of many who come at once", async () => {
    await subscriber();
    const before = (await backend.vendorCalls()).filter(({ path }) => path.startsWith("/v1/events")).length;
    await allIsDue();
    const reports = await Promise.all(Array.from({ length: 8 }, () => reconcileDue({ graceMs: 0 })));
    expect(reports.flat().filter(({ kind }) => kind === "EVENTS")).toHaveLength(1);
    const calls = (await backend.vendorCalls()).filter(({ path }) => path.startsWith("/v1/events")).length;
    expect(calls - before).toBeLessThanOrEqual(3);
    expect(await backend.rows("SELECT 1 FROM reconciliation_run WHERE kind = 'EVENTS'")).toHaveLength(1);
  });

  test("that the vendor holds up stays open with its place, and goes on when it can", async () => {
    await subscriber();
    await backend.addFault({ vendor: "stripe", kind: "status", status: 503, route: "GET /v1/events*" });
    const held = countsOf(await reconcile());
    expect(held.EVENTS).toEqual({ state: "open", drift: 0 });
    const [events] = await latestReconciliations();
    expect(events?.running?.lastError).toBeTruthy();
    await backend.clearFaults();
    await resetCircuits();
    const [later] = await reconcileDue({ graceMs: 0 });
    expect(later).toMatchObject({ kind: "EVENTS", state: "finished" });
    expect((await latestReconciliations())[0]).toMatchObject({
      running: null,
      finished: { lastError: null },
    });
  });
});

describe("a runner that was killed", () => {
  const leased =
    "UPDATE reconciliation_run SET lease_token = gen_random_uuid(), lease_until = now() + $1::interval";

  test("is waited for while its lease lasts, and then taken over where it was", async () => {
    await subscriber();
    await backend.addFault({
      vendor: "stripe",
      kind: "status",
      status: 503,
      route: "GET /v1/subscriptions*",
    });
    await reconcile();
    await backend.clearFaults();
    await resetCircuits();
    const open = "SELECT 1 FROM reconciliation_run WHERE open_key IS NOT NULL";
    expect(await backend.rows(open)).toHaveLength(1);

    await backend.rows(`${leased} WHERE open_key IS NOT NULL`, ["1 minute"]);
    expect(await reconcileDue({ graceMs: 0 })).toEqual([]);
    await backend.rows(`${leased} WHERE open_key IS NOT NULL`, ["-1 second"]);
    expect((await reconcileDue({ graceMs: 0 })).map(({ kind }) => kind)).toEqual([
      "SUBSCRIPTIONS",
      "CUSTOMERS",
    ]);
    expect(await backend.rows(open)).toEqual([]);
  });

  test("and lives on writes nothing any more", async () => {
    const { advanceReconciliation, finishReconciliation, leaseReconciliation, openReconciliation } =
      await import("@/lib/db/reconciliation");
    await openReconciliation("CUSTOMERS");
    const slow = await leaseReconciliation("CUSTOMERS");
    if (!slow) throw new Error("it is open");
    await backend.rows(leased, ["-1 second"]);
    const next = await leaseReconciliation("CUSTOMERS");
    expect(next).not.toBeNull();
    expect(await advanceReconciliation(slow, { cursor: "x", seen: 1, drift: 1 })).toBe(false);
    expect(await finishReconciliation(slow, { lastError: null, next: null, seen: 1, drift: 1 })).toBeNull();
    const rows = await backend.rows("SELECT cursor, seen, drift, finished_at FROM reconciliation_run");
    expect(rows).toEqual([{ cursor: null, seen: 0, drift: 0, finished_at: null }]);
  });
});

test("a page is compared by indexes, with 30,000 copies and events", async () => {
  const { viewer, id } = await subscriber();
  await syncSubscription(id, async () => undefined);
  await backend.rows(
    `INSERT INTO subscription (id, workspace_id, customer_id, provider, mode, external_id, status, currency,
                               started_at, fence, updated_at)
     SELECT gen_random_uuid(), workspace_id, customer_id, provider, mode, 'sub_' || n, 'ACTIVE', 'usd', now(), 0, now()
       FROM subscription, generate_series(1, 30000) AS n WHERE external_id = $1`,
    [id],
  );
  await backend.rows(
    `INSERT INTO webhook_event (id, provider, external_id, type, mode, payload, status, occurred_at, object_id)
     SELECT gen_random_uuid(), 'stripe', 'evt_' || n, 'invoice.paid', 'SANDBOX', '{}', 'DONE', now(), 'sub_' || n
       FROM generate_series(1, 30000) AS n`,
  );
  const tables = ["subscription", "webhook_event"];
  for (const table of tables) await backend.rows(`ANALYZE ${table}`);
  const { findAwaitedObjects, findKnownEvents, findSubscriptionCopies, walkUnlisted } = await import(
    "@/lib/db/vendor-copies"
  );
  const page = (prefix: string) => Array.from({ length: 100 }, (_, n) => `${prefix}_${n * 7}`);
  const plans = await plansOf(backend.databaseUrl, async () => {
    await findKnownEvents(page("evt"));
    await findSubscriptionCopies(page("sub"));
    await findAwaitedObjects(page("sub"));
    await walkUnlisted("subscription", { since: new Date(), after: "sub_5" });
  });
  expect(plans).toHaveLength(4);
  for (const table of tables) {
    expect(plans.flatMap((plan) => readsAll(plan, table))).toEqual([]);
    expect(plans.flatMap((plan) => sortsMany(plan, table))).toEqual([]);
  }
  await backend.rows("DELETE FROM subscription WHERE workspace_id = $1", [viewer.workspaceId]);
}, 120_000);

describe("a sweep", () => {
  /** What is known of these is taken in; what differs from here on, no event tells of. */
  async function quiet(...people: { id: string }[]) {
    for (const { id } of people) await syncSubscription(id, async () => undefined);
    await backend.rows(
      "INSERT INTO schedule (name, due_at) VALUES ('reconcile-events', now() + interval '1 minute')",
    );
    await backend.rows("DELETE FROM alert");
  }
  const sweep = async () => {
    await backend.rows("UPDATE schedule SET due_at = now() WHERE name = 'reconcile-sweep'");
    return countsOf(await reconcileDue({ graceMs: 0 }));
  };

  test("counts a copy that differs, tells of it, and repairs it through the inbox", async () => {
    const person = await subscriber();
    await quiet(person);
    await backend.rows(
      "UPDATE subscription SET status = 'PAST_DUE', plan_key = 'team' WHERE external_id = $1",
      [person.id],
    );
    expect((await minutesLater(4, sweep)).SUBSCRIPTIONS).toEqual({ state: "finished", drift: 1 });
    expect(await alerts()).toEqual(["drift-found:stripe:sandbox:subscriptions"]);
    const [request] = await backend.rows("SELECT type, object_id AS id, status FROM webhook_event");
    expect(request).toEqual({ type: "breakwater.subscription.sync", id: person.id, status: "PENDING" });
    // What somebody is about to handle is not counted again.
    expect((await sweep()).SUBSCRIPTIONS).toEqual({ state: "finished", drift: 0 });
    await backend.rows("UPDATE webhook_event SET next_attempt_at = now()");
    await pump.run();
    await expectVendorsState(person);
    expect((await sweep()).SUBSCRIPTIONS).toEqual({ state: "finished", drift: 0 });
  });

  test("has a subscription of ours written that has no copy", async () => {
    const person = await subscriber();
    await quiet(person);
    await backend.rows("DELETE FROM subscription WHERE external_id = $1", [person.id]);
    expect((await sweep()).SUBSCRIPTIONS).toEqual({ state: "finished", drift: 1 });
    await pump.run();
    await expectVendorsState(person);
  });

  test("counts what is another product's apart, and makes nothing up for it", async () => {
    await quiet();
    const stranger = await backend.stripe.customers.create({ email: `${randomUUID()}@example.com` });
    await backend.stripe.subscriptions.create({
      customer: stranger.id,
      items: [{ price: prices.get("pro_month") }],
      default_payment_method: "pm_card_visa",
      metadata: { workspace_id: "no uuid at all" },
    });
    await backend.rows("UPDATE schedule SET due_at = now() WHERE name = 'reconcile-sweep'");
    const [report] = await reconcileDue({ graceMs: 0 });
    expect(report).toMatchObject({ kind: "SUBSCRIPTIONS", drift: 0 });
    expect(report?.strangers).toBeGreaterThan(0);
    expect(await backend.rows("SELECT 1 FROM webhook_event")).toEqual([]);
  });

  test("has a copy looked at that the vendor lists no more, be it a subscription's or a customer's", async () => {
    const [kept, lost] = [await subscriber(), await subscriber()];
    await quiet(kept, lost);
    await backend.rows("UPDATE subscription SET external_id = 'sub_lost' WHERE external_id = $1", [lost.id]);
    await backend.rows("UPDATE billing_customer SET external_id = 'cus_lost' WHERE workspace_id = $1", [
      lost.viewer.workspaceId,
    ]);
    const counts = await sweep();
    // The one under its own id is missing now, and the one under the other is gone.
    expect(counts.SUBSCRIPTIONS).toEqual({ state: "finished", drift: 2 });
    expect(counts.CUSTOMERS).toEqual({ state: "finished", drift: 1 });
    await pump.run();
    const [row] = await backend.rows("SELECT status FROM subscription WHERE external_id = 'sub_lost'");
    expect(row).toEqual({ status: "CANCELED" });
    const [customer] = await backend.rows<{ gone: boolean }>(
      "SELECT deleted_at IS NOT NULL AS gone FROM billing_customer WHERE external_id = 'cus_lost'",
    );
    expect(customer).toEqual({ gone: true });
    await expectVendorsState(kept);
  });

  test("does not believe that nearly everything is gone: another account's key ends nobody's subscription", async () => {
    const { viewer, id } = await subscriber();
    await quiet({ id });
    await backend.rows(
      `INSERT INTO subscription (id, workspace_id, customer_id, provider, mode, external_id, status, currency,
                                 started_at, fence, updated_at)
       SELECT gen_random_uuid(), workspace_id, customer_id, provider, mode, 'sub_elsewhere_' || n, 'ACTIVE', 'usd',
              now(), 0, now() - interval '1 day'
         FROM subscription, generate_series(1, 20) AS n WHERE external_id = $1`,
      [id],
    );
    expect((await minutesLater(6, sweep)).SUBSCRIPTIONS).toEqual({ state: "finished", drift: 20 });
    expect(await backend.rows("SELECT 1 FROM webhook_event")).toEqual([]);
    const [alert] = await backend.rows<{ severity: string }>("SELECT severity FROM alert");
    expect(alert?.severity).toBe("CRITICAL");
    await backend.rows("DELETE FROM subscription WHERE workspace_id = $1", [viewer.workspaceId]);
  });

  test("does not believe a list that has nothing of ours, however little that is", async () => {
    const { viewer, id } = await subscriber();
    await quiet({ id });
    await backend.rows("UPDATE subscription SET external_id = 'sub_elsewhere' WHERE external_id = $1", [id]);
    await backend.rows("UPDATE billing_customer SET external_id = 'cus_elsewhere' WHERE workspace_id = $1", [
      viewer.workspaceId,
    ]);
    // What is listed under its own id has nothing to do with us any more.
    await backend.stripe.subscriptions.update(id, { metadata: { workspace_id: "" } });
    const counts = await minutesLater(8, sweep);
    expect(counts.SUBSCRIPTIONS).toEqual({ state: "finished", drift: 1 });
    expect(counts.CUSTOMERS).toEqual({ state: "finished", drift: 1 });
    expect(await backend.rows("SELECT 1 FROM webhook_event")).toEqual([]);
    const told = await backend.rows<{ severity: string }>("SELECT severity FROM alert");
    expect(told.map(({ severity }) => severity)).toEqual(["CRITICAL", "CRITICAL"]);
  });

  test("believes of the only customer that it was deleted, where the vendor says so", async () => {
    const viewer = await newViewer();
    const customer = await ensureCustomer(viewer);
    await quiet();
    await backend.stripe.customers.del(customer);
    expect((await sweep()).CUSTOMERS).toEqual({ state: "finished", drift: 1 });
    await pump.run();
    const [row] = await backend.rows("SELECT deleted_at IS NOT NULL AS gone FROM billing_customer");
    expect(row).toEqual({ gone: true });
  });

  test("repairs a customer that was held to be deleted and is not: nothing differs afterwards", async () => {
    const person = await subscriber();
    await quiet(person);
    await backend.rows("UPDATE billing_customer SET deleted_at = now(), card_last4 = NULL");
    expect((await sweep()).CUSTOMERS).toEqual({ state: "finished", drift: 1 });
    await pump.run();
    const [row] = await backend.rows("SELECT deleted_at, card_last4 FROM billing_customer");
    expect(row).toEqual({ deleted_at: null, card_last4: "4242" });
    expect(await backend.rows("SELECT 1 FROM audit_log WHERE action = 'customer.restored'")).toHaveLength(1);
    expect((await sweep()).CUSTOMERS).toEqual({ state: "finished", drift: 0 });
  });

  test("goes on past a subscription that cannot be read, and does not take it for gone", async () => {
    const [strange, other] = [await subscriber(), await subscriber()];
    await quiet(strange, other);
    await backend.rows("UPDATE subscription SET status = 'PAST_DUE' WHERE external_id = $1", [other.id]);
    const list = payments().listSubscriptionsPage;
    const listing = vi.spyOn(payments(), "listSubscriptionsPage").mockImplementation(async (input) => {
      const page = await list(input);
      const items = page.items.filter(({ id }) => id !== strange.id);
      return { ...page, items, unreadable: items.length < page.items.length ? [strange.id] : [] };
    });
    const looking = vi.spyOn(payments(), "getSubscription");
    try {
      expect((await sweep()).SUBSCRIPTIONS).toEqual({ state: "finished", drift: 1 });
      expect(looking).not.toHaveBeenCalledWith(strange.id);
    } finally {
      listing.mockRestore();
      looking.mockRestore();
    }
    const asked = await backend.rows("SELECT object_id AS id FROM webhook_event");
    expect(asked).toEqual([{ id: other.id }]);
  });

  test("gives a webhook a moment to bring what was changed meanwhile", async () => {
    const person = await subscriber();
    await quiet(person);
    await backend.stripe.subscriptions.update(person.id, { cancel_at_period_end: true });
    await backend.rows("UPDATE schedule SET due_at = now() WHERE name = 'reconcile-sweep'");
    // No time to wait for it: the sweep stays open.
    const [open] = await reconcileDue({ graceMs: 3_600_000 });
    expect(open).toMatchObject({ kind: "SUBSCRIPTIONS", state: "open", drift: 0 });

    await syncSubscription(person.id, async () => undefined);
    await backend.rows(
      "UPDATE reconciliation_run SET cursor = jsonb_set(cursor::jsonb, '{settlesAt}', '0')::text WHERE open_key IS NOT NULL",
    );
    expect(countsOf(await reconcileDue({ graceMs: 0 })).SUBSCRIPTIONS).toEqual({
      state: "finished",
      drift: 0,
    });
  });
});
