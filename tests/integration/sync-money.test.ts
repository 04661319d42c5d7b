/**
 * Guards our copies of payments, refunds and disputes: whatever tells of them, in whatever order and however often,
 * they end as the vendor's, each effect happens once, and a slow old answer changes nothing.
 */
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import { newViewer, startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";
import { withSlowAnswer } from "@/tests/support/slow-answer";

const backend = await startBackend();
const { alertsSettled } = await import("@/lib/alerts/raise-alert");
const { payments } = await import("@/lib/integrations/payments");
const { ensureCustomer } = await import("@/lib/sync/ensure-customer");
const { pollPaymentsEvents } = await import("@/lib/webhooks/poll-events");
const { findHandler } = await import("@/lib/webhooks/registry");

afterEach(() => backend.clearFaults());
afterAll(() => backend.stop());

const AMOUNT = 1_500;

async function pay(customer: string, card = "pm_card_visa") {
  const { stripe } = backend;
  const intent = await stripe.paymentIntents.create({ amount: AMOUNT, currency: "usd", customer });
  await stripe.paymentIntents.confirm(intent.id, { payment_method: card }).catch((error: unknown) => {
    if (!(error instanceof stripe.errors.StripeCardError)) throw error;
  });
  return stripe.paymentIntents.retrieve(intent.id);
}

/** What the pump does with an event, without the inbox; gives back whose it was said to be. */
async function hear(type: string, objectId: string): Promise<string | undefined> {
  let owner: string | undefined;
  await findHandler("stripe", type)?.handle(
    { provider: "stripe", objectId, types: [type], receivedAt: new Date() },
    async (_tx, workspaceId) => {
      owner = workspaceId;
    },
  );
  return owner;
}

/** Each event twice, in this order and in the opposite one. */
async function hearAll(types: readonly string[], objectId: string): Promise<void> {
  for (const type of [...types, ...types, ...types.toReversed(), ...types.toReversed()]) {
    await hear(type, objectId);
  }
}

const copyOf = (table: "payment" | "refund" | "dispute", id: string) =>
  backend.rows<{ status: string; amount: number; workspaceId: string; fence: string }>(
    `SELECT status, amount, workspace_id AS "workspaceId", fence FROM ${table} WHERE external_id = $1`,
    [id],
  );

const auditOf = (viewer: Viewer, action: string) =>
  backend.rows<{ detail: Record<string, unknown> }>(
    "SELECT detail FROM audit_log WHERE workspace_id = $1 AND action = $2 ORDER BY created_at, id",
    [viewer.workspaceId, action],
  );

const outboxOf = (businessKey: string) =>
  backend.rows<{ recipient: string; subject: string; workspaceId: string }>(
    'SELECT recipient, subject, workspace_id AS "workspaceId" FROM outbox_message WHERE business_key = $1',
    [businessKey],
  );

describe("a payment without an invoice", () => {
  test("is kept as the vendor tells of it, once, whatever is heard and how often", async () => {
    const viewer = await newViewer();
    const intent = await pay(await ensureCustomer(viewer));
    await hearAll(["payment_intent.succeeded", "payment_intent.payment_failed"], intent.id);
    expect(await copyOf("payment", intent.id)).toMatchObject([
      { status: "SUCCEEDED", amount: AMOUNT, workspaceId: viewer.workspaceId },
    ]);
    expect(await auditOf(viewer, "payment.synced")).toEqual([
      {
        detail: {
          paymentId: intent.id,
          before: null,
          after: { status: "succeeded", amount: AMOUNT, failureCode: null },
        },
      },
    ]);
  });

  test("that failed, and then went through with another card, has gone through", async () => {
    const viewer = await newViewer();
    const customer = await ensureCustomer(viewer);
    const intent = await pay(customer, "pm_card_visa_chargeDeclined");
    await hear("payment_intent.payment_failed", intent.id);
    expect(await copyOf("payment", intent.id)).toMatchObject([{ status: "FAILED" }]);
    await backend.stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_visa" });
    await hear("payment_intent.payment_failed", intent.id);
    await hear("payment_intent.succeeded", intent.id);
    expect(await copyOf("payment", intent.id)).toMatchObject([{ status: "SUCCEEDED" }]);
    expect((await auditOf(viewer, "payment.synced")).map(({ detail }) => detail.after)).toMatchObject([
      { status: "failed" },
      { status: "succeeded", failureCode: null },
    ]);
  });

  test("is not set back by the slow old answer that comes last", async () => {
    const intent = await pay(await ensureCustomer(await newViewer()), "pm_card_visa_chargeDeclined");
    await withSlowAnswer(
      `/v1/payment_intents/${intent.id}`,
      () => hear("payment_intent.payment_failed", intent.id),
      async () => {
        await backend.stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_visa" });
        await hear("payment_intent.succeeded", intent.id);
      },
    );
    expect(await copyOf("payment", intent.id)).toMatchObject([{ status: "SUCCEEDED" }]);
  });

  test("of somebody whom the vendor keeps no customer of is nobody's, and done with", async () => {
    const { stripe } = backend;
    const intent = await stripe.paymentIntents.create({ amount: AMOUNT, currency: "usd" });
    await stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_visa" });
    expect(await hear("payment_intent.succeeded", intent.id)).toBeUndefined();
    expect(await copyOf("payment", intent.id)).toEqual([]);
  });
});

describe("a payment of an invoice", () => {
  async function paidInvoice(viewer: Viewer) {
    const customer = await ensureCustomer(viewer);
    const product = await backend.stripe.products.create({ name: "Something" });
    const price = await backend.stripe.prices.create({
      product: product.id,
      currency: "usd",
      unit_amount: 900,
      recurring: { interval: "month" },
    });
    await backend.stripe.subscriptions.create({
      customer,
      items: [{ price: price.id }],
      default_payment_method: "pm_card_visa",
      metadata: { workspace_id: viewer.workspaceId },
    });
    const { data } = await backend.stripe.invoices.list({ customer, expand: ["data.payments"] });
    const intent = data[0]?.payments?.data[0]?.payment.payment_intent;
    if (!data[0] || typeof intent !== "string") throw new Error("a paid invoice has a payment");
    return { invoice: data[0], intent };
  }

  test("is the invoice's to tell", async () => {
    const viewer = await newViewer();
    const { intent } = await paidInvoice(viewer);
    expect(await hear("payment_intent.succeeded", intent)).toBe(viewer.workspaceId);
    expect(await copyOf("payment", intent)).toEqual([]);
  });

  test("is taken out of the payments, should it have been looked at before it was tied to the invoice", async () => {
    const viewer = await newViewer();
    const { intent } = await paidInvoice(viewer);
    const snapshot = await payments().getPayment(intent);
    if (!snapshot) throw new Error("the payment is there");
    const { db } = await import("@/lib/db/client");
    const { ensureBillingCustomer } = await import("@/lib/db/billing-customers");
    const { savePayment } = await import("@/lib/db/payments");
    const { workspaceId } = viewer;
    const save = () =>
      db().$transaction(async (tx) => {
        const customerId = snapshot.customerId ?? "";
        const { id } = await ensureBillingCustomer(tx, { workspaceId, customerId });
        return savePayment(tx, { workspaceId, billingCustomerId: id, snapshot, fence: 1n });
      });
    expect(await save()).not.toBeNull();
    await hear("payment_intent.succeeded", intent);
    expect(await copyOf("payment", intent)).toEqual([]);
    expect(await save()).toBeNull();
    expect(await copyOf("payment", intent)).toEqual([]);
  });

  test("that is given back names the invoice to the customer", async () => {
    const viewer = await newViewer();
    const { intent, invoice } = await paidInvoice(viewer);
    await hear("invoice.paid", invoice.id);
    const refund = await backend.stripe.refunds.create({ payment_intent: intent, amount: 300 });
    expect(await hear("refund.created", refund.id)).toBe(viewer.workspaceId);
    await pollPaymentsEvents();
    const [mail] = await backend
      .mails(viewer.email)
      .then((mails) => mails.filter(({ subject }) => subject.includes("refund")));
    expect(mail?.subject).toBe("Your refund of $3");
    expect(mail?.text).toContain(`on invoice ${invoice.number}`);
  });
});

describe("a refund", () => {
  const FAMILY = ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"];

  test("is kept, and told to the customer once, whatever is heard and how often", async () => {
    const viewer = await newViewer();
    const intent = await pay(await ensureCustomer(viewer));
    const refund = await backend.stripe.refunds.create({ payment_intent: intent.id, amount: 500 });
    await hearAll(FAMILY, refund.id);
    await hear("charge.refunded", String(intent.latest_charge));
    expect(await copyOf("refund", refund.id)).toMatchObject([
      { status: "SUCCEEDED", amount: 500, workspaceId: viewer.workspaceId },
    ]);
    expect(await outboxOf(`refund:${refund.id}`)).toEqual([
      { recipient: viewer.email, subject: "Your refund of $5", workspaceId: viewer.workspaceId },
    ]);
    expect(await auditOf(viewer, "refund.synced")).toHaveLength(1);
  });

  test("is found by its charge alone, each of several", async () => {
    const viewer = await newViewer();
    const intent = await pay(await ensureCustomer(viewer));
    const some = await Promise.all(
      [100, 200].map((amount) => backend.stripe.refunds.create({ payment_intent: intent.id, amount })),
    );
    expect(await hear("charge.refunded", String(intent.latest_charge))).toBe(viewer.workspaceId);
    for (const { id, amount } of some) expect(await copyOf("refund", id)).toMatchObject([{ amount }]);
  });

  test("of a customer who was replaced since belongs to the workspace all the same", async () => {
    const viewer = await newViewer();
    const customer = await ensureCustomer(viewer);
    const intent = await pay(customer);
    await hear("payment_intent.succeeded", intent.id);
    await backend.stripe.customers.del(customer);
    await hear("customer.deleted", customer);
    expect(await ensureCustomer(viewer)).not.toBe(customer);
    const refund = await backend.stripe.refunds.create({ payment_intent: intent.id });
    expect(await hear("refund.created", refund.id)).toBe(viewer.workspaceId);
  });

  test("that failed in the end is told to whoever is on call, not to the customer", async () => {
    const viewer = await newViewer();
    const intent = await pay(await ensureCustomer(viewer), "pm_card_refundFail");
    const refund = await backend.stripe.refunds.create({ payment_intent: intent.id });
    const failed = () =>
      eventually("the refund to fail", async () => {
        await backend.stripe.refunds.retrieve(refund.id);
        return (await payments().getRefund(refund.id))?.status === "failed";
      });
    await failed();
    await hearAll(FAMILY, refund.id);
    await alertsSettled();
    expect(await copyOf("refund", refund.id)).toMatchObject([{ status: "FAILED" }]);
    expect(await outboxOf(`refund:${refund.id}`)).toEqual([]);
    const alerts = await backend.rows("SELECT cause FROM alert WHERE cause LIKE 'refund-failed:%'");
    expect(alerts).toEqual([{ cause: `refund-failed:stripe:sandbox:${refund.id}` }]);
  });

  test("is not written by the slow old answer that comes last", async () => {
    const viewer = await newViewer();
    const intent = await pay(await ensureCustomer(viewer));
    const refund = await backend.stripe.refunds.create({ payment_intent: intent.id });
    let before: unknown;
    await withSlowAnswer(
      `/v1/refunds/${refund.id}`,
      () => hear("refund.created", refund.id),
      async () => {
        await hear("refund.updated", refund.id);
        before = await copyOf("refund", refund.id);
      },
    );
    expect(before).toMatchObject([{ status: "SUCCEEDED" }]);
    expect(await copyOf("refund", refund.id)).toEqual(before);
    expect(await outboxOf(`refund:${refund.id}`)).toHaveLength(1);
  });

  test("that the vendor does not know is done with", async () => {
    expect(await hear("refund.updated", "re_forgotten")).toBeUndefined();
    expect(await copyOf("refund", "re_forgotten")).toEqual([]);
  });
});

describe("a dispute", () => {
  const FAMILY = [
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
  ];

  async function disputed() {
    const viewer = await newViewer();
    const intent = await pay(await ensureCustomer(viewer), "pm_card_createDispute");
    const dispute = await eventually("the dispute", async () => {
      const { data } = await backend.stripe.disputes.list({ payment_intent: intent.id });
      return data[0];
    });
    return { viewer, intent, dispute };
  }

  test("is kept, recorded, and told to whoever is on call once", async () => {
    const { viewer, intent, dispute } = await disputed();
    await hearAll(FAMILY, dispute.id);
    await alertsSettled();
    expect(await copyOf("dispute", dispute.id)).toMatchObject([
      { status: "NEEDS_RESPONSE", amount: AMOUNT, workspaceId: viewer.workspaceId },
    ]);
    expect(await auditOf(viewer, "dispute.synced")).toMatchObject([
      {
        detail: {
          disputeId: dispute.id,
          paymentId: intent.id,
          before: null,
          after: { status: "needs_response" },
        },
      },
    ]);
    const told = await backend.rows<{ payload: { title: string; text: string } }>(
      "SELECT payload FROM outbox_message WHERE business_key LIKE $1",
      [`alert:dispute-opened:stripe:sandbox:${dispute.id}:%`],
    );
    expect(told).toHaveLength(1);
    expect(told[0]?.payload).toMatchObject({
      title: "A payment of $15 is disputed",
      text: expect.stringContaining(dispute.id),
    });
  });

  test("that was lost is lost, whichever of its events is heard last", async () => {
    const { viewer, dispute } = await disputed();
    await hear("charge.dispute.created", dispute.id);
    await backend.stripe.disputes.close(dispute.id);
    await hear("charge.dispute.closed", dispute.id);
    await hear("charge.dispute.created", dispute.id);
    expect(await copyOf("dispute", dispute.id)).toMatchObject([{ status: "LOST" }]);
    expect((await auditOf(viewer, "dispute.synced")).map(({ detail }) => detail.after)).toMatchObject([
      { status: "needs_response" },
      { status: "lost" },
    ]);
  });

  test("is not opened again by the slow old answer that comes last", async () => {
    const { dispute } = await disputed();
    await withSlowAnswer(
      `/v1/disputes/${dispute.id}`,
      () => hear("charge.dispute.created", dispute.id),
      async () => {
        await backend.stripe.disputes.close(dispute.id);
        await hear("charge.dispute.closed", dispute.id);
      },
    );
    expect(await copyOf("dispute", dispute.id)).toMatchObject([{ status: "LOST" }]);
  });
});
