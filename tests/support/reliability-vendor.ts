/** The payments stand-in as a storm needs it: many objects with a history, and what it has to tell. */
import { randomUUID } from "node:crypto";
import Stripe from "stripe";
import { signatureHeader } from "@/lib/sandbox/stripe/webhook-signature";
import type { startBackend } from "./backend";
import { type Delivery, STRIPE_WEBHOOK_SECRET } from "./vendors";

type Backend = Awaited<ReturnType<typeof startBackend>>;

/** What a history is made with: the stand-in's control, and the app's database. */
export interface VendorDesk {
  urls: { control: string };
  rows: Backend["rows"];
}

export interface ListedEvent {
  id: string;
  type: string;
}

/** One workspace in so many has a second subscription, and is to lose the later one. */
const TWO_IN = 10;
const PAGE = 5_000;

async function control<T>(desk: VendorDesk, path: string, body?: object): Promise<T> {
  const response = await fetch(
    `${desk.urls.control}${path}`,
    body && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ vendor: "stripe", ...body }),
    },
  );
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** Workspaces with an owner each, straight into the tables: nobody needs two thousand welcomes. */
async function insertWorkspaces(
  desk: VendorDesk,
  count: number,
): Promise<{ workspaceId: string; email: string }[]> {
  return desk.rows(
    `WITH pair AS (
       SELECT gen_random_uuid() AS user_id, gen_random_uuid() AS workspace_id, gen_random_uuid() AS word
         FROM generate_series(1, $1::int)),
     person AS (
       INSERT INTO "user" (id, provider, subject, email, email_verified, name, updated_at)
       SELECT user_id, 'storm', word::text, 'owner-' || word || '@example.com', true, 'Owner', now() FROM pair),
     place AS (
       INSERT INTO workspace (id, name, updated_at) SELECT workspace_id, 'Workspace', now() FROM pair),
     member AS (
       INSERT INTO membership (id, user_id, workspace_id, role)
       SELECT gen_random_uuid(), user_id, workspace_id, 'OWNER' FROM pair)
     SELECT workspace_id AS "workspaceId", 'owner-' || word || '@example.com' AS email FROM pair`,
    [count],
  );
}

/** Subscriptions that have had so many events between them, none of them sent. Gives their ids. */
export async function seedSubscriptions(
  desk: VendorDesk,
  { objects, events, seed }: { objects: number; events: number; seed: number },
): Promise<string[]> {
  await control(desk, "/deliveries", { state: "off" });
  const people = await insertWorkspaces(desk, objects - Math.floor(objects / TWO_IN));
  const customers = Array.from({ length: objects }, (_, index) => {
    // The surplus goes to the first workspaces once more.
    const person = people[index % people.length];
    if (!person) throw new Error("there is nobody to subscribe");
    return {
      email: person.email,
      metadata: { workspace_id: person.workspaceId, operation_id: randomUUID() },
    };
  });
  const prices = ["pro_month", "pro_year", "team_month", "team_year"];
  const { subscriptions } = await control<{ subscriptions: { subscription: string }[] }>(desk, "/seed", {
    customers,
    prices,
    events,
    seed,
  });
  return subscriptions.map(({ subscription }) => subscription);
}

/** What the vendor would tell of subscriptions, oldest first; each call goes on where the last one ended. */
export function eventReader(desk: VendorDesk): () => Promise<ListedEvent[]> {
  let after: string | null = null;
  return async () => {
    const all: ListedEvent[] = [];
    for (let hasMore = true; hasMore; ) {
      const query = new URLSearchParams({ vendor: "stripe", limit: String(PAGE), ...(after && { after }) });
      const page: { events: ListedEvent[]; hasMore: boolean } = await control(desk, `/events?${query}`);
      all.push(...page.events);
      after = page.events.at(-1)?.id ?? after;
      hasMore = page.hasMore;
    }
    return all.filter(({ type }) => type.startsWith("customer.subscription."));
  };
}

/** An event that says no more than that something is new about a subscription: nothing else of it is believed. */
export function newsOf(subscriptionId: string): ListedEvent & Record<string, unknown> {
  return {
    id: `evt_${randomUUID().replaceAll("-", "")}`,
    object: "event",
    api_version: Stripe.API_VERSION,
    created: Math.floor(Date.now() / 1_000),
    livemode: false,
    type: "customer.subscription.updated",
    data: { object: { id: subscriptionId, object: "subscription" } },
  };
}

/** An event as the vendor sends it now. */
export function signedDelivery(event: ListedEvent): Pick<Delivery, "headers" | "body"> {
  const body = JSON.stringify(event);
  const signature = signatureHeader(body, [STRIPE_WEBHOOK_SECRET], Date.now());
  return { headers: { "content-type": "application/json", "stripe-signature": signature }, body };
}

/** What a customer does: ends it, or cancels it at the period's end, or takes that back. Always makes an event. */
export async function changeSubscription(
  { stripe }: Backend,
  subscriptionId: string,
  random: () => number,
): Promise<void> {
  const touch = () => stripe.subscriptions.update(subscriptionId, { metadata: { touched: randomUUID() } });
  const current = await stripe.subscriptions.retrieve(subscriptionId);
  if (current.status === "canceled") {
    await touch();
    return;
  }
  try {
    await (random() < 0.1
      ? stripe.subscriptions.cancel(subscriptionId)
      : stripe.subscriptions.update(subscriptionId, { cancel_at_period_end: !current.cancel_at_period_end }));
  } catch (error) {
    // A worker may have ended it meanwhile, as the second one of its workspace.
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
    await touch();
  }
}
