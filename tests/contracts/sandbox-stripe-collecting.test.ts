/** Getting paid in the less usual ways: by bank debit, without an invoice, and what is done with an invoice by hand. */
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Catalogue,
  createCatalogue,
  createCheckout,
  createSubscriber,
  type Harness,
  postForm,
  startHarness,
} from "./sandbox-stripe-harness";

const SUCCEEDS = "000123456789";
const FAILS = "000111111113";

let harness: Harness;
let stripe: Stripe;
let catalogue: Catalogue;

beforeAll(async () => {
  harness = await startHarness();
  stripe = harness.stripe;
  catalogue = await createCatalogue(stripe);
});

afterAll(() => harness.stop());

const eventOf = async (type: Stripe.Event["type"], id: string) =>
  (await harness.webhook((event) => event.type === type && JSON.stringify(event.data.object).includes(id)))
    .event;

/** A hosted checkout, paid by debit of a test account. */
async function payByDebit(account: string) {
  const { session, url, customer } = await createCheckout(harness, catalogue.proMonthly);
  expect(await (await fetch(url)).text()).toContain(account);
  expect((await postForm(url, { account })).status).toBe(303);
  const [subscription] = (await stripe.subscriptions.list({ customer: customer.id, status: "all" })).data;
  if (!subscription) throw new Error("There is no subscription after payment.");
  return { session, customer, subscription };
}

describe("a checkout by bank debit", () => {
  test("completes unpaid, and is paid when the bank has done its part", async () => {
    const { session, subscription } = await payByDebit(SUCCEEDS);
    const completed = await eventOf("checkout.session.completed", session.id);
    expect(completed.data.object).toMatchObject({ status: "complete", payment_status: "unpaid" });
    expect(subscription.status).toBe("active");
    const invoice = await stripe.invoices.retrieve(String(subscription.latest_invoice), {
      expand: ["payments.data.payment.payment_intent"],
    });
    expect(invoice.status).toBe("open");
    expect(invoice.payments?.data[0]?.payment.payment_intent).toMatchObject({ status: "processing" });

    harness.advance(5);
    await eventOf("checkout.session.async_payment_succeeded", session.id);
    expect((await stripe.checkout.sessions.retrieve(session.id)).payment_status).toBe("paid");
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe("paid");
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
    const [charge] = (await stripe.charges.list({ customer: String(subscription.customer) })).data;
    expect(charge).toMatchObject({
      status: "succeeded",
      paid: true,
      payment_method_details: { type: "us_bank_account", us_bank_account: { last4: "6789" } },
    });
  });

  test("that the bank refuses leaves the session unpaid and the subscription past due", async () => {
    const { session, subscription } = await payByDebit(FAILS);
    expect(subscription.status).toBe("active");
    harness.advance(5);
    const failed = await eventOf("checkout.session.async_payment_failed", session.id);
    expect(failed.data.object).toMatchObject({ payment_status: "unpaid" });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("past_due");
    await eventOf("invoice.payment_failed", String(subscription.latest_invoice));
    await eventOf("charge.failed", String(subscription.customer));
  });
});

describe("a payment without an invoice", () => {
  const make = (payment_method: string) =>
    stripe.paymentIntents.create({
      amount: 700,
      currency: "usd",
      payment_method,
      confirm: true,
      metadata: { note: "one-time" },
      return_url: harness.appUrl,
    });

  test("succeeds, or fails, with its event", async () => {
    const paid = await make("pm_card_visa");
    expect(paid.status).toBe("succeeded");
    expect((await eventOf("payment_intent.succeeded", paid.id)).data.object).toMatchObject({
      amount_received: 700,
    });
    expect(
      (await stripe.invoicePayments.list({ payment: { type: "payment_intent", payment_intent: paid.id } }))
        .data,
    ).toEqual([]);
    const refused = await make("pm_card_visa_chargeDeclined").catch(
      (error: Stripe.errors.StripeCardError) => error,
    );
    const id = (refused as Stripe.errors.StripeCardError).payment_intent?.id ?? "";
    const failed = await eventOf("payment_intent.payment_failed", id);
    expect(failed.data.object).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { decline_code: "generic_decline" },
    });
  });

  test("by debit is known a little later", async () => {
    const pending = await make("pm_usBankAccount_success");
    expect(pending.status).toBe("processing");
    await eventOf("payment_intent.processing", pending.id);
    harness.advance(5);
    expect((await stripe.paymentIntents.retrieve(pending.id)).status).toBe("succeeded");
  });
});

describe("an invoice that is open", () => {
  /** A subscription whose first invoice nobody has paid. */
  async function incomplete() {
    const customer = await stripe.customers.create({});
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: catalogue.proMonthly.id }],
      payment_behavior: "default_incomplete",
    });
    return { customer, subscription, invoice: String(subscription.latest_invoice) };
  }

  /** A subscription whose renewal nobody has paid. */
  async function overdue() {
    const { subscription, customer } = await createSubscriber(harness, catalogue.proMonthly);
    const method = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", {
      customer: customer.id,
    });
    await stripe.subscriptions.update(subscription.id, { default_payment_method: method.id });
    harness.advance(32 * 24 * 3600);
    const late = await stripe.subscriptions.retrieve(subscription.id);
    expect(late.status).toBe("past_due");
    return { subscription, invoice: String(late.latest_invoice) };
  }

  test("can be written off, and its subscription owes nothing any more", async () => {
    const { subscription, invoice } = await overdue();
    const marked = await stripe.invoices.markUncollectible(invoice);
    expect(marked).toMatchObject({ status: "uncollectible", next_payment_attempt: null });
    expect(marked.status_transitions.marked_uncollectible_at).not.toBeNull();
    await eventOf("invoice.marked_uncollectible", invoice);
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
    await expect(stripe.invoices.markUncollectible(invoice)).rejects.toMatchObject({ statusCode: 400 });
    const paid = await stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" });
    expect(paid.status).toBe("paid");
  });

  test("can be voided, which ends a subscription that had not begun", async () => {
    const { subscription, invoice } = await incomplete();
    expect(subscription.status).toBe("incomplete");
    expect((await stripe.invoices.voidInvoice(invoice)).status).toBe("void");
    await eventOf("invoice.voided", invoice);
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("incomplete_expired");
    await expect(stripe.invoices.finalizeInvoice(invoice)).rejects.toMatchObject({ statusCode: 400 });
  });
});

test("a deleted customer's subscriptions end, and it answers that it is gone", async () => {
  const { customer, subscription } = await createSubscriber(harness, catalogue.proMonthly);
  expect(await stripe.customers.del(customer.id)).toMatchObject({ id: customer.id, deleted: true });
  await eventOf("customer.deleted", customer.id);
  await eventOf("customer.subscription.deleted", subscription.id);
  expect(await stripe.customers.retrieve(customer.id)).toEqual(
    expect.objectContaining({ id: customer.id, object: "customer", deleted: true }),
  );
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("canceled");
});
