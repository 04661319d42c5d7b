/** Guards the one place that knows Stripe's shapes, on the vendor's own published examples. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { SUBSCRIPTION_STATUSES } from "@/lib/billing/status";
import {
  checkoutFrom,
  disputeFrom,
  idOf,
  invoiceFrom,
  paymentFrom,
  refundFrom,
  subscriptionFrom,
  upcomingOf,
} from "@/lib/integrations/payments/stripe/mapping";

const { resources } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/stripe-object-examples.json"), "utf8"),
) as { resources: Record<string, unknown> };

/** A published example with some members replaced. */
const subscription = (changes: object = {}) =>
  ({ ...(resources.subscription as object), status: "active", ...changes }) as Stripe.Subscription;
const invoice = (changes: object = {}) =>
  ({ ...(resources.invoice as object), ...changes }) as Stripe.Invoice;
const session = (changes: object = {}) =>
  ({ ...(resources["checkout.session"] as object), ...changes }) as Stripe.Checkout.Session;

const itemWith = (price: object, more: object = {}) => {
  const [item] = subscription().items.data;
  return { items: { object: "list", data: [{ ...item, ...more, price: { ...item?.price, ...price } }] } };
};

describe("a subscription", () => {
  test("of the vendor's example comes out whole", () => {
    expect(subscriptionFrom(subscription())).toMatchObject({
      id: "sub_1Pgc6rB7WZ01zgkWNy0Cn5nw",
      customerId: "cus_QXg1o8vcGmoR32",
      workspaceId: null,
      operationId: null,
      status: "active",
      planKey: null,
      interval: "month",
      quantity: 1,
      unitAmount: 2_000,
      currency: "usd",
      card: null,
    });
  });

  test("has its period on its item, in seconds", () => {
    const items = itemWith({}, { current_period_start: 1_793_491_200, current_period_end: 1_796_083_200 });
    expect(subscriptionFrom(subscription(items))).toMatchObject({
      currentPeriodStart: new Date("2026-11-01T00:00:00Z"),
      currentPeriodEnd: new Date("2026-12-01T00:00:00Z"),
    });
  });

  test("without items has neither plan nor period", () => {
    const empty = subscriptionFrom(subscription({ items: { object: "list", data: [] } }));
    expect(empty).toMatchObject({
      planKey: null,
      interval: null,
      quantity: 1,
      unitAmount: null,
      currentPeriodEnd: null,
    });
  });

  test("knows its plan by the price's metadata, and else by its lookup key", () => {
    const planOf = (price: object) => subscriptionFrom(subscription(itemWith(price))).planKey;
    expect(planOf({ metadata: { plan: "team" }, lookup_key: "pro_month" })).toBe("team");
    expect(planOf({ metadata: {}, lookup_key: "pro_month" })).toBe("pro");
    // The lookup key has moved to a newer price; who pays the old one has not lost their plan.
    expect(planOf({ metadata: { plan: "pro" }, lookup_key: null })).toBe("pro");
    expect(planOf({ metadata: { plan: "free" }, lookup_key: null })).toBeNull();
    expect(planOf({ metadata: { plan: "platinum" }, lookup_key: "gold_month" })).toBeNull();
  });

  test("knows no interval that is not sold", () => {
    const weekly = itemWith({ recurring: { interval: "week" } });
    expect(subscriptionFrom(subscription(weekly)).interval).toBeNull();
  });

  test.each(SUBSCRIPTION_STATUSES)("may be %s", (status) => {
    expect(subscriptionFrom(subscription({ status })).status).toBe(status);
  });

  test("in a state that nobody knows yet is an error, never a guess at whether somebody has paid", () => {
    expect(() => subscriptionFrom(subscription({ status: "hibernating" }))).toThrow(
      expect.objectContaining({ name: "IntegrationError", kind: "unknown", vendorCode: "hibernating" }),
    );
  });

  test("is charged to its own card, else to the customer's, else to none that we can show", () => {
    const card = (last4: string) => ({ card: { brand: "visa", last4, exp_month: 12, exp_year: 2034 } });
    const customer = { id: "cus_1", invoice_settings: { default_payment_method: card("1111") } };
    const cardOf = (changes: object) => subscriptionFrom(subscription(changes)).card?.last4;
    expect(cardOf({ default_payment_method: card("4242"), customer })).toBe("4242");
    expect(cardOf({ default_payment_method: null, customer })).toBe("1111");
    expect(cardOf({ default_payment_method: "pm_1", customer: "cus_1" })).toBeUndefined();
    expect(
      cardOf({ default_payment_method: null, customer: { id: "cus_1", deleted: true } }),
    ).toBeUndefined();
    expect(cardOf({ default_payment_method: { type: "sepa_debit" }, customer: "cus_1" })).toBeUndefined();
  });

  test("carries the workspace and the operation that we wrote, and nothing that others did", () => {
    const [workspace_id, operation_id] = [
      "0198a1b2-0000-7000-8000-000000000001",
      "0198a1b2-0000-7000-8000-000000000002",
    ];
    expect(subscriptionFrom(subscription({ metadata: { workspace_id, operation_id } }))).toMatchObject({
      workspaceId: workspace_id,
      operationId: operation_id,
    });
    const foreign = { workspace_id: "42", operation_id: "' OR 1=1" };
    expect(subscriptionFrom(subscription({ metadata: foreign }))).toMatchObject({
      workspaceId: null,
      operationId: null,
    });
  });
});

describe("an invoice", () => {
  test("of the vendor's example comes out whole", () => {
    expect(invoiceFrom(invoice({ status: "open" }))).toMatchObject({
      customerId: "cus_QXg1o8vcGmoR32",
      status: "open",
      isFirst: false,
      amountDue: 1_000,
      amountPaid: 0,
      currency: "usd",
      attemptCount: 0,
    });
  });

  test("names its subscription where it has one, and whether it is the first", () => {
    const parent = { subscription_details: { subscription: "sub_1" } };
    expect(invoiceFrom(invoice({ parent, billing_reason: "subscription_create" }))).toMatchObject({
      subscriptionId: "sub_1",
      isFirst: true,
    });
    expect(invoiceFrom(invoice({ parent: null }))).toMatchObject({ subscriptionId: null });
    const workspace_id = "0198a1b2-0000-7000-8000-000000000001";
    const ours = { subscription_details: { subscription: "sub_1", metadata: { workspace_id } } };
    expect(invoiceFrom(invoice({ parent: ours }))).toMatchObject({ workspaceId: workspace_id });
    const expanded = { subscription_details: { subscription: { id: "sub_2" } } };
    expect(invoiceFrom(invoice({ parent: expanded }))).toMatchObject({ subscriptionId: "sub_2" });
  });

  test("of nobody, or in no state yet, is none", () => {
    expect(invoiceFrom(invoice({ customer: null }))).toBeNull();
    expect(invoiceFrom(invoice({ status: null }))).toBeNull();
  });

  test("in a state that nobody knows yet is an error", () => {
    expect(() => invoiceFrom(invoice({ status: "pondering" }))).toThrow(
      expect.objectContaining({ vendorCode: "pondering" }),
    );
  });
});

describe("a checkout", () => {
  test("of the vendor's example comes out whole", () => {
    expect(checkoutFrom(session({ status: "open" }))).toMatchObject({
      id: expect.stringMatching(/^cs_/),
      state: "open",
      operationId: null,
    });
  });

  test("that is paid has a subscription and no page", () => {
    const paid = session({
      status: "complete",
      url: null,
      subscription: { id: "sub_1" },
      expires_at: 1_793_491_200,
    });
    expect(checkoutFrom(paid)).toMatchObject({
      state: "complete",
      url: null,
      subscriptionId: "sub_1",
      expiresAt: new Date("2026-11-01T00:00:00Z"),
    });
  });

  test("in a state that nobody knows yet is an error", () => {
    expect(() => checkoutFrom(session({ status: "maybe" }))).toThrow(
      expect.objectContaining({ vendorCode: "maybe" }),
    );
  });
});

describe("a reference", () => {
  test("is an id, expanded or not", () => {
    expect(idOf("cus_1")).toBe("cus_1");
    expect(idOf({ id: "cus_1" })).toBe("cus_1");
  });
});

const intent = (changes: object = {}) =>
  ({
    ...(resources.payment_intent as object),
    customer: "cus_1",
    last_payment_error: null,
    ...changes,
  }) as Stripe.PaymentIntent;
const refund = (changes: object = {}) => ({ ...(resources.refund as object), ...changes }) as Stripe.Refund;
const charge = (changes: object = {}) => ({ ...(resources.charge as object), ...changes }) as Stripe.Charge;

describe("a payment", () => {
  test("of the vendor's example comes out whole", () => {
    expect(paymentFrom(intent(), "in_1")).toEqual({
      id: "pi_1PgafyB7WZ01zgkWSjxsAJo3",
      customerId: "cus_1",
      invoiceId: "in_1",
      workspaceId: null,
      status: "requires_action",
      amount: 1_099,
      currency: "usd",
      failureCode: null,
      occurredAt: new Date(1_234_567_890_000),
    });
  });

  test.each([
    ["processing", "processing"],
    ["requires_capture", "processing"],
    ["requires_action", "requires_action"],
    ["requires_confirmation", "requires_action"],
    ["requires_payment_method", "requires_action"],
    ["succeeded", "succeeded"],
    ["canceled", "canceled"],
  ])("that the vendor calls %s is %s", (theirs, ours) => {
    expect(paymentFrom(intent({ status: theirs }), null).status).toBe(ours);
  });

  test("that was refused has failed, although the vendor only waits for another card", () => {
    const last_payment_error = { type: "card_error", code: "card_declined", decline_code: "stolen_card" };
    const failed = paymentFrom(intent({ status: "requires_payment_method", last_payment_error }), null);
    expect(failed).toMatchObject({ status: "failed", failureCode: "stolen_card" });
  });

  test("that went through after a refusal has not failed", () => {
    const last_payment_error = { type: "card_error", code: "card_declined" };
    const paid = paymentFrom(intent({ status: "succeeded", last_payment_error }), null);
    expect(paid).toMatchObject({ status: "succeeded", failureCode: null });
  });

  test("in a state that nobody knows yet is an error", () => {
    expect(() => paymentFrom(intent({ status: "hibernating" }), null)).toThrow(
      expect.objectContaining({ name: "IntegrationError", vendorCode: "hibernating" }),
    );
  });
});

describe("a refund", () => {
  test("of the vendor's example is of its charge", () => {
    expect(refundFrom(refund(), null)).toMatchObject({
      id: "re_1Pgc72B7WZ01zgkWqPvrRrPE",
      customerId: null,
      paymentId: "ch_1PgafuB7WZ01zgkWXYmPNZs8",
      invoiceId: null,
      status: "succeeded",
      amount: 100,
    });
  });

  test("has its customer from what was paid, where it does not name one itself", () => {
    const ofIntent = refund({ customer: null, payment_intent: intent() });
    expect(refundFrom(ofIntent, "in_1")).toMatchObject({
      customerId: "cus_1",
      paymentId: "pi_1PgafyB7WZ01zgkWSjxsAJo3",
      invoiceId: "in_1",
    });
    expect(refundFrom(refund({ charge: charge({ customer: "cus_2" }) }), null)?.customerId).toBe("cus_2");
    const named = refund({ customer: "cus_3", charge: charge({ customer: "cus_2" }) });
    expect(refundFrom(named, null)?.customerId).toBe("cus_3");
  });

  test("of nothing that was paid is none", () => {
    expect(refundFrom(refund({ charge: null, payment_intent: null }), null)).toBeNull();
  });
});

describe("a dispute", () => {
  const dispute = (changes: object = {}) =>
    ({
      id: "du_1",
      object: "dispute",
      amount: 1_000,
      charge: charge({ customer: "cus_1" }),
      created: 1_234_567_890,
      currency: "usd",
      evidence_details: { due_by: 1_235_000_000, has_evidence: false, past_due: false, submission_count: 0 },
      payment_intent: "pi_1",
      reason: "fraudulent",
      status: "needs_response",
      ...changes,
    }) as unknown as Stripe.Dispute;

  test("says whose payment it is and until when an answer counts", () => {
    expect(disputeFrom(dispute(), "in_1")).toEqual({
      id: "du_1",
      customerId: "cus_1",
      paymentId: "pi_1",
      invoiceId: "in_1",
      status: "needs_response",
      amount: 1_000,
      currency: "usd",
      reason: "fraudulent",
      evidenceDueAt: new Date(1_235_000_000_000),
      occurredAt: new Date(1_234_567_890_000),
    });
  });

  test("of a charge without an intent is of the charge", () => {
    const { paymentId } = disputeFrom(dispute({ payment_intent: null }), null);
    expect(paymentId).toBe(charge().id);
  });

  test("that is appealed is open once more", () => {
    const statusOf = (status: string) => disputeFrom(dispute({ status }), null).status;
    expect(statusOf("appeal_needs_response")).toBe("needs_response");
    expect(statusOf("appeal_under_review")).toBe("under_review");
    expect(statusOf("prevented")).toBe("prevented");
  });
});

describe("an invoice to come", () => {
  test("is about its subscription, in whichever version it stands", () => {
    expect(upcomingOf({ parent: { subscription_details: { subscription: "sub_1" } } })).toBe("sub_1");
    expect(upcomingOf({ subscription: "sub_2" })).toBe("sub_2");
    expect(upcomingOf({ parent: null })).toBeNull();
    expect(upcomingOf("?")).toBeNull();
  });
});

describe("a draft that cannot become an invoice", () => {
  test("says why", () => {
    const last_finalization_error = { type: "invalid_request_error", code: "customer_tax_location_invalid" };
    expect(invoiceFrom(invoice({ status: "draft", last_finalization_error }))?.finalizationError).toBe(
      "customer_tax_location_invalid",
    );
    expect(invoiceFrom(invoice({ last_finalization_error: null }))?.finalizationError).toBeNull();
  });
});
