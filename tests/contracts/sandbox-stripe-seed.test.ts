/** The bulk seed of the control port: many subscriptions with a history, made quickly, nothing delivered. */
import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SeedAnswer } from "@/lib/sandbox/stripe/bulk-seed";
import { createCatalogue, type Harness, startHarness } from "./sandbox-stripe-harness";

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
  await createCatalogue(harness.stripe);
});

afterAll(() => harness.stop());

async function seed(input: object): Promise<{ status: number; answer: SeedAnswer & { error?: string } }> {
  const response = await fetch(`${harness.controlUrl()}/seed`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ vendor: "stripe", ...input }),
  });
  return { status: response.status, answer: (await response.json()) as SeedAnswer & { error?: string } };
}

async function eventsAfter(after: string | null, limit: number): Promise<Stripe.Event[]> {
  const all: Stripe.Event[] = [];
  for (let last = after; ; ) {
    const query = new URLSearchParams({
      vendor: "stripe",
      limit: String(limit),
      ...(last ? { after: last } : {}),
    });
    const response = await fetch(`${harness.controlUrl()}/events?${query}`);
    const page = (await response.json()) as { events: Stripe.Event[]; hasMore: boolean };
    all.push(...page.events);
    last = page.events.at(-1)?.id ?? null;
    if (!page.hasMore) return all;
  }
}

function priceOf(event: Stripe.Event | undefined): string | undefined {
  const subscription = event?.data.object as Stripe.Subscription | undefined;
  return subscription?.items.data[0]?.price.id;
}

const customersOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    email: `person${index}@example.com`,
    metadata: { workspace_id: `workspace-${index}` },
  }));

test("makes the asked number of subscriptions and events, and the API answers what the last event says", async () => {
  const { answer } = await seed({
    customers: customersOf(40),
    prices: ["pro_monthly", "team_monthly"],
    events: 1000,
  });
  expect(answer.events).toBe(1000);
  expect(answer.subscriptions).toHaveLength(40);
  expect(answer.subscriptions.reduce((sum, { events }) => sum + events, 0)).toBe(1000);
  const events = await eventsAfter(answer.after, 300);
  expect(events).toHaveLength(1000);
  expect(new Set(events.map(({ type }) => type))).toEqual(
    new Set(["created", "updated", "deleted"].map((change) => `customer.subscription.${change}`)),
  );
  for (const { subscription, customer, status } of answer.subscriptions) {
    const last = events.findLast(({ data }) => "id" in data.object && data.object.id === subscription);
    const real = await harness.stripe.subscriptions.retrieve(subscription);
    expect(last?.data.object).toMatchObject({ id: subscription, status, customer });
    expect(real.status).toBe(status);
    expect(real.items.data[0]?.price.id).toBe(priceOf(last));
    expect(real.metadata.workspace_id).toMatch(/^workspace-\d+$/);
  }
  expect(answer.subscriptions.some(({ status }) => status === "canceled")).toBe(true);
  // Each update says what changed: there is none that changes nothing.
  for (const { type, data } of events) {
    if (type === "customer.subscription.updated")
      expect(Object.keys(data.previous_attributes ?? {})).not.toEqual([]);
  }
  const seeded = new Set(events.map(({ id }) => id));
  expect(harness.received.filter(({ event }) => seeded.has(event.id))).toEqual([]);
});

test("the same number gives the same history", async () => {
  const input = { customers: customersOf(10), prices: ["pro_monthly", "team_monthly"], events: 200, seed: 9 };
  const histories = [];
  for (let round = 0; round < 2; round += 1) {
    const { answer } = await seed(input);
    histories.push(answer.subscriptions.map(({ events, status }) => ({ events, status })));
  }
  expect(histories[0]).toEqual(histories[1]);
});

test("refuses what it does not understand in plain words", async () => {
  const few = await seed({ customers: customersOf(3), prices: ["pro_monthly"], events: 2 });
  expect(few).toMatchObject({
    status: 400,
    answer: { error: expect.stringContaining("at least one for each") },
  });
  const unknown = await seed({ customers: customersOf(1), prices: ["nothing"] });
  expect(unknown).toMatchObject({
    status: 400,
    answer: { error: "prices: there is no recurring price 'nothing'" },
  });
  const mail = await seed({ vendor: "resend" });
  expect(mail).toMatchObject({ status: 400, answer: { error: "vendor: resend cannot be seeded" } });
});
