/**
 * Every object that the sandbox answers against the vendor's own published example of it: each key of the example is
 * there, with the same JSON type (or null on either side), all the way down.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createCatalogue,
  createCheckout,
  createSubscriber,
  type Harness,
  startHarness,
} from "./sandbox-stripe-harness";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const { resources }: { resources: Record<string, Json> } = JSON.parse(
  readFileSync(new URL("../fixtures/stripe-object-examples.json", import.meta.url), "utf8"),
);

let harness: Harness;
const samples = new Map<string, Json[]>();

/** Asks past the SDK, which turns decimals into objects: what counts is the JSON. */
async function fetchJson(path: string): Promise<Json> {
  const response = await fetch(`${harness.baseUrl}${path}`, {
    headers: { authorization: "Bearer sk_test_sandbox" },
  });
  const body: Json = await response.json();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${JSON.stringify(body)}`);
  return body;
}

async function sample(name: string, ...paths: string[]): Promise<void> {
  samples.set(name, await Promise.all(paths.map(fetchJson)));
}

beforeAll(async () => {
  harness = await startHarness();
  const { stripe } = harness;
  const { proMonthly, teamMonthly } = await createCatalogue(stripe);
  const open = await createCheckout(harness, proMonthly);
  const { customer, session, subscription } = await createSubscriber(harness, proMonthly);
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: subscription.items.data[0]?.id, price: teamMonthly.id }],
    proration_behavior: "always_invoice",
  });
  const [charge] = (await stripe.charges.list({ customer: customer.id })).data;
  const [method] = (await stripe.paymentMethods.list({ customer: customer.id })).data;
  const [intent] = (await stripe.paymentIntents.list({ customer: customer.id })).data;
  const [invoice] = (await stripe.invoices.list({ customer: customer.id })).data;
  const [payment] = (await stripe.invoicePayments.list({ invoice: invoice?.id })).data;
  const refund = await stripe.refunds.create({ charge: charge?.id ?? "" });
  const setup = await stripe.setupIntents.create({ customer: customer.id });
  const portal = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    return_url: harness.appUrl,
  });
  const [configuration] = (await stripe.billingPortal.configurations.list()).data;
  const [endpoint] = (await stripe.webhookEndpoints.list()).data;
  const [event] = (await stripe.events.list({ type: "customer.subscription.updated" })).data;

  await sample(
    "checkout.session",
    `/v1/checkout/sessions/${session.id}`,
    `/v1/checkout/sessions/${open.session.id}`,
  );
  await sample("customer", `/v1/customers/${customer.id}`);
  await sample("product", `/v1/products/${String(proMonthly.product)}`);
  await sample("price", `/v1/prices/${proMonthly.id}`);
  await sample("subscription", `/v1/subscriptions/${subscription.id}`);
  await sample("subscription_item", `/v1/subscription_items/${subscription.items.data[0]?.id}`);
  await sample("invoice", `/v1/invoices/${invoice?.id}`);
  await sample("invoice_payment", `/v1/invoice_payments/${payment?.id}`);
  await sample("payment_intent", `/v1/payment_intents/${intent?.id}`);
  await sample("payment_method", `/v1/payment_methods/${method?.id}`);
  await sample("setup_intent", `/v1/setup_intents/${setup.id}`);
  await sample("charge", `/v1/charges/${charge?.id}`);
  await sample("refund", `/v1/refunds/${refund.id}`);
  await sample("billing_portal.configuration", `/v1/billing_portal/configurations/${configuration?.id}`);
  await sample("webhook_endpoint", `/v1/webhook_endpoints/${endpoint?.id}`);
  await sample("event", `/v1/events/${event?.id}`);
  samples.set("billing_portal.session", [JSON.parse(JSON.stringify(portal))]);
  const lines = await fetchJson(`/v1/invoices/${invoice?.id}/lines`);
  samples.set(
    "line_item",
    lines && typeof lines === "object" && "data" in lines ? (lines.data as Json[]) : [],
  );
});

afterAll(() => harness.stop());

/** Keys in there are the account's own, or belong to whatever kind of object the event is about. */
const FREE = new Set(["payment_method.metadata", "event.data.object"]);

/** Where `ours` lacks a key of `example` or has another type. */
function differences(example: Json, ours: Json, path: string): string[] {
  if (example === null || ours === null || FREE.has(path)) return [];
  if (typeOf(example) !== typeOf(ours)) return [`${path}: ${typeOf(ours)} instead of ${typeOf(example)}`];
  if (Array.isArray(example) && Array.isArray(ours)) {
    const [first] = example;
    return first === undefined
      ? []
      : ours.flatMap((entry, index) => differences(first, entry, `${path}[${index}]`));
  }
  if (
    typeof example !== "object" ||
    typeof ours !== "object" ||
    Array.isArray(example) ||
    Array.isArray(ours)
  )
    return [];
  return Object.entries(example).flatMap(([key, value]) => {
    const entry = ours[key];
    return entry === undefined ? [`${path}.${key} is missing`] : differences(value, entry, `${path}.${key}`);
  });
}

function typeOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

describe("an answer has every field of the vendor's example, with its type", () => {
  test.each(Object.keys(resources))("%s", (name) => {
    const ours = samples.get(name) ?? [];
    expect(ours.length).toBeGreaterThan(0);
    for (const object of ours) {
      const found = differences(resources[name] ?? null, object, name);
      expect(found).toEqual([]);
    }
  });

  test("and the comparison notices a missing key, another type, and a gap deep inside", () => {
    const example = { id: "a", amount: 1, list: { data: [{ x: 1 }] }, flag: null };
    expect(differences(example, { id: "b", amount: 2, list: { data: [{ x: 3 }] }, flag: true }, "o")).toEqual(
      [],
    );
    expect(differences(example, { amount: "2", list: { data: [{}] }, flag: null }, "o")).toEqual([
      "o.id is missing",
      "o.amount: string instead of number",
      "o.list.data[0].x is missing",
    ]);
  });
});
