/** Test clocks: customers whose time stands still until somebody moves it on. */
import type Stripe from "stripe";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Catalogue, createCatalogue, type Harness, startHarness } from "./sandbox-stripe-harness";

const HOUR = 3600;
const DAY = 24 * HOUR;
const START = Date.UTC(2031, 0, 31, 12) / 1000;

let harness: Harness;
let stripe: Stripe;
let catalogue: Catalogue;

beforeAll(async () => {
  harness = await startHarness();
  stripe = harness.stripe;
  catalogue = await createCatalogue(stripe);
});

afterAll(() => harness.stop());

beforeEach(() => setTo({ afterRetries: "cancel", upcomingDays: 7 }));

async function setTo(settings: object): Promise<void> {
  const response = await fetch(`${harness.controlUrl()}/settings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ vendor: "stripe", ...settings }),
  });
  expect(response.status).toBe(200);
}

/** Moves a clock on and waits until it is ready. */
async function advance(clock: string, to: number): Promise<void> {
  const moving = await stripe.testHelpers.testClocks.advance(clock, { frozen_time: to });
  expect(moving).toMatchObject({
    status: "advancing",
    status_details: { advancing: { target_frozen_time: to } },
  });
  for (;;) {
    const { status, frozen_time } = await stripe.testHelpers.testClocks.retrieve(clock);
    if (status === "ready") {
      expect(frozen_time).toBe(to);
      return;
    }
  }
}

async function onClock(
  card = "pm_card_visa",
  more: Partial<Stripe.SubscriptionCreateParams> = {},
): Promise<{ clock: string; customer: string; subscription: Stripe.Subscription }> {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START, name: "a year" });
  const customer = await stripe.customers.create({ email: "ann@example.com", test_clock: clock.id });
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: catalogue.proMonthly.id }],
    default_payment_method: method.id,
    ...more,
  });
  if (card !== "pm_card_visa") {
    const other = await stripe.paymentMethods.attach(card, { customer: customer.id });
    await stripe.subscriptions.update(subscription.id, { default_payment_method: other.id });
  }
  return { clock: clock.id, customer: customer.id, subscription };
}

async function typesOf(customer: string): Promise<string[]> {
  const events = await stripe.events.list({ limit: 100 });
  return events.data
    .filter(({ data }) => {
      const object = data.object as { id?: string; customer?: string };
      return object.customer === customer || object.id === customer;
    })
    .map(({ type }) => type)
    .toReversed();
}

function periodOf(subscription: Stripe.Subscription): [string, string] {
  const item = subscription.items.data[0];
  const day = (time: number | undefined) => new Date((time ?? 0) * 1000).toISOString().slice(0, 10);
  return [day(item?.current_period_start), day(item?.current_period_end)];
}

describe("a clock", () => {
  test("is created, listed, moved on with its events, and deleted with everything on it", async () => {
    const { clock, customer, subscription } = await onClock();
    expect(subscription).toMatchObject({ test_clock: clock, created: START, status: "active" });
    expect((await stripe.testHelpers.testClocks.list()).data.map(({ id }) => id)).toContain(clock);
    await advance(clock, START + DAY);
    for (const type of ["created", "advancing", "ready"]) {
      await harness.webhook(
        (event) => event.type === `test_helpers.test_clock.${type}` && JSON.stringify(event).includes(clock),
      );
    }
    expect((await stripe.customers.list({ test_clock: clock })).data.map(({ id }) => id)).toEqual([customer]);
    expect((await stripe.customers.list({ limit: 100 })).data.map(({ id }) => id)).not.toContain(customer);
    const listed = await stripe.subscriptions.list({ limit: 100 });
    expect(listed.data.map(({ id }) => id)).not.toContain(subscription.id);
    expect((await stripe.subscriptions.list({ customer })).data).toHaveLength(1);

    expect(await stripe.testHelpers.testClocks.del(clock)).toMatchObject({ id: clock, deleted: true });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("canceled");
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ id: customer, deleted: true });
    await expect(stripe.testHelpers.testClocks.retrieve(clock)).rejects.toMatchObject({ statusCode: 404 });
  });

  test("goes only forwards, and at most two intervals of its shortest subscription at a time", async () => {
    const { clock } = await onClock();
    const to = (time: number) => stripe.testHelpers.testClocks.advance(clock, { frozen_time: time });
    await expect(to(START)).rejects.toMatchObject({ statusCode: 400, param: "frozen_time" });
    await expect(to(START + 65 * DAY)).rejects.toMatchObject({ statusCode: 400, param: "frozen_time" });
    await to(START + 20 * DAY);
    // Nobody else's time has moved.
    const customer = await stripe.customers.create({});
    expect(Math.abs(customer.created - Date.now() / 1000)).toBeLessThan(60);
  });

  test("takes on a customer that is there already, with its subscription", async () => {
    const customer = await stripe.customers.create({});
    const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: catalogue.proMonthly.id }],
      default_payment_method: method.id,
    });
    const end = subscription.items.data[0]?.current_period_end ?? 0;
    const now = Math.floor(Date.now() / 1000);
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: now, customer: customer.id });
    await advance(clock.id, end + 2 * HOUR);
    const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    expect(renewed.items.data[0]?.current_period_start).toBe(end);
    expect(renewed.latest_invoice).toMatchObject({ status: "paid", test_clock: clock.id });
  });
});

describe("a renewal", () => {
  test("is announced, drafted, made final an hour later and paid, with the calendar's dates", async () => {
    const { clock, customer, subscription } = await onClock();
    expect(periodOf(subscription)).toEqual(["2031-01-31", "2031-02-28"]);
    await advance(clock, START + 22 * DAY);
    const { event } = await harness.webhook(
      ({ type, data }) => type === "invoice.upcoming" && data.object.customer === customer,
    );
    expect(event.data.object).toMatchObject({
      object: "invoice",
      amount_due: 2000,
      billing_reason: "upcoming",
    });
    expect(event.data.object).not.toHaveProperty("id");

    const renewal = Date.UTC(2031, 1, 28, 12) / 1000;
    await advance(clock, renewal + 60);
    const drafted = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    expect(drafted.latest_invoice).toMatchObject({
      status: "draft",
      created: renewal,
      billing_reason: "subscription_cycle",
      automatically_finalizes_at: renewal + HOUR,
    });
    expect(drafted.status).toBe("active");
    expect(periodOf(drafted)).toEqual(["2031-02-28", "2031-03-31"]);

    await advance(clock, renewal + HOUR);
    const paid = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    expect(paid.latest_invoice).toMatchObject({
      status: "paid",
      amount_paid: 2000,
      status_transitions: { finalized_at: renewal + HOUR, paid_at: renewal + HOUR },
    });
    const types = await typesOf(customer);
    const inOrder = [
      "invoice.upcoming",
      "invoice.created",
      "invoice.finalized",
      "charge.succeeded",
      "invoice.paid",
    ];
    const positions = inOrder.map((type) => types.lastIndexOf(type));
    expect(positions).toEqual(positions.toSorted((left, right) => left - right));
    expect(types.filter((type) => type === "invoice.upcoming")).toHaveLength(1);

    // Two periods at once, the month's last day kept.
    await advance(clock, Date.UTC(2031, 3, 30, 14) / 1000);
    expect(periodOf(await stripe.subscriptions.retrieve(subscription.id))).toEqual([
      "2031-04-30",
      "2031-05-31",
    ]);
    expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(4);
  });

  test.each([
    ["cancel", "canceled"],
    ["mark_unpaid", "unpaid"],
    ["leave_past_due", "past_due"],
  ])(
    "that nobody pays is tried four times; then the setting %s makes it %s",
    async (afterRetries, status) => {
      await setTo({ afterRetries });
      const { clock, customer, subscription } = await onClock("pm_card_chargeCustomerFail");
      const renewal = Date.UTC(2031, 1, 28, 12) / 1000;
      await advance(clock, renewal + 2 * HOUR);
      expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("past_due");
      await advance(clock, renewal + 16 * DAY);
      expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe(status);
      const failures = (await typesOf(customer)).filter((type) => type === "invoice.payment_failed");
      expect(failures).toHaveLength(4);
      const [invoice] = (await stripe.invoices.list({ subscription: subscription.id })).data;
      expect(invoice).toMatchObject({ status: "open", attempt_count: 4, next_payment_attempt: null });
      if (status !== "unpaid") return;

      // The next period of an unpaid subscription begins with a draft that nobody sends.
      await advance(clock, Date.UTC(2031, 2, 31, 20) / 1000);
      const [next] = (await stripe.invoices.list({ subscription: subscription.id })).data;
      expect(next).toMatchObject({ status: "draft", auto_advance: false });
    },
  );

  test("does not come when the subscription was to end with its period", async () => {
    const { clock, customer, subscription } = await onClock();
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    const renewal = Date.UTC(2031, 1, 28, 12) / 1000;
    await advance(clock, renewal + DAY);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: "canceled",
      ended_at: renewal,
    });
    expect(await typesOf(customer)).not.toContain("invoice.upcoming");
    expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
  });

  test("that cannot be made final stays a draft and says why, until it is mended", async () => {
    const { clock, customer, subscription } = await onClock();
    await stripe.customers.update(customer, { metadata: { sandbox_finalization: "fails" } });
    await advance(clock, Date.UTC(2031, 1, 28, 14) / 1000);
    const { event } = await harness.webhook(
      ({ type, data }) => type === "invoice.finalization_failed" && data.object.customer === customer,
    );
    const [invoice] = (await stripe.invoices.list({ subscription: subscription.id })).data;
    const id = invoice?.id ?? "";
    expect(event.data.object).toMatchObject({
      id,
      status: "draft",
      last_finalization_error: { code: "customer_tax_location_invalid" },
    });
    await expect(stripe.invoices.finalizeInvoice(id)).rejects.toMatchObject({
      code: "customer_tax_location_invalid",
    });
    await stripe.customers.update(customer, { metadata: { sandbox_finalization: "" } });
    expect(await stripe.invoices.finalizeInvoice(id)).toMatchObject({
      status: "paid",
      last_finalization_error: null,
    });
  });
});

test("a trial's end is told three days before, and then it is paid for", async () => {
  const { clock, customer, subscription } = await onClock("pm_card_visa", { trial_period_days: 14 });
  expect(subscription).toMatchObject({ status: "trialing", trial_end: START + 14 * DAY });
  await advance(clock, START + 10 * DAY);
  expect(await typesOf(customer)).not.toContain("customer.subscription.trial_will_end");
  await advance(clock, START + 11 * DAY);
  const { event } = await harness.webhook(
    ({ type, data }) => type === "customer.subscription.trial_will_end" && data.object.id === subscription.id,
  );
  expect(event.data.object).toMatchObject({ status: "trialing" });
  await advance(clock, START + 14 * DAY + HOUR);
  const running = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  expect(running).toMatchObject({ status: "active", latest_invoice: { status: "paid", amount_paid: 2000 } });
  const warned = (await typesOf(customer)).filter((type) => type === "customer.subscription.trial_will_end");
  expect(warned).toHaveLength(1);
});

describe("a trial that ends without a card", () => {
  test.each([
    ["pause", "paused"],
    ["cancel", "canceled"],
    ["create_invoice", "past_due"],
  ] as const)("with the behavior %s leaves the subscription %s", async (missing_payment_method, status) => {
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START });
    const customer = await stripe.customers.create({ test_clock: clock.id });
    const { id } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: catalogue.proMonthly.id }],
      trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method } },
    });
    await advance(clock.id, START + 8 * DAY);
    expect((await stripe.subscriptions.retrieve(id)).status).toBe(status);
    if (status !== "paused") return;

    await harness.webhook(
      ({ type, data }) => type === "customer.subscription.paused" && data.object.id === id,
    );
    const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    await stripe.subscriptions.update(id, { default_payment_method: method.id });
    const resumed = await stripe.subscriptions.resume(id, { expand: ["latest_invoice"] });
    expect(resumed).toMatchObject({ status: "active", latest_invoice: { status: "paid" } });
    expect(resumed.items.data[0]?.current_period_start).toBe(START + 8 * DAY);
    await harness.webhook(
      ({ type, data }) => type === "customer.subscription.resumed" && data.object.id === id,
    );
    await expect(stripe.subscriptions.resume(id)).rejects.toMatchObject({ statusCode: 400 });
  });
});
