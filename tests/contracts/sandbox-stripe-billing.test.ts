/** What becomes of a subscription: changes of plan, cancellation, time, failed payments, refunds, and the portal. */
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Catalogue,
  createCatalogue,
  createSubscriber,
  GOOD_CARD,
  type Harness,
  postForm,
  startHarness,
} from "./sandbox-stripe-harness";

const DAY = 24 * 3600;

let harness: Harness;
let stripe: Stripe;
let catalogue: Catalogue;

beforeAll(async () => {
  harness = await startHarness();
  stripe = harness.stripe;
  catalogue = await createCatalogue(stripe);
});

afterAll(() => harness.stop());

function itemOf(subscription: Stripe.Subscription): Stripe.SubscriptionItem {
  const [item] = subscription.items.data;
  if (!item) throw new Error("A subscription has an item.");
  return item;
}

async function switchTo(
  subscription: Stripe.Subscription,
  price: Stripe.Price,
  more: Stripe.SubscriptionUpdateParams = {},
) {
  return stripe.subscriptions.update(subscription.id, {
    items: [{ id: itemOf(subscription).id, price: price.id }],
    proration_behavior: "always_invoice",
    expand: ["latest_invoice"],
    ...more,
  });
}

/** Attaches a test card and makes it the one that a subscription is charged on. */
async function useCard(subscription: Stripe.Subscription, alias: string): Promise<void> {
  const method = await stripe.paymentMethods.attach(alias, { customer: String(subscription.customer) });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: method.id });
}

describe("a change of plan", () => {
  test("halfway through the month costs half the difference, invoiced and charged at once", async () => {
    const { subscription, customer } = await createSubscriber(harness, catalogue.proMonthly);
    const item = itemOf(subscription);
    harness.advance((item.current_period_end - item.current_period_start) / 2);
    const switched = await switchTo(subscription, catalogue.teamMonthly);
    expect(itemOf(switched)).toMatchObject({ id: item.id, price: { id: catalogue.teamMonthly.id } });
    expect(itemOf(switched).current_period_end).toBe(item.current_period_end);
    const invoice = switched.latest_invoice as Stripe.Invoice;
    expect(invoice).toMatchObject({ status: "paid", billing_reason: "subscription_update" });
    expect(Math.abs(invoice.total - 1500)).toBeLessThanOrEqual(1);
    const [credit, charge] = invoice.lines.data;
    expect(credit?.description).toMatch(/^Unused time on Pro after/);
    expect(Math.abs((credit?.amount ?? 0) + 1000)).toBeLessThanOrEqual(1);
    expect(charge?.description).toMatch(/^Remaining time on Team after/);
    expect(credit?.parent?.subscription_item_details?.proration).toBe(true);

    const { event } = await harness.webhook(
      ({ type, data }) =>
        type === "customer.subscription.updated" &&
        data.object.id === subscription.id &&
        data.previous_attributes?.items !== undefined,
    );
    expect(JSON.stringify(event.data.previous_attributes)).toContain(catalogue.proMonthly.id);
    expect((await stripe.charges.list({ customer: customer.id })).data).toHaveLength(2);
  });

  test("to something cheaper leaves a credit, which the next invoice uses up", async () => {
    const { subscription, customer } = await createSubscriber(harness, catalogue.teamMonthly);
    const switched = await switchTo(subscription, catalogue.proMonthly);
    const invoice = switched.latest_invoice as Stripe.Invoice;
    expect(invoice).toMatchObject({ status: "paid", amount_due: 0 });
    const credited = (await stripe.customers.retrieve(customer.id)) as Stripe.Customer;
    expect(credited.balance).toBe(invoice.total);
    expect(credited.balance).toBeLessThan(-2900);

    const back = await switchTo(switched, catalogue.teamMonthly);
    const next = back.latest_invoice as Stripe.Invoice;
    expect(next.starting_balance).toBe(credited.balance);
    expect(next.amount_due).toBe(next.total + credited.balance);
  });

  test("leaves a credit that a later checkout uses, charging only the rest", async () => {
    const { customer } = await createSubscriber(harness, catalogue.proMonthly);
    await stripe.customers.update(customer.id, { balance: -1500 });
    const session = await stripe.checkout.sessions.create({
      mode: "subscription",
      customer: customer.id,
      line_items: [{ price: catalogue.proMonthly.id, quantity: 1 }],
      success_url: harness.appUrl,
    });
    expect(await (await fetch(session.url ?? "")).text()).toContain("Pay $5.00");
    await postForm(session.url ?? "", GOOD_CARD);
    const [charge] = (await stripe.charges.list({ customer: customer.id })).data;
    expect(charge?.amount).toBe(500);
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: 0 });
  });

  test("without always_invoice waits for the next invoice", async () => {
    const { subscription, customer } = await createSubscriber(harness, catalogue.proMonthly);
    const switched = await switchTo(subscription, catalogue.teamMonthly, {
      proration_behavior: "create_prorations",
    });
    expect(switched.latest_invoice).toMatchObject({ billing_reason: "subscription_create" });
    const pending = await stripe.invoiceItems.list({ customer: customer.id, pending: true });
    expect(pending.data).toHaveLength(2);
    const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
    expect(preview.lines.data).toHaveLength(3);
    expect(preview.total).toBe(5000 + pending.data.reduce((sum, { amount }) => sum + amount, 0));

    harness.advance(32 * DAY);
    const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    expect(renewed.latest_invoice).toMatchObject({
      billing_reason: "subscription_cycle",
      total: preview.total,
    });
    expect((await stripe.invoiceItems.list({ customer: customer.id, pending: true })).data).toEqual([]);
  });

  test("to another interval begins a new period now", async () => {
    const { subscription } = await createSubscriber(harness, catalogue.proMonthly);
    const switched = await switchTo(subscription, catalogue.proYearly);
    const item = itemOf(switched);
    expect(item.current_period_end - item.current_period_start).toBeGreaterThanOrEqual(365 * DAY);
    expect(switched.billing_cycle_anchor).toBe(item.current_period_start);
    expect((switched.latest_invoice as Stripe.Invoice).lines.data.at(-1)?.amount).toBe(20_000);
  });

  test("is what its preview said, to the cent", async () => {
    const { subscription } = await createSubscriber(harness, catalogue.proMonthly);
    harness.advance(10 * DAY);
    const proration_date = itemOf(subscription).current_period_start + 10 * DAY;
    const preview = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: {
        items: [{ id: itemOf(subscription).id, price: catalogue.teamMonthly.id }],
        proration_behavior: "always_invoice",
        proration_date,
      },
    });
    expect(preview.id).toMatch(/^upcoming_in_/);
    const switched = await switchTo(subscription, catalogue.teamMonthly, { proration_date });
    expect((switched.latest_invoice as Stripe.Invoice).total).toBe(preview.total);
  });

  test("that the card will not pay leaves the subscription past due, or everything as it was when asked so", async () => {
    const { subscription } = await createSubscriber(harness, catalogue.proMonthly);
    await useCard(subscription, "pm_card_chargeCustomerFail");
    await expect(
      switchTo(subscription, catalogue.teamMonthly, { payment_behavior: "error_if_incomplete" }),
    ).rejects.toMatchObject({ type: "StripeCardError", code: "card_declined", statusCode: 402 });
    expect(itemOf(await stripe.subscriptions.retrieve(subscription.id)).price.id).toBe(
      catalogue.proMonthly.id,
    );

    const switched = await switchTo(subscription, catalogue.teamMonthly);
    expect(switched).toMatchObject({
      status: "past_due",
      latest_invoice: { status: "open", attempted: true },
    });
    await harness.webhook(
      ({ type, data }) => type === "invoice.payment_failed" && data.object.customer === subscription.customer,
    );
  });

  test("through the items' own routes does the same", async () => {
    const { subscription } = await createSubscriber(harness, catalogue.proMonthly);
    const items = await stripe.subscriptionItems.list({ subscription: subscription.id });
    const [item] = items.data;
    expect(await stripe.subscriptionItems.retrieve(item?.id ?? "")).toMatchObject({ quantity: 1 });
    const updated = await stripe.subscriptionItems.update(item?.id ?? "", { quantity: 3 });
    expect(updated.quantity).toBe(3);
    expect(itemOf(await stripe.subscriptions.retrieve(subscription.id)).quantity).toBe(3);
  });
});

describe("the API's own subscriptions", () => {
  test("are made with a card on file, listed by status, and cancelled", async () => {
    const customer = await stripe.customers.create({ email: "api@example.com" });
    const items = [{ price: catalogue.proMonthly.id }];
    await expect(stripe.subscriptions.create({ customer: customer.id, items })).rejects.toMatchObject({
      code: "resource_missing",
    });
    const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
    expect(subscription.status).toBe("active");

    const cancelled = await stripe.subscriptions.cancel(subscription.id, {
      cancellation_details: { comment: "duplicate" },
    });
    expect(cancelled).toMatchObject({ status: "canceled", cancellation_details: { comment: "duplicate" } });
    expect(cancelled.ended_at).not.toBeNull();
    expect((await stripe.subscriptions.list({ customer: customer.id })).data).toEqual([]);
    expect((await stripe.subscriptions.list({ customer: customer.id, status: "all" })).data).toHaveLength(1);
    expect(
      (await stripe.subscriptions.list({ customer: customer.id, status: "canceled" })).data,
    ).toHaveLength(1);
    await expect(stripe.subscriptions.cancel(subscription.id)).rejects.toMatchObject({
      code: "resource_missing",
    });
    await harness.webhook(
      ({ type, data }) => type === "customer.subscription.deleted" && data.object.id === subscription.id,
    );
  });

  test("begin incomplete without payment, are paid later, or expire within a day", async () => {
    const customer = await stripe.customers.create({});
    const make = () =>
      stripe.subscriptions.create({
        customer: customer.id,
        items: [{ price: catalogue.proMonthly.id }],
        payment_behavior: "default_incomplete",
        expand: ["latest_invoice.payments.data.payment.payment_intent"],
      });
    const first = await make();
    expect(first).toMatchObject({ status: "incomplete", latest_invoice: { status: "open" } });
    const payment = (first.latest_invoice as Stripe.Invoice).payments?.data[0];
    expect(payment?.payment.payment_intent).toMatchObject({ object: "payment_intent", amount: 2000 });
    await expect(
      stripe.invoices.pay((first.latest_invoice as Stripe.Invoice).id, {
        payment_method: "pm_card_visa_chargeDeclined",
      }),
    ).rejects.toMatchObject({ type: "StripeCardError", decline_code: "generic_decline" });
    const paid = await stripe.invoices.pay((first.latest_invoice as Stripe.Invoice).id, {
      payment_method: "pm_card_visa",
    });
    expect(paid.status).toBe("paid");
    expect((await stripe.subscriptions.retrieve(first.id)).status).toBe("active");

    const second = await make();
    harness.advance(DAY);
    expect((await stripe.subscriptions.retrieve(second.id)).status).toBe("incomplete_expired");
    expect((await stripe.invoices.retrieve((second.latest_invoice as Stripe.Invoice).id)).status).toBe(
      "void",
    );
  });
});

describe("cancelling at the period's end", () => {
  test("keeps the subscription active until then, can be taken back, and ends it on time", async () => {
    const { subscription } = await createSubscriber(harness, catalogue.proMonthly);
    const end = itemOf(subscription).current_period_end;
    const cancelled = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    expect(cancelled).toMatchObject({ status: "active", cancel_at_period_end: true, cancel_at: end });
    const { event } = await harness.webhook(
      ({ type, data }) =>
        type === "customer.subscription.updated" &&
        data.object.id === subscription.id &&
        data.object.cancel_at_period_end,
    );
    expect(event.data.previous_attributes).toMatchObject({ cancel_at_period_end: false, cancel_at: null });
    const resumed = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false });
    expect(resumed).toMatchObject({ cancel_at_period_end: false, cancel_at: null, canceled_at: null });

    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    harness.advance(32 * DAY);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: "canceled",
      cancellation_details: { reason: "cancellation_requested" },
    });
    expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
  });
});

describe("time", () => {
  test("renews a subscription with a new invoice, and a session expires by itself with its event", async () => {
    const { subscription } = await createSubscriber(harness, catalogue.proMonthly);
    const session = await stripe.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price: catalogue.proMonthly.id, quantity: 1 }],
      success_url: harness.appUrl,
    });
    const end = itemOf(subscription).current_period_end;
    harness.advance(32 * DAY);
    // Nobody calls: the sandbox looks by itself.
    await harness.webhook(
      ({ type, data }) => type === "checkout.session.expired" && data.object.id === session.id,
    );
    const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    expect(renewed.status).toBe("active");
    expect(itemOf(renewed).current_period_start).toBe(end);
    expect(renewed.latest_invoice).toMatchObject({
      billing_reason: "subscription_cycle",
      status: "paid",
      amount_paid: 2000,
    });
  });

  test("a renewal that fails is past due, tried again, and in the end cancelled; a new card saves it", async () => {
    const doomed = (await createSubscriber(harness, catalogue.proMonthly)).subscription;
    const saved = (await createSubscriber(harness, catalogue.proMonthly)).subscription;
    for (const subscription of [doomed, saved]) await useCard(subscription, "pm_card_chargeCustomerFail");
    harness.advance(32 * DAY);
    for (const { id } of [doomed, saved])
      expect((await stripe.subscriptions.retrieve(id)).status).toBe("past_due");
    const customer = (await stripe.customers.retrieve(String(saved.customer))) as Stripe.Customer;
    expect(customer.delinquent).toBe(true);
    const [invoice] = (await stripe.invoices.list({ subscription: saved.id })).data;
    expect(invoice).toMatchObject({ status: "open", attempt_count: 1 });
    expect(invoice?.next_payment_attempt).not.toBeNull();

    await useCard(saved, "pm_card_visa");
    harness.advance(4 * DAY);
    expect(await stripe.subscriptions.retrieve(saved.id)).toMatchObject({ status: "active" });
    expect(await stripe.customers.retrieve(String(saved.customer))).toMatchObject({ delinquent: false });
    harness.advance(16 * DAY);
    expect(await stripe.subscriptions.retrieve(doomed.id)).toMatchObject({
      status: "canceled",
      cancellation_details: { reason: "payment_failed" },
    });
  });

  test("a trial that ends becomes a paid subscription", async () => {
    const customer = await stripe.customers.create({});
    const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: catalogue.proMonthly.id }],
      default_payment_method: method.id,
      trial_period_days: 7,
    });
    expect(subscription.status).toBe("trialing");
    harness.advance(8 * DAY);
    const running = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    expect(running).toMatchObject({
      status: "active",
      latest_invoice: { amount_paid: 2000, status: "paid" },
    });
  });
});

describe("refunds", () => {
  test("give back part and then the rest of a charge, and no more", async () => {
    const { customer, subscription } = await createSubscriber(harness, catalogue.proMonthly);
    const [payment] = (await stripe.invoicePayments.list({ invoice: String(subscription.latest_invoice) }))
      .data;
    const payment_intent = String(payment?.payment.payment_intent);
    const part = await stripe.refunds.create({ payment_intent, amount: 500, reason: "duplicate" });
    expect(part).toMatchObject({ status: "succeeded", amount: 500, reason: "duplicate", payment_intent });
    await expect(stripe.refunds.create({ payment_intent, amount: 1501 })).rejects.toMatchObject({
      param: "amount",
    });
    await stripe.refunds.create({ payment_intent });
    await expect(stripe.refunds.create({ payment_intent })).rejects.toMatchObject({
      code: "charge_already_refunded",
    });
    const [charge] = (
      await stripe.charges.list({ customer: customer.id, expand: ["data.balance_transaction"] })
    ).data;
    expect(charge).toMatchObject({
      refunded: true,
      amount_refunded: 2000,
      balance_transaction: { amount: 2000 },
    });
    expect((await stripe.refunds.list({ payment_intent })).data.map(({ amount }) => amount)).toEqual([
      1500, 500,
    ]);
    await harness.webhook(({ type, data }) => type === "charge.refunded" && data.object.id === charge?.id);
  });
});

describe("cards and set-ups", () => {
  test("a refused card cannot be attached, a detached one is nobody's default", async () => {
    const { customer, subscription } = await createSubscriber(harness, catalogue.proMonthly);
    await expect(
      stripe.paymentMethods.attach("pm_card_visa_chargeDeclined", { customer: customer.id }),
    ).rejects.toMatchObject({ type: "StripeCardError" });
    const method = String((await stripe.subscriptions.retrieve(subscription.id)).default_payment_method);
    expect((await stripe.customers.listPaymentMethods(customer.id)).data.map(({ id }) => id)).toEqual([
      method,
    ]);
    await stripe.paymentMethods.detach(method);
    expect((await stripe.subscriptions.retrieve(subscription.id)).default_payment_method).toBeNull();
  });

  test("a set-up intent keeps a card, and a payment intent charges one", async () => {
    const customer = await stripe.customers.create({});
    const setup = await stripe.setupIntents.create({
      customer: customer.id,
      payment_method: "pm_card_visa",
      confirm: true,
    });
    expect(setup.status).toBe("succeeded");
    expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toHaveLength(1);
    const intent = await stripe.paymentIntents.create({
      amount: 700,
      currency: "usd",
      customer: customer.id,
      payment_method: String(setup.payment_method),
      confirm: true,
      expand: ["latest_charge"],
    });
    expect(intent).toMatchObject({
      status: "succeeded",
      latest_charge: { amount: 700, status: "succeeded" },
    });
    await expect(stripe.paymentIntents.cancel(intent.id)).rejects.toMatchObject({
      code: "payment_intent_unexpected_state",
    });
  });
});

describe("3-D Secure for what the API confirms", () => {
  test("leads to a page, from there back, and the card may then be charged without its owner", async () => {
    const customer = await stripe.customers.create({});
    const setup = await stripe.setupIntents.create({
      customer: customer.id,
      payment_method: "pm_card_authenticationRequiredOnSetup",
      confirm: true,
      return_url: `${harness.appUrl}/back`,
    });
    expect(setup.status).toBe("requires_action");
    const url = setup.next_action?.redirect_to_url?.url ?? "";
    expect(await (await fetch(url)).text()).toContain("Complete authentication");
    const done = await postForm(url, { result: "complete" });
    expect(done.headers.get("location")).toBe(`${harness.appUrl}/back`);
    const method = String((await stripe.setupIntents.retrieve(setup.id)).payment_method);
    const charged = await stripe.paymentIntents.create({
      amount: 100,
      currency: "usd",
      customer: customer.id,
      payment_method: method,
      confirm: true,
    });
    expect(charged.status).toBe("succeeded");
    const always = await stripe.paymentIntents.create({
      amount: 100,
      currency: "usd",
      payment_method: "pm_card_authenticationRequired",
      confirm: true,
    });
    await postForm(always.next_action?.redirect_to_url?.url ?? "", { result: "fail" });
    expect(await stripe.paymentIntents.retrieve(always.id)).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { code: "payment_intent_authentication_failure" },
    });
  });
});

describe("the billing portal", () => {
  async function openPortal(
    customer: Stripe.Customer,
    more: Partial<Stripe.BillingPortal.SessionCreateParams> = {},
  ) {
    const session = await stripe.billingPortal.sessions.create({
      customer: customer.id,
      return_url: `${harness.appUrl}/billing`,
      ...more,
    });
    return session.url;
  }

  test("shows the plan, the card, the invoices and the way back", async () => {
    const { customer } = await createSubscriber(harness, catalogue.proMonthly);
    const text = await (await fetch(await openPortal(customer))).text();
    for (const part of [
      "Pro",
      "$20.00 / month",
      "Visa ending in 4242",
      "Switch plan",
      "Cancel plan",
      "paid",
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain(`href="${harness.appUrl}/billing"`);
  });

  test("switches the plan, charging the difference", async () => {
    const { customer, subscription } = await createSubscriber(harness, catalogue.proMonthly);
    const url = await openPortal(customer);
    expect(await (await fetch(`${url}/plan`)).text()).toContain("Team");
    const switched = await postForm(`${url}/plan`, { price: catalogue.teamMonthly.id });
    expect(switched.status).toBe(303);
    const after = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    expect(itemOf(after).price.id).toBe(catalogue.teamMonthly.id);
    expect(after.latest_invoice).toMatchObject({ status: "paid", billing_reason: "subscription_update" });
  });

  test("cancels at the period's end and resumes", async () => {
    const { customer, subscription } = await createSubscriber(harness, catalogue.proMonthly);
    const url = await openPortal(customer);
    await postForm(`${url}/cancel`, {});
    expect((await stripe.subscriptions.retrieve(subscription.id)).cancel_at_period_end).toBe(true);
    expect(await (await fetch(url)).text()).toContain("Resume plan");
    await postForm(`${url}/resume`, {});
    expect((await stripe.subscriptions.retrieve(subscription.id)).cancel_at_period_end).toBe(false);
  });

  test("changes the card: refused, confirmed by 3-D Secure, or kept and failing at the next charge", async () => {
    const { customer, subscription } = await createSubscriber(harness, catalogue.proMonthly);
    const url = await openPortal(customer);
    const typed = { expiry: GOOD_CARD.expiry, cvc: GOOD_CARD.cvc, name: GOOD_CARD.name };
    const refused = await postForm(`${url}/card`, { ...typed, number: "4000000000009995" });
    expect(refused.status).toBe(402);
    expect(await refused.text()).toContain("Your card has insufficient funds.");

    const asked = await postForm(`${url}/card`, { ...typed, number: "4000002500003155" });
    expect(asked.headers.get("location")).toMatch(/\/3ds$/);
    expect((await postForm(`${url}/3ds`, { result: "complete" })).status).toBe(303);
    expect(await (await fetch(url)).text()).toContain("Visa ending in 3155");
    // Once set up, it is charged without its owner.
    const switched = await switchTo(
      await stripe.subscriptions.retrieve(subscription.id),
      catalogue.teamMonthly,
    );
    expect(switched.latest_invoice).toMatchObject({ status: "paid" });

    await postForm(`${url}/card`, { ...typed, number: "4000000000000341" });
    const declined = await postForm(`${url}/plan`, { price: catalogue.proYearly.id });
    expect(declined.status).toBe(402);
    expect(await declined.text()).toContain("Your card was declined. Your plan stays as it was.");
    expect(itemOf(await stripe.subscriptions.retrieve(subscription.id)).price.id).toBe(
      catalogue.teamMonthly.id,
    );
  });

  test("opens where its flow says and goes where the flow ends", async () => {
    const { customer, subscription } = await createSubscriber(harness, catalogue.proMonthly);
    const pathOf = async (flow_data: Stripe.BillingPortal.SessionCreateParams.FlowData) => {
      const answer = await fetch(await openPortal(customer, { flow_data }), { redirect: "manual" });
      return answer.headers.get("location")?.split("/").at(-1);
    };
    expect(await pathOf({ type: "payment_method_update" })).toBe("card");
    const which = { subscription: subscription.id };
    expect(await pathOf({ type: "subscription_update", subscription_update: which })).toBe("plan");
    expect(await pathOf({ type: "subscription_cancel", subscription_cancel: which })).toBe("cancel");

    const url = await openPortal(customer, {
      flow_data: {
        type: "subscription_cancel",
        subscription_cancel: which,
        after_completion: { type: "redirect", redirect: { return_url: `${harness.appUrl}/billing?done` } },
      },
    });
    const done = await postForm(`${url}/cancel`, {});
    expect(done.headers.get("location")).toBe(`${harness.appUrl}/billing?done`);
  });

  test("offers only what its configuration allows", async () => {
    const { customer } = await createSubscriber(harness, catalogue.proMonthly);
    const configuration = await stripe.billingPortal.configurations.create({
      features: {
        subscription_cancel: { enabled: false },
        subscription_update: {
          enabled: true,
          default_allowed_updates: ["price"],
          products: [{ product: String(catalogue.proYearly.product), prices: [catalogue.proYearly.id] }],
        },
      },
    });
    const url = await openPortal(customer, { configuration: configuration.id });
    expect(await (await fetch(url)).text()).not.toContain("Cancel plan");
    const offers = await (await fetch(`${url}/plan`)).text();
    expect(offers).toContain(catalogue.proYearly.id);
    expect(offers).not.toContain(catalogue.teamMonthly.id);
  });

  test("leads to invoices, which can be read, saved as PDF and, when open, paid", async () => {
    const { subscription } = await createSubscriber(harness, catalogue.proMonthly);
    await useCard(subscription, "pm_card_chargeCustomerFail");
    harness.advance(32 * DAY);
    const [invoice] = (await stripe.invoices.list({ subscription: subscription.id, status: "open" })).data;
    const url = invoice?.hosted_invoice_url ?? "";
    expect(await (await fetch(url)).text()).toContain("Pay this invoice");
    const pdf = await fetch(invoice?.invoice_pdf ?? "");
    expect(pdf.headers.get("content-type")).toBe("application/pdf");
    expect((await pdf.text()).startsWith("%PDF-")).toBe(true);

    expect((await postForm(url, { ...GOOD_CARD, number: "4000000000000002" })).status).toBe(402);
    expect((await postForm(url, GOOD_CARD)).status).toBe(303);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: "active" });
    expect(await (await fetch(url)).text()).not.toContain("Pay this invoice");
  });
});

describe("the dashboard", () => {
  test("shows customers, subscriptions and events", async () => {
    const { customer } = await createSubscriber(harness, catalogue.proMonthly);
    const text = await (await fetch(harness.baseUrl)).text();
    for (const part of [customer.id, "active", "checkout.session.completed", "Redeliver"])
      expect(text).toContain(part);
    const [event] = (await stripe.events.list({ limit: 1 })).data;
    const detail = await (await fetch(`${harness.baseUrl}/events/${event?.id}`)).text();
    expect(detail).toContain("api/webhooks/stripe");
  });
});
