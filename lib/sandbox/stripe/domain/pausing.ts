/**
 * Trials that end without a card: the subscription is paused or ends, where it was asked for, and may be taken up again.
 * https://docs.stripe.com/billing/subscriptions/trials/free-trials#create-free-trials-without-payment
 */
import { invalidRequest } from "../http/api-error";
import type { Subscription } from "../wire";
import type { World } from "../world";
import { cancelSubscription } from "./cancellations";
import { draftInvoice } from "./invoices";
import { periodEndAfter } from "./periods";
import { fullPeriod } from "./proration";
import { defaultMethodOf, issueAndCollect } from "./subscriptions";

/** Whether the trial's end was dealt with; else an invoice is to be made as for any period. */
export function endTrialWithoutCard(world: World, subscription: Subscription): boolean {
  if (subscription.status !== "trialing" || defaultMethodOf(world, subscription)) return false;
  const wanted = subscription.trial_settings?.end_behavior.missing_payment_method;
  if (wanted === "cancel") {
    cancelSubscription(world, subscription.id, { reason: "cancellation_requested" });
    return true;
  }
  if (wanted !== "pause") return false;
  world.change(
    "subscriptions",
    subscription.id,
    { status: "paused" },
    "customer.subscription.updated",
    "customer.subscription.paused",
  );
  return true;
}

/** Begins a new period now and charges it. @throws ApiError 400 for one that is not paused */
export function resumeSubscription(world: World, subscription: Subscription): Subscription {
  const { id, items, customer } = subscription;
  if (subscription.status !== "paused") {
    const message = `This subscription cannot be resumed because it is not paused: its status is ${subscription.status}.`;
    throw invalidRequest(message);
  }
  const [first] = items.data;
  if (!first?.price.recurring) throw new Error(`${id} has no recurring item.`);
  const start = world.nowFor(customer);
  const end = periodEndAfter(start, start, first.price.recurring);
  const lines = items.data.map((item) => {
    const plain = { price: item.price, quantity: item.quantity ?? 1, metadata: item.metadata };
    return fullPeriod(world, id, item.id, plain, { periodStart: start, periodEnd: end });
  });
  const draft = draftInvoice(world, {
    customer,
    currency: subscription.currency,
    billingReason: "subscription_cycle",
    lines,
    periodStart: start,
    periodEnd: start,
    subscription: { id, metadata: subscription.metadata },
    defaultPaymentMethod: null,
  });
  const data = items.data.map((item) => ({ ...item, current_period_start: start, current_period_end: end }));
  world.change(
    "subscriptions",
    id,
    {
      status: "active",
      billing_cycle_anchor: start,
      items: { ...items, data },
      latest_invoice: draft.id,
    },
    "customer.subscription.updated",
    "customer.subscription.resumed",
  );
  issueAndCollect(world, draft);
  return world.need("subscriptions", id);
}
