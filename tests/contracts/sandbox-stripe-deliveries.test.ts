/** The control port's hold on webhooks (off, held, shuffled, repeated, sent again) and answers that are lost on the way. */
import Stripe from "stripe";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "@/tests/support/poll";
import {
  type Catalogue,
  createCatalogue,
  createSubscriber,
  type Harness,
  startHarness,
} from "./sandbox-stripe-harness";

let harness: Harness;
let stripe: Stripe;
/** Of the client that the SDK uses by default a reset is tried again, whatever one says. */
let once: Stripe;
let catalogue: Catalogue;

beforeAll(async () => {
  harness = await startHarness();
  stripe = harness.stripe;
  once = new Stripe("sk_test_sandbox", {
    host: "127.0.0.1",
    port: Number(new URL(harness.baseUrl).port),
    protocol: "http",
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(),
  });
  catalogue = await createCatalogue(stripe);
});

afterAll(() => harness.stop());

beforeEach(() => turn({ state: "on", order: "made", copies: 1 }));

async function control(path: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${harness.controlUrl()}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ vendor: "stripe", ...body }),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

const turn = (changes: object) => control("/deliveries", changes);

async function eventsAbout(id: string): Promise<Stripe.Event[]> {
  const events = await stripe.events.list({ limit: 100 });
  return events.data.filter(({ data }) => JSON.stringify(data.object).includes(id));
}

const arrivals = (event: string) => harness.received.filter((webhook) => webhook.event.id === event).length;

/** Nothing proves that nothing comes; a later message that has come proves that an earlier one was passed over. */
async function passMarker(): Promise<void> {
  const marker = await stripe.customers.create({ description: "marker" });
  await harness.webhook(({ data }) => JSON.stringify(data.object).includes(marker.id));
}

describe("webhooks", () => {
  test("that are off are never sent by themselves, are listed, and are sent when asked for", async () => {
    expect(await turn({ state: "off" })).toMatchObject({ status: 200, switch: { state: "off" } });
    const customer = await stripe.customers.create({ description: "unseen" });
    await turn({ state: "on" });
    await passMarker();
    const [event] = await eventsAbout(customer.id);
    const id = event?.id ?? "";
    expect(event?.type).toBe("customer.created");
    expect(arrivals(id)).toBe(0);

    expect(await control("/redeliver", { ids: [id] })).toMatchObject({ redelivered: 1 });
    const { body, signature } = await harness.webhook((received) => received.id === id);
    expect(signature).toMatch(/^t=\d+,v1=[0-9a-f]{64}/);
    expect(JSON.parse(body)).toMatchObject({ id, type: "customer.created" });
    await control("/redeliver", { ids: [id] });
    await eventually("the second delivery", async () => arrivals(id) === 2);
    expect(await control("/redeliver", { ids: ["evt_none"] })).toMatchObject({ status: 400 });
  });

  test("that are held wait, over a restart too, and come when they may", async () => {
    await turn({ state: "held" });
    const customer = await stripe.customers.create({ description: "waits" });
    const [event] = await eventsAbout(customer.id);
    await harness.restart();
    const state = (await (await fetch(`${harness.controlUrl()}/state`)).json()) as {
      vendors: { stripe: { switch: object; deliveries: { id: string; state: string; attempts: number }[] } };
    };
    expect(state.vendors.stripe.switch).toMatchObject({ state: "held" });
    expect(state.vendors.stripe.deliveries.find(({ id }) => id === event?.id)).toMatchObject({
      state: "pending",
      attempts: 0,
    });
    await turn({ state: "on" });
    await harness.webhook((received) => received.id === event?.id);
  });

  test("can be shuffled and repeated: each comes at least once, at most so often, in another order", async () => {
    await turn({ state: "held" });
    const customer = await stripe.customers.create({});
    for (let count = 0; count < 40; count += 1)
      await stripe.customers.update(customer.id, { description: `change ${count}` });
    const made = (await eventsAbout(customer.id)).map(({ id }) => id).toReversed();
    expect(made).toHaveLength(41);
    await turn({ state: "on", order: "shuffled", copies: 3 });
    await eventually("every event", async () => made.every((id) => arrivals(id) > 0));
    await eventually("all copies", async () => {
      const state = (await (await fetch(`${harness.controlUrl()}/state`)).json()) as {
        vendors: { stripe: { deliveries: { state: string }[] } };
      };
      return state.vendors.stripe.deliveries.every((row) => row.state !== "pending");
    });
    const came = harness.received.map(({ event }) => event.id).filter((id) => made.includes(id));
    expect([...new Set(came)]).not.toEqual(made);
    expect(came.length).toBeGreaterThan(made.length);
    for (const id of made) expect(arrivals(id)).toBeLessThanOrEqual(3);
  });

  test("of a disabled endpoint are made and not sent, as at the vendor", async () => {
    const [endpoint] = (await stripe.webhookEndpoints.list()).data;
    await stripe.webhookEndpoints.update(endpoint?.id ?? "", { disabled: true });
    const customer = await stripe.customers.create({});
    await stripe.webhookEndpoints.update(endpoint?.id ?? "", { disabled: false });
    await passMarker();
    const [event] = await eventsAbout(customer.id);
    expect(event).toMatchObject({ type: "customer.created", pending_webhooks: 0 });
    expect(arrivals(event?.id ?? "")).toBe(0);
  });

  test("are turned in words that are understood, or not at all", async () => {
    expect(await turn({ state: "sideways" })).toMatchObject({ status: 400 });
    expect(await turn({ vendor: "oncall" })).toMatchObject({
      status: 400,
      error: "vendor: oncall sends no webhooks",
    });
    const { switches } = (await (await fetch(`${harness.controlUrl()}/deliveries`)).json()) as {
      switches: object;
    };
    expect(switches).toMatchObject({ stripe: { state: "on", order: "made", copies: 1 }, oncall: null });
  });
});

/** Makes what a write needs; gives the write, to be called with a key of its own. */
interface Write {
  prepare(): Promise<(key: string) => Promise<{ id: string }>>;
}

/** What calls have left behind at the vendor, by collection. */
async function effects(): Promise<Record<string, number>> {
  const response = await fetch(`${harness.controlUrl()}/requests?format=json`);
  const { effects: counts } = (await response.json()) as { effects: Record<string, Record<string, number>> };
  return counts.stripe ?? {};
}

const customerWithSubscription = () => createSubscriber(harness, catalogue.proMonthly);

async function chargeOf(customer: string): Promise<string> {
  const [charge] = (await stripe.charges.list({ customer })).data;
  return charge?.id ?? "";
}

const WRITES: Record<string, Write> = {
  "POST /v1/customers": {
    prepare: async () => (idempotencyKey) =>
      once.customers.create({ email: "a@example.com" }, { idempotencyKey }),
  },
  "POST /v1/checkout/sessions": {
    prepare: async () => (idempotencyKey) =>
      once.checkout.sessions.create(
        {
          mode: "subscription",
          line_items: [{ price: catalogue.proMonthly.id, quantity: 1 }],
          success_url: harness.appUrl,
        },
        { idempotencyKey },
      ),
  },
  "POST /v1/billing_portal/sessions": {
    prepare: async () => {
      const { id: customer } = await stripe.customers.create({});
      return (idempotencyKey) => once.billingPortal.sessions.create({ customer }, { idempotencyKey });
    },
  },
  "POST /v1/subscriptions/*": {
    prepare: async () => {
      const { subscription } = await customerWithSubscription();
      return (idempotencyKey) =>
        once.subscriptions.update(
          subscription.id,
          {
            items: [{ id: subscription.items.data[0]?.id, price: catalogue.teamMonthly.id }],
            proration_behavior: "always_invoice",
          },
          { idempotencyKey },
        );
    },
  },
  "POST /v1/refunds": {
    prepare: async () => {
      const { customer } = await customerWithSubscription();
      const charge = await chargeOf(customer.id);
      return (idempotencyKey) => once.refunds.create({ charge, amount: 500 }, { idempotencyKey });
    },
  },
  "POST /v1/payment_intents": {
    prepare: async () => (idempotencyKey) =>
      once.paymentIntents.create(
        {
          amount: 500,
          currency: "usd",
          payment_method: "pm_card_visa",
          confirm: true,
          return_url: harness.appUrl,
        },
        { idempotencyKey },
      ),
  },
};

describe("an answer that is lost after the call was done (fault kind lost)", () => {
  test.each(Object.entries(WRITES))(
    "%s: told under the same key, and done once",
    async (route, { prepare }) => {
      const write = await prepare();
      const key = `lost-${route}`;
      const before = await effects();
      expect(await control("/faults", { kind: "lost", route, times: 1 })).toMatchObject({ status: 201 });
      await expect(write(key)).rejects.toMatchObject({ type: "StripeConnectionError" });
      const after = await effects();
      expect(after).not.toEqual(before);
      expect(await write(key)).toHaveProperty("id");
      expect(await effects()).toEqual(after);
    },
  );

  test("DELETE /v1/subscriptions/*: it has ended", async () => {
    const { subscription } = await customerWithSubscription();
    await control("/faults", { kind: "lost", route: "DELETE /v1/subscriptions/*", times: 1 });
    await expect(once.subscriptions.cancel(subscription.id)).rejects.toMatchObject({
      type: "StripeConnectionError",
    });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("canceled");
  });
});
