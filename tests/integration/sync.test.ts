/**
 * Guards convergence: whatever events come, in whatever order, however often and at once, our copy ends in the vendor's
 * newest state, and each effect happens once.
 */
import { randomUUID } from "node:crypto";
import type Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import { newViewer, startBackend } from "@/tests/support/backend";
import { resetCircuits } from "@/tests/support/circuits";
import { eventually } from "@/tests/support/poll";
import { runBatch } from "@/tests/support/run-batch";
import { payHosted } from "@/tests/support/vendors";

const backend = await startBackend();
const { alertsSettled } = await import("@/lib/alerts/raise-alert");
const { PLANS } = await import("@/lib/billing/plans");
const { nextFence } = await import("@/lib/db/fence");
const { findCurrentSubscription } = await import("@/lib/db/subscriptions");
const { payments } = await import("@/lib/integrations/payments");
const { ensureCustomer } = await import("@/lib/sync/ensure-customer");
const { inTurn } = await import("@/lib/sync/in-turn");
const { recordSubscription, syncSubscription } = await import("@/lib/sync/sync-subscription");
const { pollPaymentsEvents } = await import("@/lib/webhooks/poll-events");
const { storeListedEvents } = await import("@/lib/webhooks/listed-events");
const { inboxSource, pump } = await import("@/lib/webhooks/process");
const { changePlan } = await import("@/lib/use-cases/billing/change-plan");
const { cancelSubscription } = await import("@/lib/use-cases/billing/cancel-subscription");
const { startCheckout } = await import("@/lib/use-cases/billing/start-checkout");
const { requestSync } = await import("@/lib/sync/request-sync");
const { getBillingOverview } = await import("@/lib/db/billing");
const { resumeSubscription } = await import("@/lib/use-cases/billing/resume-subscription");

const nothing = async () => {};
const prices = new Map<string, string>();

beforeAll(async () => {
  await payments().pushCatalogue(Object.values(PLANS));
  for (const price of (await backend.stripe.prices.list({ limit: 100 })).data) {
    if (price.lookup_key) prices.set(price.lookup_key, price.id);
  }
});
afterEach(async () => {
  await backend.clearFaults();
  await resetCircuits();
});
afterAll(() => backend.stop());

function priceId(key: string): string {
  const id = prices.get(key);
  if (!id) throw new Error(`no price ${key}`);
  return id;
}

/** A subscription made at the vendor, as its checkout would make it; nothing of it is known here yet. */
async function subscribe(viewer: Viewer, options: { price?: string; card?: string; isSold?: boolean } = {}) {
  const customer = await ensureCustomer(viewer);
  const sold: Record<string, string> = options.isSold ? { operation_id: randomUUID() } : {};
  return backend.stripe.subscriptions.create({
    customer,
    items: [{ price: priceId(options.price ?? "pro_month") }],
    default_payment_method: options.card ?? "pm_card_visa",
    metadata: { workspace_id: viewer.workspaceId, ...sold },
  });
}

const switchTo = (subscription: Stripe.Subscription, price: string) =>
  backend.stripe.subscriptions.update(subscription.id, {
    items: [{ id: subscription.items.data[0]?.id, price: priceId(price) }],
  });

interface Row {
  externalId: string;
  status: string;
  planKey: string;
  interval: string;
  cancelAtPeriodEnd: boolean;
  fence: string;
}
const rowsOf = (viewer: Viewer) =>
  backend.rows<Row>(
    `SELECT external_id AS "externalId", status, plan_key AS "planKey", interval, fence,
            cancel_at_period_end AS "cancelAtPeriodEnd"
       FROM subscription WHERE workspace_id = $1 ORDER BY started_at`,
    [viewer.workspaceId],
  );

const outboxOf = (pattern: string) =>
  backend.rows<{ businessKey: string; status: string }>(
    `SELECT business_key AS "businessKey", status FROM outbox_message WHERE business_key LIKE $1 ORDER BY created_at`,
    [pattern],
  );

const auditOf = async (viewer: Viewer) =>
  (
    await backend.rows<{ action: string }>(
      "SELECT action FROM audit_log WHERE workspace_id = $1 ORDER BY created_at",
      [viewer.workspaceId],
    )
  ).map(({ action }) => action);

async function expectVendorsState(viewer: Viewer, id: string) {
  const truth = await payments().getSubscription(id);
  const current = await findCurrentSubscription(viewer.workspaceId);
  expect(current?.view).toMatchObject({
    status: truth?.status,
    planKey: truth?.planKey,
    interval: truth?.interval,
    unitAmount: truth?.unitAmount,
    cancelAtPeriodEnd: truth?.cancelAtPeriodEnd,
    currentPeriodEnd: truth?.currentPeriodEnd?.toISOString(),
  });
}

describe("our copy of a subscription", () => {
  test("ends in the vendor's state when changes and syncs race", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    // Some readings come late: an older answer must not win over a newer one.
    for (const [latencyMs, times] of [
      [300, 4],
      [120, 4],
    ] as const) {
      await backend.addFault({
        vendor: "stripe",
        kind: "latency",
        latencyMs,
        times,
        route: "GET /v1/subscriptions/*",
      });
    }
    const wishes = ["team_month", "pro_year", "team_year", "pro_month"];
    await Promise.all(
      Array.from({ length: 16 }, async (_, index) => {
        if (index % 3 === 2) {
          const cancel = index % 2 === 0;
          await backend.stripe.subscriptions.update(subscription.id, { cancel_at_period_end: cancel });
        } else {
          await switchTo(subscription, wishes[index % wishes.length] ?? "pro_month");
        }
        await syncSubscription(subscription.id, nothing);
      }),
    );
    expect(await rowsOf(viewer)).toHaveLength(1);
    await expectVendorsState(viewer, subscription.id);
  });

  test("is not overwritten by what was read under a lower fence, and the event is done all the same", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    const fence = await nextFence();
    const snapshot = await payments().getSubscription(subscription.id);
    if (!snapshot) throw new Error("the subscription is there");
    await switchTo(subscription, "team_month");
    await syncSubscription(subscription.id, nothing);
    const before = await rowsOf(viewer);

    let finished = 0;
    const finish = async () => {
      finished += 1;
    };
    await recordSubscription({ snapshot, fence, finish });
    expect(await rowsOf(viewer)).toEqual(before);
    expect(before).toMatchObject([{ planKey: "team" }]);
    expect(finished).toBe(1);
  });

  test("stays ended when an older reading says that it is alive", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    const fence = await nextFence();
    const snapshot = await payments().getSubscription(subscription.id);
    if (!snapshot) throw new Error("the subscription is there");
    await backend.stripe.subscriptions.cancel(subscription.id);
    await syncSubscription(subscription.id, nothing);
    await recordSubscription({ snapshot, fence, finish: nothing });
    expect(await rowsOf(viewer)).toMatchObject([{ status: "CANCELED" }]);
  });

  test("ends when the vendor no longer knows it", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    await syncSubscription(subscription.id, nothing);
    await backend.rows("UPDATE subscription SET external_id = 'sub_forgotten' WHERE external_id = $1", [
      subscription.id,
    ]);
    await syncSubscription("sub_forgotten", nothing);
    expect(await rowsOf(viewer)).toMatchObject([{ externalId: "sub_forgotten", status: "CANCELED" }]);
  });

  test("is written together with the event that told of it, or not at all", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    const finish = async () => {
      throw new Error("lost the lease");
    };
    await expect(syncSubscription(subscription.id, finish)).rejects.toThrow("lost the lease");
    expect(await rowsOf(viewer)).toEqual([]);
    expect(await auditOf(viewer)).not.toContain("subscription.synced");
  });
});

describe("events", () => {
  test("that are polled fill the inbox once, and the whole story is told by them", async () => {
    const viewer = await newViewer();
    await subscribe(viewer);
    const inbox = () =>
      backend.rows<{ id: string }>("SELECT external_id AS id FROM webhook_event ORDER BY 1");
    const seen = await pollPaymentsEvents();
    const after = await inbox();
    expect(seen).toBeGreaterThan(3);
    expect(await rowsOf(viewer)).toMatchObject([{ status: "ACTIVE", planKey: "pro", interval: "MONTH" }]);
    expect(await pollPaymentsEvents()).toBe(seen);
    expect(await inbox()).toEqual(after);
    const failed = await backend.rows("SELECT type, last_error FROM webhook_event WHERE status = 'DEAD'");
    expect(failed).toEqual([]);
  });

  test("in any order, twice and at once cause one receipt", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    const customer = subscription.customer as string;
    await pollPaymentsEvents();
    const events = await backend.rows<{ id: string }>(
      "SELECT id FROM webhook_event WHERE payload->'data'->'object'->>'customer' = $1 AND status = 'DONE'",
      [customer],
    );
    expect(events.length).toBeGreaterThan(2);
    for (let round = 0; round < 3; round += 1) {
      await backend.rows(
        `UPDATE webhook_event SET status = 'PENDING', next_attempt_at = now() - random() * interval '1 second'
          WHERE id = ANY($1::uuid[])`,
        [events.map(({ id }) => id)],
      );
      await Promise.all([pump.run(), pump.run()]);
    }
    const invoices = await backend.stripe.invoices.list({ subscription: subscription.id });
    const keys = await outboxOf(`receipt:${invoices.data[0]?.id}%`);
    expect(keys).toEqual([{ businessKey: `receipt:${invoices.data[0]?.id}`, status: "SENT" }]);
    const receipts = (await backend.mails(viewer.email)).filter(({ subject }) => /receipt/i.test(subject));
    expect(receipts).toHaveLength(1);
  });

  test("of a customer whom nobody knows are kept, and take effect once it is known", async () => {
    const stranger = await backend.stripe.customers.create({ email: `${randomUUID()}@example.com` });
    const subscription = await backend.stripe.subscriptions.create({
      customer: stranger.id,
      items: [{ price: priceId("team_month") }],
      default_payment_method: "pm_card_visa",
    });
    // One attempt and no more: a run would look again as soon as the shortest delay is over.
    const { events } = await payments().listEventsPage({
      since: new Date(Date.now() - 60_000),
      cursor: null,
    });
    await storeListedEvents(events.filter(({ objectId }) => objectId === subscription.id));
    await runBatch(inboxSource);
    const kept = () =>
      backend.rows<{ status: string; attempts: number; later: boolean; lastError: string | null }>(
        `SELECT status, attempts, next_attempt_at > now() AS later, last_error AS "lastError"
           FROM webhook_event WHERE object_id = $1`,
        [subscription.id],
      );
    const waiting = await kept();
    expect(waiting.length).toBeGreaterThan(0);
    for (const event of waiting) {
      expect(event).toMatchObject({ status: "PENDING", attempts: 1, later: true });
      expect(event.lastError).toContain("no workspace");
    }

    const viewer = await newViewer();
    await backend.rows(
      `INSERT INTO billing_customer (id, workspace_id, provider, mode, account, external_id, updated_at)
       VALUES (gen_random_uuid(), $1, 'stripe', 'SANDBOX', '', $2, now())`,
      [viewer.workspaceId, stranger.id],
    );
    await backend.rows("UPDATE webhook_event SET next_attempt_at = now() WHERE status = 'PENDING'");
    await pump.run();
    for (const event of await kept()) expect(event).toMatchObject({ status: "DONE", lastError: null });
    expect(await rowsOf(viewer)).toMatchObject([{ status: "ACTIVE", planKey: "team" }]);
  });

  test("of another product of the same vendor account are put aside after an hour, not tried for days", async () => {
    const stranger = await backend.stripe.customers.create({ email: `${randomUUID()}@example.com` });
    const subscription = await backend.stripe.subscriptions.create({
      customer: stranger.id,
      items: [{ price: priceId("pro_month") }],
      default_payment_method: "pm_card_visa",
    });
    await pollPaymentsEvents();
    await backend.rows(
      "UPDATE webhook_event SET received_at = now() - interval '2 hours', next_attempt_at = now() WHERE object_id = $1",
      [subscription.id],
    );
    await pump.run();
    const states = await backend.rows<{ status: string }>(
      "SELECT status FROM webhook_event WHERE object_id = $1",
      [subscription.id],
    );
    expect(new Set(states.map(({ status }) => status))).toEqual(new Set(["QUARANTINED"]));
  });

  test("of another mode are left to the process that works in it", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    await requestSync("subscription", subscription.id);
    await backend.rows("UPDATE webhook_event SET mode = 'LIVE' WHERE object_id = $1", [subscription.id]);
    await pump.run();
    const [row] = await backend.rows("SELECT status, attempts FROM webhook_event WHERE object_id = $1", [
      subscription.id,
    ]);
    expect(row).toEqual({ status: "PENDING", attempts: 0 });
    expect(await rowsOf(viewer)).toEqual([]);
    await backend.rows("DELETE FROM webhook_event WHERE object_id = $1", [subscription.id]);
  });

  test("belong to the workspace of the customer, whatever the metadata claims", async () => {
    const [payer, other] = [await newViewer(), await newViewer()];
    const customer = await ensureCustomer(payer);
    const subscription = await backend.stripe.subscriptions.create({
      customer,
      items: [{ price: priceId("team_month") }],
      default_payment_method: "pm_card_visa",
      metadata: { workspace_id: other.workspaceId },
    });
    await syncSubscription(subscription.id, nothing);
    expect(await rowsOf(payer)).toHaveLength(1);
    expect(await rowsOf(other)).toEqual([]);
  });
});

describe("a second subscription beside the first", () => {
  test("is cancelled and refunded, once, and the first goes on", async () => {
    const viewer = await newViewer();
    const first = await subscribe(viewer);
    await syncSubscription(first.id, nothing);
    // The vendor's clock has seconds: of two within one of them, either counts as the first.
    await eventually("the next second", async () => Date.now() / 1000 >= first.created + 1);
    const second = await subscribe(viewer, { price: "team_month", isSold: true });
    await pollPaymentsEvents();
    await pollPaymentsEvents();

    expect((await backend.stripe.subscriptions.retrieve(first.id)).status).toBe("active");
    expect((await backend.stripe.subscriptions.retrieve(second.id)).status).toBe("canceled");
    const refunds = (await backend.stripe.refunds.list({ limit: 100 })).data.filter(
      ({ metadata }) => metadata?.operation_id !== undefined,
    );
    expect(refunds.map(({ amount, reason }) => ({ amount, reason }))).toEqual([
      { amount: PLANS.team.prices?.month.amount, reason: "duplicate" },
    ]);
    expect(await outboxOf(`cancel-duplicate:${second.id}`)).toMatchObject([{ status: "SENT" }]);
    expect(await auditOf(viewer)).toContain("subscription.duplicate");
    expect((await findCurrentSubscription(viewer.workspaceId))?.externalId).toBe(first.id);
    // The customer is told of what they have, not of what came and went.
    expect(await outboxOf(`subscription-%:${second.id}%`)).toEqual([]);
  });

  test("is kept when the first has ended before it could be cancelled: it is what the customer has paid for", async () => {
    const viewer = await newViewer();
    const first = await subscribe(viewer);
    await syncSubscription(first.id, nothing);
    await eventually("the next second", async () => Date.now() / 1000 >= first.created + 1);
    const second = await subscribe(viewer, { price: "team_month", isSold: true });
    await syncSubscription(second.id, nothing);
    expect(await outboxOf(`cancel-duplicate:${second.id}`)).toMatchObject([{ status: "PENDING" }]);
    await backend.stripe.subscriptions.cancel(first.id);
    await pump.run();
    expect((await backend.stripe.subscriptions.retrieve(second.id)).status).toBe("active");
    await pollPaymentsEvents();
    expect((await findCurrentSubscription(viewer.workspaceId))?.externalId).toBe(second.id);
  });

  /** Two of which the vendor says what it likes of their making. */
  async function two(changes: {
    first?: Partial<SubscriptionSnapshot>;
    second?: Partial<SubscriptionSnapshot>;
  }) {
    const viewer = await newViewer();
    const ids: string[] = [];
    const records: (() => Promise<void>)[] = [];
    for (const [index, change] of [changes.first, changes.second].entries()) {
      const { id } = await subscribe(viewer, { isSold: index === 1 });
      const snapshot = await payments().getSubscription(id);
      if (!snapshot) throw new Error("the subscription is there");
      const startedAt = new Date(Date.now() - (2 - index) * 60_000);
      const said = { ...snapshot, startedAt, ...change };
      const record = async () =>
        recordSubscription({ snapshot: said, fence: await nextFence(), finish: nothing });
      await record();
      ids.push(id);
      records.push(record);
    }
    const again = async () => {
      for (const record of records) await record();
    };
    const [first = "", second = ""] = ids;
    return { viewer, first, second, again };
  }
  const toldOf = async (subscriptionId: string) => {
    await alertsSettled();
    return backend.rows<{ severity: string }>("SELECT severity FROM alert WHERE cause = $1", [
      `second-subscription:stripe:sandbox:${subscriptionId}`,
    ]);
  };
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

  test("that our checkout made is ended", async () => {
    const { second } = await two({});
    expect(await outboxOf(`cancel-duplicate:${second}`)).toHaveLength(1);
    expect(await toldOf(second)).toEqual([]);
  });

  test.each<[string, Partial<SubscriptionSnapshot>]>([
    ["was made by somebody at the vendor's dashboard", { operationId: null }],
    ["names another workspace", { workspaceId: randomUUID() }],
    ["is of no plan of ours", { planKey: null }],
  ])("that %s is not ours to end: people are told, once", async (_what, second) => {
    const made = await two({ second });
    expect(await outboxOf(`cancel-duplicate:${made.second}`)).toEqual([]);
    expect(await toldOf(made.second)).toEqual([{ severity: "CRITICAL" }]);
    await made.again();
    const audited = (await auditOf(made.viewer)).filter((action) => action === "subscription.second");
    expect(audited).toHaveLength(1);
    expect((await findCurrentSubscription(made.viewer.workspaceId))?.externalId).toBe(made.first);
  });

  test("that has run for more than a week is not ended and given back by itself any more", async () => {
    const old = { first: { startedAt: daysAgo(20) }, second: { startedAt: daysAgo(8) } };
    const { second } = await two(old);
    expect(await outboxOf(`cancel-duplicate:${second}`)).toEqual([]);
    expect(await toldOf(second)).toEqual([{ severity: "CRITICAL" }]);
  });

  test("that is an add-on, and older, does not take the place of the one with a plan", async () => {
    const { viewer, first, second, again } = await two({ first: { planKey: null } });
    expect((await findCurrentSubscription(viewer.workspaceId))?.externalId).toBe(second);
    expect(await outboxOf(`cancel-duplicate:${second}`)).toEqual([]);
    // It was written while it was the only one: it is looked at again, once.
    const asked = () =>
      backend.rows("SELECT 1 FROM webhook_event WHERE external_id LIKE 'duplicate:%' AND object_id = $1", [
        first,
      ]);
    expect(await asked()).toHaveLength(1);
    await again();
    expect(await asked()).toHaveLength(1);
    expect(await toldOf(first)).toHaveLength(1);
  });

  test("that was heard of before the first is ended when the first is", async () => {
    const viewer = await newViewer();
    const first = await subscribe(viewer);
    await eventually("the next second", async () => Date.now() / 1000 >= first.created + 1);
    const second = await subscribe(viewer, { isSold: true });
    await syncSubscription(second.id, nothing);
    await syncSubscription(first.id, nothing);
    await pump.run();
    expect(await outboxOf(`cancel-duplicate:${second.id}`)).toHaveLength(1);
    expect(await outboxOf(`cancel-duplicate:${first.id}`)).toEqual([]);
  });
});

describe("a request to look at something again", () => {
  test("is one with those of the same moment, unless that was answered: then it is made anew", async () => {
    const objectId = `sub_${randomUUID()}`;
    const requests = () =>
      backend.rows<{ status: string }>(
        "SELECT status FROM webhook_event WHERE object_id = $1 ORDER BY received_at",
        [objectId],
      );
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    try {
      for (const expected of [1, 2, 3]) {
        await requestSync("subscription", objectId);
        await requestSync("subscription", objectId);
        const rows = await requests();
        expect(rows).toHaveLength(expected);
        expect(rows.filter(({ status }) => status === "PENDING")).toHaveLength(1);
        await backend.rows("UPDATE webhook_event SET status = 'DONE' WHERE object_id = $1", [objectId]);
      }
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a workspace whose billing is being written", () => {
  test("holds up nobody who only writes something that belongs to it", async () => {
    const viewer = await newViewer();
    const client = await backend.connect();
    try {
      await client.query("SET lock_timeout = '2s'");
      await inTurn(viewer.workspaceId, async () => {
        await client.query(
          "INSERT INTO audit_log (id, workspace_id, action) VALUES (gen_random_uuid(), $1, 'test.noted')",
          [viewer.workspaceId],
        );
      });
    } finally {
      await client.query("RESET lock_timeout");
      client.release();
    }
    expect(await auditOf(viewer)).toContain("test.noted");
  });
});

describe("a payment page that is open while a subscription comes by another way", () => {
  test("is closed, so that nobody pays twice", async () => {
    const viewer = await newViewer();
    const { url } = await startCheckout({ viewer, choice: { planKey: "pro", interval: "month" } });
    await subscribe(viewer);
    await pollPaymentsEvents();
    expect(await payHosted(url)).toBe(410);
    await pollPaymentsEvents();
    const states = await backend.rows(
      "SELECT state FROM operation WHERE workspace_id = $1 AND kind = 'CHECKOUT'",
      [viewer.workspaceId],
    );
    expect(states).toEqual([{ state: "EXPIRED" }]);
  });
});

describe("the card on the billing page", () => {
  test("follows what the customer changes at the vendor", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    await pollPaymentsEvents();
    const card = async () => (await getBillingOverview(viewer.workspaceId)).card;
    expect(await card()).toMatchObject({ brand: "visa", last4: "4242" });
    const customer = subscription.customer as string;
    const method = await backend.stripe.paymentMethods.attach("pm_card_mastercard", { customer });
    await backend.stripe.subscriptions.update(subscription.id, { default_payment_method: "" });
    await backend.stripe.customers.update(customer, {
      invoice_settings: { default_payment_method: method.id },
    });
    await pollPaymentsEvents();
    expect(await card()).toMatchObject({ brand: "mastercard", last4: "4444" });
  });
});

describe("a change by the customer", () => {
  test("is there at once, before any event", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    await syncSubscription(subscription.id, nothing);
    await changePlan({ viewer, choice: { planKey: "team", interval: "month" } });
    expect(await rowsOf(viewer)).toMatchObject([{ planKey: "team", interval: "MONTH" }]);
    await cancelSubscription({ viewer });
    expect(await rowsOf(viewer)).toMatchObject([{ cancelAtPeriodEnd: true }]);
    await resumeSubscription({ viewer });
    expect(await rowsOf(viewer)).toMatchObject([{ cancelAtPeriodEnd: false }]);
    expect(await auditOf(viewer)).toEqual(
      expect.arrayContaining(["subscription.change-plan", "subscription.cancel", "subscription.resume"]),
    );
    await pollPaymentsEvents();
    await expectVendorsState(viewer, subscription.id);
    expect(await outboxOf(`subscription-cancelled:${subscription.id}:%`)).toHaveLength(1);
  });

  test("is made once when two ask at a time", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    await syncSubscription(subscription.id, nothing);
    const choice = { planKey: "team", interval: "month" } as const;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, () => changePlan({ viewer, choice })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(0);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ name: "AppError" });
    }
    // One switch is one invoice over the difference.
    const invoices = await backend.stripe.invoices.list({ subscription: subscription.id });
    expect(invoices.data.map(({ billing_reason }) => billing_reason).sort()).toEqual([
      "subscription_create",
      "subscription_update",
    ]);
  });

  test("whose answer was lost is found at the vendor, not made again", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    await syncSubscription(subscription.id, nothing);
    const choice = { planKey: "team", interval: "month" } as const;
    const lost = await backend.withFault(
      { vendor: "stripe", kind: "reset", phase: "body", route: "POST /v1/subscriptions/*" },
      () => changePlan({ viewer, choice }),
    );
    expect(lost).toBe("checking");
    expect(await changePlan({ viewer, choice })).toBe("done");
    const invoices = await backend.stripe.invoices.list({ subscription: subscription.id });
    expect(invoices.data).toHaveLength(2);
    expect(await rowsOf(viewer)).toMatchObject([{ planKey: "team" }]);
    const states = await backend.rows(
      "SELECT state FROM operation WHERE workspace_id = $1 AND kind = 'CHANGE_PLAN' ORDER BY created_at",
      [viewer.workspaceId],
    );
    expect(states).toEqual([{ state: "SUCCEEDED" }]);
  });

  test("that cannot be paid for changes nothing, and says so without the vendor's words", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    await backend.stripe.subscriptions.update(subscription.id, {
      default_payment_method: "pm_card_chargeCustomerFail",
    });
    await syncSubscription(subscription.id, nothing);
    const change = changePlan({ viewer, choice: { planKey: "team", interval: "year" } });
    await expect(change).rejects.toMatchObject({
      kind: "declined",
      userMessage:
        "The card was declined. Please try another card. Nothing was changed, and you have not been charged.",
    });
    await expectVendorsState(viewer, subscription.id);
    expect(await rowsOf(viewer)).toMatchObject([{ planKey: "pro" }]);
  });

  test("is refused where it makes no sense", async () => {
    const viewer = await newViewer();
    await expect(cancelSubscription({ viewer })).rejects.toMatchObject({ code: "not_found" });
    const subscription = await subscribe(viewer);
    await syncSubscription(subscription.id, nothing);
    await expect(resumeSubscription({ viewer })).rejects.toMatchObject({ code: "conflict" });
    await expect(changePlan({ viewer, choice: { planKey: "pro", interval: "month" } })).rejects.toMatchObject(
      {
        code: "invalid_input",
      },
    );
    await cancelSubscription({ viewer });
    await expect(cancelSubscription({ viewer })).rejects.toMatchObject({ code: "conflict" });
  });
});
