/**
 * Guards that each event of the payments vendor that matters finds its family, that a family looks at the right object,
 * and that what it changed can be followed: whose it was, what it was before and after, by which event.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import { newViewer, startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";

const backend = await startBackend();
const { alertsSettled } = await import("@/lib/alerts/raise-alert");
const { PLANS } = await import("@/lib/billing/plans");
const { getBillingOverview, getCheckoutProgress } = await import("@/lib/db/billing");
const { payments } = await import("@/lib/integrations/payments");
const { ensureCustomer } = await import("@/lib/sync/ensure-customer");
const { openPortal } = await import("@/lib/use-cases/billing/open-portal");
const { startCheckout } = await import("@/lib/use-cases/billing/start-checkout");
const { paymentsEventRow } = await import("@/lib/webhooks/payments-event");
const { pollPaymentsEvents } = await import("@/lib/webhooks/poll-events");
const { findHandler } = await import("@/lib/webhooks/registry");

const CHOICE = { planKey: "pro", interval: "month" } as const;
let price: string;

beforeAll(async () => {
  await payments().pushCatalogue(Object.values(PLANS));
  const { data } = await backend.stripe.prices.list({ lookup_keys: ["pro_month"] });
  price = data[0]?.id ?? "";
});
afterEach(() => backend.clearFaults());
afterAll(() => backend.stop());

async function subscribe(viewer: Viewer, more: { trial_period_days?: number } = {}) {
  return backend.stripe.subscriptions.create({
    customer: await ensureCustomer(viewer),
    items: [{ price }],
    default_payment_method: "pm_card_visa",
    metadata: { workspace_id: viewer.workspaceId },
    ...more,
  });
}

/** What the pump does with an event, without the inbox; gives back whose it was said to be. */
async function hear(type: string, objectId: string): Promise<string | undefined> {
  const handler = findHandler("stripe", type);
  if (!handler) throw new Error(`nobody handles ${type}`);
  let owner: string | undefined;
  await handler.handle(
    { provider: "stripe", objectId, types: [type], receivedAt: new Date() },
    async (_tx, workspaceId) => {
      owner = workspaceId;
    },
  );
  return owner;
}

const auditOf = (viewer: Viewer, action: string) =>
  backend.rows<{ detail: Record<string, unknown>; eventId: string | null }>(
    `SELECT detail, event_id AS "eventId" FROM audit_log WHERE workspace_id = $1 AND action = $2
      ORDER BY created_at, id`,
    [viewer.workspaceId, action],
  );

const statusOf = async (table: "subscription" | "invoice", id: string) =>
  (await backend.rows<{ status: string }>(`SELECT status FROM ${table} WHERE external_id = $1`, [id]))[0]
    ?.status;

describe("an event", () => {
  test.each([
    ["checkout.session.completed", "checkout.session.expired"],
    ["checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"],
    ["customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted"],
    ["customer.subscription.paused", "customer.subscription.resumed", "customer.subscription.trial_will_end"],
    ["customer.subscription.pending_update_applied", "customer.subscription.pending_update_expired"],
    ["invoice.paid", "invoice.payment_failed", "invoice.payment_action_required", "invoice.upcoming"],
    ["invoice.finalization_failed", "invoice.marked_uncollectible", "invoice.voided"],
    ["payment_intent.succeeded", "payment_intent.payment_failed"],
    ["charge.refunded", "refund.created", "refund.updated", "refund.failed"],
    ["charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"],
    ["charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"],
    ["customer.updated", "customer.deleted"],
  ])("of the types %s, %s … is handled", (...types) => {
    for (const type of types) expect(findHandler("stripe", type)?.types).toContain(type);
  });

  test.each([
    "invoice.payment_succeeded",
    "invoice.created",
    "charge.succeeded",
    "customer.created",
    "payout.paid",
  ])("of the type %s is not", (type) => {
    expect(findHandler("stripe", type)).toBeNull();
  });

  test("is sent to whoever sets the endpoint up by docs/deploy.md, if anybody here waits for it", async () => {
    const text = readFileSync(join(import.meta.dirname, "../../docs/deploy.md"), "utf8");
    const registered = [...text.matchAll(/enabled_events\[\]"=([a-z_.]+)/g)].map(([, type]) => type ?? "");
    const families = [
      (await import("@/lib/webhooks/handlers/stripe/checkout")).checkoutHandlers,
      (await import("@/lib/webhooks/handlers/stripe/customer")).customerHandlers,
      (await import("@/lib/webhooks/handlers/stripe/dispute")).disputeHandlers,
      (await import("@/lib/webhooks/handlers/stripe/invoice")).invoiceHandlers,
      (await import("@/lib/webhooks/handlers/stripe/payment")).paymentHandlers,
      (await import("@/lib/webhooks/handlers/stripe/refund")).refundHandlers,
      (await import("@/lib/webhooks/handlers/stripe/subscription")).subscriptionHandlers,
    ];
    const isOurs = (type: string) => type.startsWith("breakwater.");
    // What it says is said by `refund.updated` as well, which every newer endpoint is sent.
    const isOld = (type: string) => type === "charge.refund.updated";
    const awaited = families.flatMap(({ types }) => types).filter((type) => !isOurs(type) && !isOld(type));
    expect(registered.toSorted()).toEqual(awaited.toSorted());
  });

  test("of an invoice to come is kept under its subscription, and has that looked at", async () => {
    const viewer = await newViewer();
    const { id } = await subscribe(viewer);
    const object = { object: "invoice", parent: { subscription_details: { subscription: id } } };
    const [listed] = (await backend.stripe.events.list({ limit: 1 })).data;
    const envelope = { ...listed, id: "evt_upcoming", type: "invoice.upcoming", data: { object } };
    const { eventFrom } = await import("@/lib/integrations/payments/stripe/webhook");
    const event = eventFrom(envelope as Parameters<typeof eventFrom>[0], "sandbox", JSON.stringify(envelope));
    expect(paymentsEventRow(event)).toMatchObject({ objectId: id, status: "PENDING" });
    expect(await hear("invoice.upcoming", id)).toBe(viewer.workspaceId);
    expect(await statusOf("subscription", id)).toBe("ACTIVE");
  });
});

describe("what an event changed", () => {
  test("can be followed: whose it was, what it was before and after, by which event", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    await pollPaymentsEvents();
    await backend.stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    await pollPaymentsEvents();
    const entries = await auditOf(viewer, "subscription.synced");
    const end = new Date((subscription.items.data[0]?.current_period_end ?? 0) * 1000).toISOString();
    const active = { status: "active", planKey: "pro", interval: "month", currentPeriodEnd: end };
    expect(entries.map(({ detail }) => detail)).toMatchObject([
      { subscriptionId: subscription.id, before: null, after: { ...active, cancelAtPeriodEnd: false } },
      {
        before: { ...active, cancelAtPeriodEnd: false },
        after: { ...active, cancelAtPeriodEnd: true },
      },
    ]);
    const events = await backend.rows<{ id: string; workspaceId: string }>(
      `SELECT id, workspace_id AS "workspaceId" FROM webhook_event
        WHERE object_id = $1 AND type LIKE 'customer.subscription.%' AND status = 'DONE'`,
      [subscription.id],
    );
    for (const { eventId } of entries) expect(events.map(({ id }) => id)).toContain(eventId);
    for (const { workspaceId } of events) expect(workspaceId).toBe(viewer.workspaceId);
    const mails = await backend.rows<{ eventId: string; workspaceId: string }>(
      'SELECT event_id AS "eventId", workspace_id AS "workspaceId" FROM outbox_message WHERE business_key LIKE $1',
      [`subscription-cancelled:${subscription.id}:%`],
    );
    expect(mails).toEqual([{ eventId: entries[1]?.eventId, workspaceId: viewer.workspaceId }]);
  });

  test("is not written down where nothing has changed", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    for (let times = 0; times < 3; times += 1) await hear("customer.subscription.updated", subscription.id);
    expect(await auditOf(viewer, "subscription.synced")).toHaveLength(1);
    const invoice = String(subscription.latest_invoice);
    for (let times = 0; times < 3; times += 1) await hear("invoice.paid", invoice);
    expect(await auditOf(viewer, "invoice.synced")).toHaveLength(1);
  });
});

describe("a customer who was deleted at the vendor", () => {
  test("has no subscription and no card any more, and gets a new customer when they want to pay again", async () => {
    const viewer = await newViewer();
    const subscription = await subscribe(viewer);
    const gone = String(subscription.customer);
    await pollPaymentsEvents();
    await backend.stripe.customers.del(gone);
    await pollPaymentsEvents();
    for (let times = 0; times < 2; times += 1)
      expect(await hear("customer.deleted", gone)).toBe(viewer.workspaceId);

    expect(await statusOf("subscription", subscription.id)).toBe("CANCELED");
    expect((await getBillingOverview(viewer.workspaceId)).card).toBeNull();
    expect(await auditOf(viewer, "customer.deleted")).toMatchObject([{ detail: { customerId: gone } }]);
    await expect(openPortal({ viewer })).rejects.toMatchObject({ code: "not_found" });

    const { url } = await startCheckout({ viewer, choice: CHOICE });
    expect(url).toContain("http");
    const [row] = await backend.rows<{ externalId: string; deletedAt: Date | null }>(
      `SELECT external_id AS "externalId", deleted_at AS "deletedAt" FROM billing_customer WHERE workspace_id = $1`,
      [viewer.workspaceId],
    );
    expect(row?.externalId).not.toBe(gone);
    expect(row?.deletedAt).toBeNull();
    // The late word of the old one says nothing about the new one.
    await hear("customer.deleted", gone);
    expect(await ensureCustomer(viewer)).toBe(row?.externalId);
  });

  test("is found out when somebody asks for a look, and left alone where it is there", async () => {
    const [viewer, other] = [await newViewer(), await newViewer()];
    const [gone, there] = [await ensureCustomer(viewer), await ensureCustomer(other)];
    await backend.stripe.customers.del(gone);
    await hear("breakwater.customer.sync", gone);
    await hear("breakwater.customer.sync", there);
    const rows = await backend.rows<{ id: string }>(
      "SELECT external_id AS id FROM billing_customer WHERE deleted_at IS NOT NULL AND external_id = ANY($1)",
      [[gone, there]],
    );
    expect(rows).toEqual([{ id: gone }]);
  });
});

describe("a checkout whose payment takes days", () => {
  const payByDebit = (url: string, account: string) =>
    fetch(url, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ account, email: "a@example.com" }),
    });

  async function checkedOut(account: string) {
    const viewer = await newViewer();
    const { url } = await startCheckout({ viewer, choice: CHOICE });
    expect((await payByDebit(url, account)).status).toBe(303);
    const [operation] = await backend.rows<{ id: string; checkoutId: string }>(
      `SELECT id, result->>'checkoutId' AS "checkoutId" FROM operation WHERE workspace_id = $1 AND kind = 'CHECKOUT'`,
      [viewer.workspaceId],
    );
    if (!operation) throw new Error("a checkout has an operation");
    return { viewer, operationId: operation.id, checkoutId: operation.checkoutId };
  }

  const decided = (checkoutId: string, type: string) =>
    eventually(type, async () => {
      const { data } = await backend.stripe.events.list({ type, limit: 100 });
      return data.some(({ data: { object } }) => "id" in object && object.id === checkoutId);
    });

  const stateOf = async (id: string) =>
    (await backend.rows<{ state: string }>("SELECT state FROM operation WHERE id = $1", [id]))[0]?.state;

  test("gives access once it has gone through", async () => {
    const { viewer, operationId, checkoutId } = await checkedOut("000123456789");
    await hear("checkout.session.completed", checkoutId);
    await decided(checkoutId, "checkout.session.async_payment_succeeded");
    for (const type of ["checkout.session.async_payment_succeeded", "checkout.session.completed"]) {
      expect(await hear(type, checkoutId)).toBe(viewer.workspaceId);
    }
    expect(await stateOf(operationId)).toBe("SUCCEEDED");
    expect(await getCheckoutProgress(viewer.workspaceId, operationId)).toMatchObject({ state: "active" });
  });

  test("that fails leaves what the vendor says, whatever is heard last", async () => {
    const { viewer, operationId, checkoutId } = await checkedOut("000111111113");
    await decided(checkoutId, "checkout.session.async_payment_failed");
    for (const type of ["checkout.session.async_payment_failed", "checkout.session.completed"]) {
      expect(await hear(type, checkoutId)).toBe(viewer.workspaceId);
    }
    const truth = await payments().getCheckout(checkoutId);
    const subscription = await payments().getSubscription(truth?.subscriptionId ?? "");
    expect(subscription?.status).not.toBe("active");
    expect(await statusOf("subscription", subscription?.id ?? "")).toBe(subscription?.status.toUpperCase());
    expect(await stateOf(operationId)).not.toBe("OPEN");
  });
});

describe("an invoice", () => {
  async function openInvoice(viewer: Viewer) {
    const customer = await ensureCustomer(viewer);
    const subscription = await backend.stripe.subscriptions.create({
      customer,
      items: [{ price }],
      default_payment_method: "pm_card_chargeCustomerFail",
      payment_behavior: "allow_incomplete",
      metadata: { workspace_id: viewer.workspaceId },
    });
    return String(subscription.latest_invoice);
  }

  test("that nobody will pay, or that was taken back, is shown as that", async () => {
    const viewer = await newViewer();
    const invoice = await openInvoice(viewer);
    await hear("invoice.payment_failed", invoice);
    expect(await statusOf("invoice", invoice)).toBe("OPEN");
    await backend.stripe.invoices.markUncollectible(invoice);
    await hear("invoice.marked_uncollectible", invoice);
    expect(await statusOf("invoice", invoice)).toBe("UNCOLLECTIBLE");
    await backend.stripe.invoices.voidInvoice(invoice);
    for (const type of ["invoice.voided", "invoice.payment_failed", "invoice.marked_uncollectible"]) {
      expect(await hear(type, invoice)).toBe(viewer.workspaceId);
    }
    expect(await statusOf("invoice", invoice)).toBe("VOID");
    expect((await auditOf(viewer, "invoice.synced")).map(({ detail }) => detail.after)).toMatchObject([
      { status: "open" },
      { status: "uncollectible" },
      { status: "void" },
    ]);
  });

  test("that cannot be issued is told to whoever is on call, once", async () => {
    const viewer = await newViewer();
    const clock = await backend.stripe.testHelpers.testClocks.create({
      frozen_time: Math.floor(Date.now() / 1000),
    });
    const customer = await backend.stripe.customers.create({
      test_clock: clock.id,
      metadata: { workspace_id: viewer.workspaceId },
    });
    const subscription = await backend.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price }],
      default_payment_method: "pm_card_visa",
      metadata: { workspace_id: viewer.workspaceId },
    });
    // What stands for an address that taxes cannot be reckoned for.
    await backend.stripe.customers.update(customer.id, { metadata: { sandbox_finalization: "fails" } });
    const end = subscription.items.data[0]?.current_period_end ?? 0;
    await backend.stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: end + 2 * 24 * 60 * 60 });
    const draft = await eventually("the invoice that cannot be issued", async () => {
      const { data } = await backend.stripe.invoices.list({ customer: customer.id, status: "draft" });
      return data.find(({ last_finalization_error }) => last_finalization_error !== null);
    });
    for (const type of ["invoice.finalization_failed", "invoice.updated", "invoice.finalization_failed"]) {
      expect(await hear(type, draft.id)).toBe(viewer.workspaceId);
    }
    await alertsSettled();
    expect(await statusOf("invoice", draft.id)).toBe("DRAFT");
    const alerts = await backend.rows("SELECT cause FROM alert WHERE cause LIKE 'invoice-stuck:%'");
    expect(alerts).toEqual([{ cause: `invoice-stuck:stripe:sandbox:${draft.id}` }]);
  });
});
