/** Ends of subscriptions. https://docs.stripe.com/billing/subscriptions/cancel */
import { makeInvoiceItem } from "../objects/make-invoice-line";
import type { Subscription } from "../wire";
import type { World } from "../world";
import { draftInvoice, voidInvoice } from "./invoices";
import { claimItems, pendingItems, pendingLines } from "./pending-items";
import { unusedTime } from "./proration";
import { issueAndCollect } from "./subscriptions";

/** The fields that asking for, or taking back, a cancellation at the period's end sets. */
export function cancellationFields(
  subscription: Subscription,
  cancels: boolean,
  now: number,
  details: Partial<NonNullable<Subscription["cancellation_details"]>> = {},
): Partial<Subscription> {
  const none = { comment: null, feedback: null, feedback_option: null, reason: null };
  if (!cancels) {
    return { cancel_at_period_end: false, cancel_at: null, canceled_at: null, cancellation_details: none };
  }
  return {
    cancel_at_period_end: true,
    cancel_at: subscription.items.data[0]?.current_period_end ?? null,
    canceled_at: now,
    cancellation_details: { ...none, ...details, reason: "cancellation_requested" },
  };
}

export interface CancelInput {
  reason: "cancellation_requested" | "payment_failed";
  comment?: string | null;
  feedback?: string | null;
  /** Credits what is left of the period. */
  prorate?: boolean;
  /** Invoices that credit (and what else waits) now. */
  invoiceNow?: boolean;
}

/** Ends a subscription at once. */
export function cancelSubscription(world: World, id: string, input: CancelInput): Subscription {
  const subscription = world.need("subscriptions", id);
  const now = world.nowFor(subscription.customer);
  const credits =
    input.prorate && subscription.status === "active"
      ? subscription.items.data.map((item) => unusedTime(world, id, item, now))
      : [];
  for (const line of credits) {
    world.add("invoice_items", makeInvoiceItem(subscription.customer, now, line), "invoiceitem.created");
  }
  const waiting = input.invoiceNow ? pendingItems(world, id) : [];
  if (waiting.length > 0) {
    const draft = draftInvoice(world, {
      customer: subscription.customer,
      currency: subscription.currency,
      billingReason: "subscription_update",
      lines: pendingLines(world, waiting),
      periodStart: subscription.items.data[0]?.current_period_start ?? now,
      periodEnd: now,
      subscription: { id, metadata: subscription.metadata },
      defaultPaymentMethod: null,
    });
    claimItems(world, waiting, draft.id);
    issueAndCollect(world, draft);
  }
  const latest = subscription.latest_invoice ? world.get("invoices", subscription.latest_invoice) : undefined;
  if (subscription.status === "incomplete" && latest?.status === "open") voidInvoice(world, latest.id);
  const { comment = null, feedback = null } = input;
  return world.change(
    "subscriptions",
    id,
    {
      status: "canceled",
      canceled_at: subscription.canceled_at ?? now,
      ended_at: now,
      cancellation_details: { comment, feedback, feedback_option: null, reason: input.reason },
    },
    "customer.subscription.deleted",
  );
}
