/**
 * A new period: what is said of it ahead, the draft that begins it, and the hour later in which that is made final and
 * charged. https://docs.stripe.com/billing/invoices/subscription#subscription-lifecycle-events
 */
import type { Subscription } from "../wire";
import type { World } from "../world";
import { draftInvoice } from "./invoices";
import { endTrialWithoutCard } from "./pausing";
import { claimItems, pendingItems, pendingLines } from "./pending-items";
import { periodEndAfter } from "./periods";
import { previewSubscription } from "./preview-invoice";
import { fullPeriod } from "./proration";
import { collectCycle } from "./subscriptions";

/** How long the draft of a renewal may still be edited. */
const DRAFT_FOR = 3600;

/** Tells of the next invoice, which has no id yet. */
export function announceUpcoming(world: World, subscription: Subscription): void {
  const { id, items } = subscription;
  const announcedFor = items.data[0]?.current_period_end ?? null;
  const told = world.get("subscription_records", id) ?? { id, warnedFor: null };
  world.put("subscription_records", { ...told, announcedFor });
  const change = {
    items: [],
    prorationBehavior: "none" as const,
    at: world.nowFor(subscription.customer),
  };
  const { id: _id, ...upcoming } = previewSubscription(world, subscription, change);
  world.emit("invoice.upcoming", upcoming);
}

/** Begins the next period with a draft, which is made final an hour later; of an unpaid subscription it stays a draft. */
export function renew(world: World, subscription: Subscription): void {
  if (endTrialWithoutCard(world, subscription)) return;
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
  const made = draftInvoice(world, {
    customer: subscription.customer,
    currency: subscription.currency,
    billingReason: "subscription_cycle",
    lines: [...pendingLines(world, waiting), ...lines],
    periodStart: first.current_period_start,
    periodEnd: start,
    subscription: { id, metadata: subscription.metadata },
    defaultPaymentMethod: null,
  });
  const advances = subscription.status !== "unpaid";
  const finalAt = advances ? made.created + DRAFT_FOR : null;
  const draft = {
    ...made,
    auto_advance: advances,
    automatically_finalizes_at: finalAt,
    next_payment_attempt: finalAt,
  };
  const data = items.data.map((item) => ({ ...item, current_period_start: start, current_period_end: end }));
  const status = subscription.status === "trialing" ? ("active" as const) : subscription.status;
  const changes = { status, items: { ...items, data }, latest_invoice: draft.id };
  world.change("subscriptions", id, changes, "customer.subscription.updated");
  world.add("invoices", draft, "invoice.created");
  claimItems(world, waiting, draft.id);
}

/** Makes a renewal's draft final and charges it. */
export function finalizeCycle(world: World, subscription: Subscription): void {
  collectCycle(world, subscription.latest_invoice ?? "");
}
