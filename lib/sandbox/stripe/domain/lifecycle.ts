/**
 * What time does to an account: sessions expire, trials end, periods renew, failed payments are tried again. Nothing else
 * in the stand-in looks at whether something is due, so that test clocks have one place to come in.
 */
import type { Subscription } from "../wire";
import type { World } from "../world";
import { expireSession } from "./checkout";
import { claimItems, draftInvoice, pendingItems, pendingLines, voidInvoice } from "./invoices";
import { periodEndAfter } from "./periods";
import { fullPeriod } from "./proration";
import { cancelSubscription, collectInvoice, defaultMethodOf, issueAndCollect } from "./subscriptions";

/** How long a first payment may be outstanding. https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses */
const INCOMPLETE_FOR = 23 * 3600;

/** Bounds how much a long sleep makes up for at once. */
const MAXIMUM_RENEWALS = 36;

/** Lets everything happen that is due by now. Cheap to call often. */
export function settleDue(world: World): void {
  for (const session of world.list("checkout_sessions")) {
    if (session.status === "open" && session.expires_at <= world.nowFor(session.customer))
      expireSession(world, session.id);
  }
  for (const subscription of world.list("subscriptions")) settleSubscription(world, subscription.id);
}

/** The next time (Unix seconds) at which `settleDue` has anything to do; infinite when never. */
export function nextDueAt(world: World): number {
  let soonest = Number.POSITIVE_INFINITY;
  for (const session of world.list("checkout_sessions")) {
    if (session.status === "open") soonest = Math.min(soonest, session.expires_at);
  }
  for (const subscription of world.list("subscriptions")) {
    soonest = Math.min(soonest, dueAtOf(world, subscription)?.at ?? Number.POSITIVE_INFINITY);
  }
  return soonest;
}

type Due = { at: number; kind: "cancel" | "expire_incomplete" | "renew" | "retry" };

function dueAtOf(world: World, subscription: Subscription): Due | null {
  const { status } = subscription;
  if (status === "incomplete")
    return { at: subscription.created + INCOMPLETE_FOR, kind: "expire_incomplete" };
  if (!["active", "trialing", "past_due"].includes(status)) return null;
  const periodEnd = subscription.items.data[0]?.current_period_end ?? Number.POSITIVE_INFINITY;
  const candidates: Due[] = [{ at: periodEnd, kind: "renew" }];
  if (subscription.cancel_at !== null) candidates.push({ at: subscription.cancel_at, kind: "cancel" });
  if (status === "past_due") {
    const invoice = subscription.latest_invoice
      ? world.get("invoices", subscription.latest_invoice)
      : undefined;
    if (invoice?.status === "open") {
      candidates.push({ at: invoice.next_payment_attempt ?? giveUpAt(invoice.created), kind: "retry" });
    }
  }
  // A cancellation at the very end of a period comes before its renewal.
  return candidates.reduce((first, next) =>
    next.at < first.at || (next.at === first.at && next.kind === "cancel") ? next : first,
  );
}

/** An invoice whose attempts are used up ends its subscription at once; one that nobody could try gets a fortnight. */
function giveUpAt(created: number): number {
  return created + 15 * 24 * 3600;
}

function settleSubscription(world: World, id: string): void {
  for (let count = 0; count < MAXIMUM_RENEWALS; count += 1) {
    const subscription = world.need("subscriptions", id);
    const due = dueAtOf(world, subscription);
    if (!due || due.at > world.nowFor(subscription.customer)) return;
    world.at(due.at, () => settleOne(world, subscription, due.kind));
  }
}

function settleOne(world: World, subscription: Subscription, kind: Due["kind"]): void {
  if (kind === "renew") renew(world, subscription);
  else if (kind === "retry") retry(world, subscription);
  else if (kind === "expire_incomplete") expireIncomplete(world, subscription);
  else {
    const { comment = null, feedback = null } = subscription.cancellation_details ?? {};
    cancelSubscription(world, subscription.id, { reason: "cancellation_requested", comment, feedback });
  }
}

function expireIncomplete(world: World, subscription: Subscription): void {
  const invoice = subscription.latest_invoice
    ? world.get("invoices", subscription.latest_invoice)
    : undefined;
  if (invoice?.status === "open") voidInvoice(world, invoice.id);
  const changes = { status: "incomplete_expired" as const, ended_at: world.nowFor(subscription.customer) };
  world.change("subscriptions", subscription.id, changes, "customer.subscription.updated");
}

function renew(world: World, subscription: Subscription): void {
  const { id, items } = subscription;
  const [first] = items.data;
  if (!first?.price.recurring) throw new Error(`${id} has no recurring item.`);
  const start = first.current_period_end;
  const end = periodEndAfter(start, subscription.billing_cycle_anchor, first.price.recurring);
  const waiting = pendingItems(world, id);
  const lines = items.data.map((item) => {
    const plain = { price: item.price, quantity: item.quantity ?? 1, metadata: item.metadata };
    return fullPeriod(world, id, item.id, plain, { periodStart: start, periodEnd: end });
  });
  const draft = draftInvoice(world, {
    customer: subscription.customer,
    currency: subscription.currency,
    billingReason: "subscription_cycle",
    lines: [...pendingLines(world, waiting), ...lines],
    periodStart: first.current_period_start,
    periodEnd: start,
    subscription: { id, metadata: subscription.metadata },
    defaultPaymentMethod: null,
  });
  const data = items.data.map((item) => ({ ...item, current_period_start: start, current_period_end: end }));
  const status = subscription.status === "trialing" ? ("active" as const) : subscription.status;
  const changes = { status, items: { ...items, data }, latest_invoice: draft.id };
  world.change("subscriptions", id, changes, "customer.subscription.updated");
  claimItems(world, waiting, draft.id);
  issueAndCollect(world, draft);
}

function retry(world: World, subscription: Subscription): void {
  const invoice = world.need("invoices", subscription.latest_invoice ?? "");
  const method = defaultMethodOf(world, subscription);
  if (invoice.next_payment_attempt !== null && method) collectInvoice(world, invoice.id, method);
  if (world.need("invoices", invoice.id).next_payment_attempt !== null) return;
  if (world.need("subscriptions", subscription.id).status !== "past_due") return;
  cancelSubscription(world, subscription.id, { reason: "payment_failed" });
}
