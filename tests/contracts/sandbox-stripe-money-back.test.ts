/** Refunds and disputes: what comes after a charge, by test card and on the sandbox's own page. */
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createCatalogue,
  createSubscriber,
  GOOD_CARD,
  type Harness,
  postForm,
  startHarness,
} from "./sandbox-stripe-harness";

let harness: Harness;
let stripe: Stripe;

beforeAll(async () => {
  harness = await startHarness();
  stripe = harness.stripe;
});

afterAll(() => harness.stop());

/** A charge of $50 on a test card. */
async function charged(card: string): Promise<{ intent: Stripe.PaymentIntent; charge: string }> {
  const customer = await stripe.customers.create({});
  const intent = await stripe.paymentIntents.create({
    amount: 5000,
    currency: "usd",
    customer: customer.id,
    payment_method: card,
    confirm: true,
    return_url: harness.appUrl,
  });
  expect(intent.status).toBe("succeeded");
  return { intent, charge: String(intent.latest_charge) };
}

const eventOf = async (type: Stripe.Event["type"], id: string) =>
  (await harness.webhook((event) => event.type === type && JSON.stringify(event.data.object).includes(id)))
    .event;

describe("a refund", () => {
  test("gives back a part, then the rest, told on the charge as well, and never more than there was", async () => {
    const { intent, charge } = await charged("pm_card_visa");
    const part = await stripe.refunds.create({
      payment_intent: intent.id,
      amount: 2000,
      reason: "requested_by_customer",
      metadata: { operation_id: "op_1" },
    });
    expect(part).toMatchObject({ status: "succeeded", amount: 2000, charge, payment_intent: intent.id });
    expect(await stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 2000, refunded: false });
    await expect(stripe.refunds.create({ charge, amount: 3001 })).rejects.toMatchObject({ param: "amount" });
    const rest = await stripe.refunds.create({ charge });
    expect(rest.amount).toBe(3000);
    expect(await stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 5000, refunded: true });
    await expect(stripe.refunds.create({ charge })).rejects.toMatchObject({
      code: "charge_already_refunded",
    });
    await eventOf("refund.created", rest.id);
    await eventOf("charge.refunded", charge);
    expect((await stripe.refunds.list({ charge })).data.map(({ id }) => id)).toEqual([rest.id, part.id]);
    const noted = await stripe.refunds.update(rest.id, { metadata: { note: "late" } });
    expect((await eventOf("refund.updated", rest.id)).data.object).toMatchObject({
      metadata: noted.metadata,
    });
    await expect(stripe.refunds.cancel(rest.id)).rejects.toMatchObject({ code: "status_transition_invalid" });
  });

  test("under one idempotency key is one refund", async () => {
    const { charge } = await charged("pm_card_visa");
    const make = () => stripe.refunds.create({ charge, amount: 100 }, { idempotencyKey: `refund-${charge}` });
    const [first, second] = [await make(), await make()];
    expect(second.id).toBe(first.id);
    expect((await stripe.refunds.list({ charge })).data).toHaveLength(1);
  });

  test("of a slow bank is pending first, and told when it is through", async () => {
    const { charge } = await charged("pm_card_pendingRefund");
    const refund = await stripe.refunds.create({ charge });
    expect(refund).toMatchObject({ status: "pending", pending_reason: "processing" });
    harness.advance(5);
    expect((await stripe.refunds.retrieve(refund.id)).status).toBe("succeeded");
    await eventOf("refund.updated", refund.id);
  });

  test("that the bank could not make fails afterwards, and the charge is as if it had not been", async () => {
    const { charge } = await charged("pm_card_refundFail");
    const refund = await stripe.refunds.create({ charge });
    expect(refund.status).toBe("succeeded");
    harness.advance(5);
    const failed = await stripe.refunds.retrieve(refund.id, { expand: ["failure_balance_transaction"] });
    expect(failed).toMatchObject({
      status: "failed",
      failure_reason: "expired_or_canceled_card",
      failure_balance_transaction: { type: "refund_failure", amount: 5000 },
    });
    expect((await eventOf("refund.failed", refund.id)).data.object).toMatchObject({ status: "failed" });
    expect(await stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 0, refunded: false });
  });
});

/** The dispute that a test card has begun. */
async function disputeOf(charge: string): Promise<Stripe.Dispute> {
  for (;;) {
    const [dispute] = (await stripe.disputes.list({ charge })).data;
    if (dispute) return dispute;
  }
}

describe("a dispute", () => {
  test("takes the money at once, with a fee, and the charge cannot be refunded any more", async () => {
    const { intent, charge } = await charged("pm_card_createDispute");
    const dispute = await disputeOf(charge);
    expect(dispute).toMatchObject({
      status: "needs_response",
      reason: "fraudulent",
      amount: 5000,
      payment_intent: intent.id,
      is_charge_refundable: false,
      balance_transactions: [
        { type: "adjustment", amount: -5000, fee: 1500, net: -6500, source: dispute.id },
      ],
    });
    await eventOf("charge.dispute.created", dispute.id);
    await eventOf("charge.dispute.funds_withdrawn", dispute.id);
    expect((await stripe.charges.retrieve(charge)).disputed).toBe(true);
    await expect(stripe.refunds.create({ charge })).rejects.toMatchObject({ code: "charge_disputed" });
  });

  test("is won with winning evidence, and the money comes back", async () => {
    const { charge } = await charged("pm_card_createDisputeProductNotReceived");
    const { id, reason } = await disputeOf(charge);
    expect(reason).toBe("product_not_received");
    const staged = await stripe.disputes.update(id, { evidence: { customer_name: "Ann" }, submit: false });
    expect(staged).toMatchObject({
      status: "needs_response",
      evidence: { customer_name: "Ann" },
      evidence_details: { has_evidence: true, submission_count: 0 },
    });
    const submitted = await stripe.disputes.update(id, {
      evidence: { uncategorized_text: "winning_evidence" },
      submit: true,
    });
    expect(submitted).toMatchObject({ status: "under_review", evidence_details: { submission_count: 1 } });
    const closed = await eventOf("charge.dispute.closed", id);
    expect(closed.data.object).toMatchObject({ status: "won" });
    await eventOf("charge.dispute.funds_reinstated", id);
    expect((await stripe.disputes.retrieve(id)).balance_transactions.map(({ amount }) => amount)).toEqual([
      -5000, 5000,
    ]);
    await expect(stripe.disputes.update(id, { submit: true })).rejects.toMatchObject({ statusCode: 400 });
  });

  test("is lost with losing evidence, and by accepting it", async () => {
    const first = await disputeOf((await charged("pm_card_createDispute")).charge);
    await stripe.disputes.update(first.id, { evidence: { uncategorized_text: "losing_evidence" } });
    const closed = await eventOf("charge.dispute.closed", first.id);
    expect(closed.data.object).toMatchObject({ status: "lost" });

    const second = await disputeOf((await charged("pm_card_createDispute")).charge);
    expect((await stripe.disputes.close(second.id)).status).toBe("lost");
    await expect(stripe.disputes.close(second.id)).rejects.toMatchObject({ code: "dispute_already_closed" });
  });

  test("may be an inquiry first, which takes nothing", async () => {
    const { charge } = await charged("pm_card_createDisputeInquiry");
    const inquiry = await disputeOf(charge);
    expect(inquiry).toMatchObject({
      status: "warning_needs_response",
      balance_transactions: [],
      is_charge_refundable: true,
    });
    expect((await stripe.refunds.create({ charge })).status).toBe("succeeded");
  });

  test("of a subscription's first payment follows the sale", async () => {
    const { proMonthly } = await createCatalogue(stripe);
    const card = { ...GOOD_CARD, number: "4000 0000 0000 0259" };
    const { subscription, customer } = await createSubscriber(harness, proMonthly, card);
    expect(subscription.status).toBe("active");
    const [charge] = (await stripe.charges.list({ customer: customer.id })).data;
    expect((await disputeOf(charge?.id ?? "")).amount).toBe(2000);
  });

  test("can be begun by hand on the payments page, once", async () => {
    const { charge } = await charged("pm_card_visa");
    expect(await (await fetch(`${harness.baseUrl}/payments`)).text()).toContain(charge);
    const begun = await postForm(`${harness.baseUrl}/payments/${charge}/dispute`, {});
    expect(begun.status).toBe(303);
    expect((await disputeOf(charge)).status).toBe("needs_response");
    expect((await postForm(`${harness.baseUrl}/payments/${charge}/dispute`, {})).status).toBe(409);
  });
});
