/** The hosted checkout page, as a browser without JavaScript meets it, and the signed webhooks that follow. */
import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Catalogue,
  createCatalogue,
  createCheckout,
  createSubscriber,
  GOOD_CARD,
  type Harness,
  postForm,
  startHarness,
  WEBHOOK_SECRET,
} from "./sandbox-stripe-harness";

let harness: Harness;
let stripe: Stripe;
let catalogue: Catalogue;

beforeAll(async () => {
  harness = await startHarness();
  stripe = harness.stripe;
  catalogue = await createCatalogue(stripe);
});

afterAll(() => harness.stop());

async function subscriptionsOf(customer: Stripe.Customer) {
  return (await stripe.subscriptions.list({ customer: customer.id, status: "all" })).data;
}

describe("paying on the hosted page", () => {
  test("shows the order, the customer's address and the test cards", async () => {
    const { url, session } = await createCheckout(harness, catalogue.proMonthly);
    expect(url).toBe(`${harness.baseUrl}/pay/${session.id}`);
    const text = await (await fetch(url)).text();
    for (const part of ["Pro", "$20.00", "ann@example.com", "4242 4242 4242 4242", "no real money"]) {
      expect(text).toContain(part);
    }
    expect(text).toContain(`href="${harness.appUrl}/pricing"`);
  });

  test("4242 is charged, and everything is done before the browser is sent back", async () => {
    const { url, session, customer } = await createCheckout(harness, catalogue.proMonthly);
    const paid = await postForm(url, GOOD_CARD);
    expect(paid.status).toBe(303);
    expect(paid.headers.get("location")).toBe(`${harness.appUrl}/billing/return?session_id=${session.id}`);

    const complete = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription"] });
    expect(complete).toMatchObject({ status: "complete", payment_status: "paid", url: null });
    const subscription = complete.subscription as Stripe.Subscription;
    expect(subscription).toMatchObject({
      status: "active",
      customer: customer.id,
      metadata: { operation: "op_1" },
    });
    const [item] = subscription.items.data;
    expect((item?.current_period_end ?? 0) - (item?.current_period_start ?? 0)).toBeGreaterThan(
      27 * 24 * 3600,
    );
    const invoice = await stripe.invoices.retrieve(String(subscription.latest_invoice));
    expect(invoice).toMatchObject({
      status: "paid",
      amount_paid: 2000,
      billing_reason: "subscription_create",
      parent: { subscription_details: { subscription: subscription.id, metadata: { operation: "op_1" } } },
    });
    const [method] = (await stripe.paymentMethods.list({ customer: customer.id })).data;
    expect(method?.card).toMatchObject({ brand: "visa", last4: "4242", exp_month: 12, exp_year: 2034 });
  });

  test("a click on a test card pays with it", async () => {
    const { subscription, customer } = await createSubscriber(harness, catalogue.proMonthly, {
      card: "5555555555554444",
    });
    expect(subscription.status).toBe("active");
    expect((await stripe.paymentMethods.list({ customer: customer.id })).data[0]?.card?.brand).toBe(
      "mastercard",
    );
  });

  test("a second click finds the first one's success, and there is one subscription", async () => {
    const { url, customer, session } = await createCheckout(harness, catalogue.proMonthly);
    const answers = await Promise.all([postForm(url, GOOD_CARD), postForm(url, GOOD_CARD)]);
    for (const answer of answers) {
      expect(answer.status).toBe(303);
      expect(answer.headers.get("location")).toContain(session.id);
    }
    expect(await subscriptionsOf(customer)).toHaveLength(1);
    expect((await stripe.charges.list({ customer: customer.id })).data).toHaveLength(1);
    const reopened = await fetch(url);
    expect(reopened.status).toBe(200);
    expect(await reopened.text()).toContain("Already paid");
  });

  test.each([
    ["4000000000009995", "insufficient_funds", "Your card has insufficient funds."],
    ["4000000000000002", "generic_decline", "Your card was declined."],
    ["4000000000000341", "generic_decline", "Your card was declined."],
  ])(
    "%s is declined with the bank's reason, and another card may be tried",
    async (number, code, message) => {
      const { url, customer, session } = await createCheckout(harness, catalogue.proMonthly);
      const declined = await postForm(url, { ...GOOD_CARD, number });
      expect(declined.status).toBe(402);
      expect(await declined.text()).toContain(message);
      expect(await subscriptionsOf(customer)).toEqual([]);
      expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe("open");
      const [charge] = (await stripe.charges.list({ customer: customer.id })).data;
      expect(charge).toMatchObject({ status: "failed", outcome: { reason: code } });
      await harness.webhook(
        (event) =>
          event.type === "payment_intent.payment_failed" && event.data.object.customer === customer.id,
      );

      expect((await postForm(url, GOOD_CARD)).status).toBe(303);
      expect(await subscriptionsOf(customer)).toHaveLength(1);
      expect((await stripe.paymentIntents.list({ customer: customer.id })).data).toHaveLength(1);
    },
  );

  test("the 3-D Secure card asks, and is charged only when the person confirms", async () => {
    const { url, customer, session } = await createCheckout(harness, catalogue.proMonthly);
    const asked = await postForm(url, { ...GOOD_CARD, number: "4000002500003155" });
    expect(asked.status).toBe(303);
    expect(asked.headers.get("location")).toBe(`/pay/${session.id}/3ds`);
    expect(await (await fetch(`${url}/3ds`)).text()).toContain("Complete authentication");
    expect(await subscriptionsOf(customer)).toEqual([]);

    const failed = await postForm(`${url}/3ds`, { result: "fail" });
    expect(failed.status).toBe(303);
    const page = await fetch(new URL(failed.headers.get("location") ?? "", url));
    expect(await page.text()).toContain("could not confirm that this card is yours");
    expect(await subscriptionsOf(customer)).toEqual([]);

    await postForm(url, { ...GOOD_CARD, number: "4000002500003155" });
    const done = await postForm(`${url}/3ds`, { result: "complete" });
    expect(done.headers.get("location")).toContain(`session_id=${session.id}`);
    expect((await subscriptionsOf(customer)).map(({ status }) => status)).toEqual(["active"]);
    const again = await postForm(`${url}/3ds`, { result: "complete" });
    expect(again.headers.get("location")).toContain(`session_id=${session.id}`);
    expect(await subscriptionsOf(customer)).toHaveLength(1);
  });

  test("3-D Secure cannot be passed before a card has been given", async () => {
    const { url, customer } = await createCheckout(harness, catalogue.proMonthly);
    const skipped = await postForm(`${url}/3ds`, { result: "complete" });
    expect(skipped.status).toBe(303);
    expect(await subscriptionsOf(customer)).toEqual([]);
  });

  test("what is wrong with the form is said beside its field, and no foreign number is sent back", async () => {
    const { url } = await createCheckout(harness, catalogue.proMonthly);
    const wrong = { email: "ann", number: "4242424242424241", expiry: "01 / 20", cvc: "1", name: " " };
    const answer = await postForm(url, wrong);
    expect(answer.status).toBe(422);
    const text = await answer.text();
    for (const field of ["email", "number", "expiry", "cvc", "name"])
      expect(text).toContain(`id="${field}-error"`);
    expect(text).toContain("This card has expired.");
    expect(text).not.toContain("4242424242424241");

    const real = await (await postForm(url, { ...GOOD_CARD, number: "4111111111111111" })).text();
    expect(real).toContain("test cards only");
    expect(real).not.toContain("4111111111111111");
  });

  test("a session without a customer makes one of the address that was typed", async () => {
    const session = await stripe.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price: catalogue.proMonthly.id, quantity: 1 }],
      success_url: harness.appUrl,
    });
    await postForm(session.url ?? "", { ...GOOD_CARD, email: "new@example.com" });
    const complete = await stripe.checkout.sessions.retrieve(session.id, { expand: ["customer"] });
    expect(complete.customer).toMatchObject({ email: "new@example.com", name: "Ann Example" });
    expect(complete.customer_details?.email).toBe("new@example.com");
  });

  test("a trial charges nothing today and keeps the card", async () => {
    const { url, customer, session } = await createCheckout(harness, catalogue.proMonthly, {
      subscription_data: { trial_period_days: 14 },
    });
    expect((await postForm(url, GOOD_CARD)).status).toBe(303);
    const [subscription] = await subscriptionsOf(customer);
    expect(subscription).toMatchObject({ status: "trialing" });
    expect(subscription?.trial_end).toBe((subscription?.created ?? 0) + 14 * 24 * 3600);
    expect((await stripe.checkout.sessions.retrieve(session.id)).payment_status).toBe("no_payment_required");
    expect((await stripe.charges.list({ customer: customer.id })).data).toEqual([]);
  });

  test("an expired or unknown session takes no money and says so", async () => {
    const { url, customer, session } = await createCheckout(harness, catalogue.proMonthly);
    await stripe.checkout.sessions.expire(session.id);
    for (const answer of [await fetch(url), await postForm(url, GOOD_CARD)]) {
      expect(answer.status).toBe(410);
      expect(await answer.text()).toContain("This checkout has expired");
    }
    expect(await subscriptionsOf(customer)).toEqual([]);
    expect((await fetch(`${harness.baseUrl}/pay/cs_test_nothing`)).status).toBe(404);
  });
});

describe("a customer who is deleted", () => {
  test("takes the open checkouts and the running subscriptions along", async () => {
    const { customer, subscription } = await createSubscriber(harness, catalogue.proMonthly);
    const session = await stripe.checkout.sessions.create({
      mode: "subscription",
      customer: customer.id,
      line_items: [{ price: catalogue.proMonthly.id, quantity: 1 }],
      success_url: harness.appUrl,
    });
    await stripe.customers.del(customer.id);
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("canceled");
    expect((await postForm(session.url ?? "", GOOD_CARD)).status).toBe(410);
    const expanded = await stripe.subscriptions.retrieve(subscription.id, { expand: ["customer"] });
    expect(expanded.customer).toMatchObject({ id: customer.id, deleted: true });
  });
});

describe("webhooks", () => {
  test("are signed so that the client's own check accepts them, and nothing else", async () => {
    const { session } = await createSubscriber(harness, catalogue.proMonthly);
    const { body, signature } = await harness.webhook(
      (event) => event.type === "checkout.session.completed" && event.data.object.id === session.id,
    );
    const event = stripe.webhooks.constructEvent(body, signature, WEBHOOK_SECRET);
    expect(event).toMatchObject({
      object: "event",
      api_version: "2026-10-28.endive",
      livemode: false,
      type: "checkout.session.completed",
      data: { object: { id: session.id, status: "complete", client_reference_id: "workspace_1" } },
    });
    expect(() => stripe.webhooks.constructEvent(`${body} `, signature, WEBHOOK_SECRET)).toThrow();
    expect(() => stripe.webhooks.constructEvent(body, signature, "whsec_other")).toThrow();
  });

  test("carry what changed, and the call that changed it", async () => {
    const customer = await stripe.customers.create({ name: "Before", metadata: { a: "1", b: "2" } });
    const idempotencyKey = `change-${customer.id}`;
    const answer = await stripe.customers.update(
      customer.id,
      { name: "After", metadata: { b: "3" } },
      { idempotencyKey },
    );
    const { event } = await harness.webhook(
      ({ type, data }) =>
        type === "customer.updated" && "id" in data.object && data.object.id === customer.id,
    );
    expect(event.data.previous_attributes).toEqual({ name: "Before", metadata: { b: "2" } });
    expect(event.request).toEqual({ id: answer.lastResponse.requestId, idempotency_key: idempotencyKey });
  });

  test("are listed by type and time, and show whether they were taken", async () => {
    const { session } = await createSubscriber(harness, catalogue.proMonthly);
    const { event } = await harness.webhook(
      ({ type, data }) =>
        type === "checkout.session.completed" && "id" in data.object && data.object.id === session.id,
    );
    const listed = await stripe.events.list({
      types: ["checkout.session.completed", "price.created"],
      limit: 1,
    });
    expect(listed.data[0]?.id).toBe(event.id);
    const wildcard = await stripe.events.list({
      type: "customer.subscription.*",
      created: { gte: event.created },
    });
    const types = wildcard.data.map(({ type }) => type);
    expect(types).toContain("customer.subscription.created");
    expect(types.every((type) => type.startsWith("customer.subscription."))).toBe(true);
    expect((await stripe.events.list({ created: { gt: event.created + 3600 } })).data).toEqual([]);
    await expect.poll(async () => (await stripe.events.retrieve(event.id)).pending_webhooks).toBe(0);
  });

  test("go to further endpoints, signed with their own secrets, and only the types that they want", async () => {
    const url = `${harness.appUrl}/api/webhooks/other`;
    const endpoint = await stripe.webhookEndpoints.create({ url, enabled_events: ["product.created"] });
    expect(endpoint.secret).toMatch(/^whsec_/);
    expect(await stripe.webhookEndpoints.retrieve(endpoint.id)).not.toHaveProperty("secret");
    const before = harness.received.length;
    const product = await stripe.products.create({ name: "Watched" });
    const signedForIt = () =>
      harness.received.slice(before).find(({ body, signature }) => {
        if (!body.includes(product.id)) return false;
        try {
          stripe.webhooks.constructEvent(body, signature, endpoint.secret ?? "");
          return true;
        } catch (error) {
          if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
          throw error;
        }
      });
    await expect.poll(() => signedForIt()?.event.type).toBe("product.created");
    await stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
    expect((await stripe.webhookEndpoints.retrieve(endpoint.id)).status).toBe("disabled");
    expect(await stripe.webhookEndpoints.del(endpoint.id)).toMatchObject({ deleted: true });
  });

  test("never leave this machine", async () => {
    const outside = { url: "https://example.com/hook", enabled_events: ["*" as const] };
    await expect(stripe.webhookEndpoints.create(outside)).rejects.toMatchObject({ code: "url_invalid" });
  });

  test("are tried again until the app takes them, and by hand from the events page", async () => {
    harness.answerWebhooksWith(503);
    const customer = await stripe.customers.create({ name: "Retried" });
    const isIt = (event: Stripe.Event) => "id" in event.data.object && event.data.object.id === customer.id;
    const { event } = await harness.webhook(isIt);
    expect((await stripe.events.retrieve(event.id)).pending_webhooks).toBe(1);
    harness.answerWebhooksWith(200);
    await postForm(`${harness.baseUrl}/events/${event.id}/redeliver`, {});
    await expect.poll(async () => (await stripe.events.retrieve(event.id)).pending_webhooks).toBe(0);
    expect(harness.received.filter((webhook) => isIt(webhook.event)).length).toBeGreaterThanOrEqual(2);
    const page = await (await fetch(`${harness.baseUrl}/events`)).text();
    expect(page).toContain(event.id);
    expect(page).toContain("delivered");
  });
});

describe("a restart", () => {
  test("keeps every object, the open checkout, the idempotency keys and what was not delivered", async () => {
    const { url, session, customer } = await createCheckout(harness, catalogue.proMonthly);
    await postForm(url, { ...GOOD_CARD, number: "4000002500003155" });
    const idempotencyKey = `restart-${session.id}`;
    const made = await stripe.customers.create({ name: "Kept" }, { idempotencyKey });
    harness.answerWebhooksWith(500);
    const unseen = await stripe.products.create({ name: "Undelivered" });
    await harness.restart();
    harness.answerWebhooksWith(200);

    expect((await stripe.customers.create({ name: "Kept" }, { idempotencyKey })).id).toBe(made.id);
    const done = await postForm(`${url}/3ds`, { result: "complete" });
    expect(done.headers.get("location")).toContain(session.id);
    expect((await subscriptionsOf(customer)).map(({ status }) => status)).toEqual(["active"]);
    const delivered = await harness.webhook(
      (event) =>
        "id" in event.data.object && event.data.object.id === unseen.id && event.type === "product.created",
    );
    expect(() =>
      stripe.webhooks.constructEvent(delivered.body, delivered.signature, WEBHOOK_SECRET),
    ).not.toThrow();
    expect((await stripe.webhookEndpoints.list()).data).toHaveLength(1);
    await expect
      .poll(async () => (await stripe.events.list({ delivery_success: false })).data.length, {
        timeout: 10_000,
      })
      .toBe(0);
  });

  test("and a reset leaves a fresh account", async () => {
    const before = await stripe.accounts.retrieveCurrent();
    await fetch(`${harness.controlUrl()}/reset`, { method: "POST" });
    const after = await stripe.accounts.retrieveCurrent();
    expect(after.id).not.toBe(before.id);
    expect((await stripe.customers.list()).data).toEqual([]);
    expect((await stripe.webhookEndpoints.list()).data[0]?.url).toBe(`${harness.appUrl}/api/webhooks/stripe`);
    const state = await (await fetch(`${harness.controlUrl()}/state`)).json();
    expect(state.vendors.stripe.state).toMatchObject({ counts: { customers: 0, webhook_endpoints: 1 } });
    catalogue = await createCatalogue(stripe);
  });
});
