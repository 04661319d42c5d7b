/**
 * Fills the account with many subscriptions that have a history, for tests and benches: far quicker than the API could,
 * with the same objects. `POST /seed` on the control port:
 *
 *     {"vendor": "stripe",
 *      "customers": [{"email": "a@example.com", "metadata": {"workspace_id": "…"}}, …],   // one subscription each
 *      "prices": ["pro_monthly", "price_…"],   // lookup keys or ids; plan changes pick from them
 *      "events": 50000,                        // in all, spread over the subscriptions at random; default: one each
 *      "seed": 7,                              // same number, same history
 *      "cancelled": 0.15}                      // this share ends with customer.subscription.deleted
 *
 * answers `{"subscriptions": [{"customer": "cus_…", "subscription": "sub_…", "events": 25, "status": "active"}, …],
 * "events": 50000, "after": "evt_…" or null}`. A customer's metadata stand on its subscription too. Only
 * `customer.subscription.*` events are made (the customer, its card and its paid first invoice are there without), and
 * none is delivered: read them from the control port, oldest first, with `GET /events?vendor=stripe&limit=5000&after=<after>`
 * (leave `after` out where it is null; then the last id of each page), and deliver them in whatever order is wanted. A body
 * is `JSON.stringify(event)`, signed with the SDK's `webhooks.generateTestHeaderString`. The present state of each subscription is what `GET /v1/subscriptions/:id` answers.
 */
import { z } from "zod";
import { ControlRefusedError } from "@/lib/sandbox/kernel/controls";
import { cancellationFields } from "./domain/cancellations";
import { findCardByAlias } from "./domain/cards";
import { attachMethod, createCard } from "./domain/payments";
import { collectInvoice, startSubscription } from "./domain/subscriptions";
import { makeCustomer } from "./objects/make-customer";
import { makePlan } from "./objects/make-price";
import type { Price, Subscription } from "./wire";
import type { World } from "./world";

const inputSchema = z.strictObject({
  customers: z
    .array(
      z.strictObject({
        email: z.string().nullable().default(null),
        name: z.string().nullable().default(null),
        metadata: z.record(z.string(), z.string()).default({}),
      }),
    )
    .min(1)
    .max(20_000),
  prices: z.array(z.string()).min(1),
  events: z.number().int().min(1).max(500_000).optional(),
  seed: z.number().int().min(1).default(1),
  cancelled: z.number().min(0).max(1).default(0.15),
});

type SeedInput = z.infer<typeof inputSchema>;

export interface SeededSubscription {
  customer: string;
  subscription: string;
  /** How many of the events are about it. */
  events: number;
  status: Subscription["status"];
}

export interface SeedAnswer {
  subscriptions: SeededSubscription[];
  events: number;
  /** The last event before; null when there was none. */
  after: string | null;
}

/** Room beside the seeded events for what happens later. */
const SPARE_EVENTS = 10_000;

/** @throws ControlRefusedError naming what is wrong with the input */
export function seedBulk(world: World, input: unknown): SeedAnswer {
  const parsed = inputSchema.safeParse(input);
  if (!parsed.success) throw new ControlRefusedError(parsed.error.issues.map(describeIssue).join("; "));
  const { data } = parsed;
  const total = data.events ?? data.customers.length;
  if (total < data.customers.length)
    throw new ControlRefusedError("events: at least one for each customer, its subscription's beginning");
  const prices = data.prices.map((name) => findPrice(world, name));
  const random = createRandom(data.seed);
  keepEvents(world, total);

  const before = world.list("events").at(-1)?.id;
  const isSeeded = (type: string) => type.startsWith("customer.subscription.");
  const seeded = world.quietly(isSeeded, () => {
    const made = data.customers.map((customer) => beginOne(world, customer, pick(prices, random)));
    const spread = spreadEvents(made.length, total - made.length, random);
    for (const index of spread.order) {
      const row = made[index];
      if (!row) continue;
      row.events += 1;
      spread.remaining[index] = (spread.remaining[index] ?? 1) - 1;
      const isLast = spread.remaining[index] === 0;
      changeOne(world, row.subscription, { prices, random, ends: isLast && random() < data.cancelled });
    }
    return made;
  });
  const events = world.list("events");
  const first = before === undefined ? 0 : events.findIndex(({ id }) => id === before) + 1;
  return {
    subscriptions: seeded.map((row) => ({
      ...row,
      status: world.need("subscriptions", row.subscription).status,
    })),
    events: events.length - first,
    after: before ?? null,
  };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return `${issue.path.join(".")}: ${issue.message}`;
}

function findPrice(world: World, name: string): Price {
  const price = world.get("prices", name) ?? world.list("prices").find((row) => row.lookup_key === name);
  if (!price?.recurring) throw new ControlRefusedError(`prices: there is no recurring price '${name}'`);
  return price;
}

function keepEvents(world: World, more: number): void {
  const [account] = world.list("account");
  if (!account) throw new ControlRefusedError("The account is not laid down yet.");
  world.put("account", { ...account, keptEvents: world.list("events").length + more + SPARE_EVENTS });
}

/** A customer with a card and an active subscription whose first invoice is paid. */
function beginOne(
  world: World,
  { email, name, metadata }: SeedInput["customers"][number],
  price: Price,
): Omit<SeededSubscription, "status"> {
  const card = findCardByAlias("pm_card_visa");
  if (!card) throw new Error("The sandbox has lost its test cards.");
  const customer = world.put("customers", {
    ...makeCustomer({ created: world.now(), email, name, metadata }),
  });
  const method = createCard(world, { card, expMonth: 12, expYear: 2034, name, email });
  attachMethod(world, method.id, customer.id);
  // The one event of the beginning: as it stands once it is paid.
  const { subscription, invoice } = world.quietly(
    () => false,
    () =>
      startSubscription(world, {
        customer: customer.id,
        items: [{ price, quantity: 1, metadata: {} }],
        metadata,
        description: null,
        defaultPaymentMethod: method.id,
        trialEnd: null,
        paidBy: null,
      }),
  );
  world.quietly(
    () => false,
    () => collectInvoice(world, invoice.id, method.id),
  );
  world.emit("customer.subscription.created", world.need("subscriptions", subscription.id));
  return { customer: customer.id, subscription: subscription.id, events: 1 };
}

interface HistoryStep {
  prices: readonly Price[];
  random(): number;
  /** Whether this is the last that happens to it, and its end. */
  ends: boolean;
}

/** One change, always a real one, so that there is an event for it. */
function changeOne(world: World, id: string, { prices, random, ends }: HistoryStep): void {
  const subscription = world.need("subscriptions", id);
  const now = world.nowFor(subscription.customer);
  if (ends) {
    const cancellation_details = {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: "cancellation_requested" as const,
    };
    const changes = { status: "canceled" as const, canceled_at: now, ended_at: now, cancellation_details };
    world.change("subscriptions", id, changes, "customer.subscription.deleted");
    return;
  }
  world.change(
    "subscriptions",
    id,
    randomChange(subscription, prices, random, now),
    "customer.subscription.updated",
  );
}

function randomChange(
  subscription: Subscription,
  prices: readonly Price[],
  random: () => number,
  now: number,
): Partial<Subscription> {
  const kind = random();
  const others = prices.filter((price) => price.id !== subscription.items.data[0]?.price.id);
  if (kind < 0.4 && others.length > 0) {
    const price = pick(others, random);
    const data = subscription.items.data.map((item) => ({ ...item, price, plan: makePlan(price) }));
    return { items: { ...subscription.items, data } };
  }
  if (kind < 0.7) return cancellationFields(subscription, !subscription.cancel_at_period_end, now);
  const statuses = (["active", "past_due", "unpaid"] as const).filter((name) => name !== subscription.status);
  return { status: pick(statuses, random) };
}

/** Which subscription each further event is about, mixed. */
function spreadEvents(subscriptions: number, events: number, random: () => number) {
  const order = Array.from({ length: events }, (_, index) => index % subscriptions);
  for (let index = order.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    const [left, right] = [order[index] ?? 0, order[other] ?? 0];
    order[index] = right;
    order[other] = left;
  }
  const remaining = new Array<number>(subscriptions).fill(0);
  for (const index of order) remaining[index] = (remaining[index] ?? 0) + 1;
  return { order, remaining };
}

function pick<T>(values: readonly T[], random: () => number): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("Nothing to pick from.");
  return value;
}

/** Mulberry32: small, seeded, good enough for a made-up history. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
