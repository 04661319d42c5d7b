/** What the next invoice would be, without making it. https://docs.stripe.com/api/invoices/create_preview */

import { randomLetters } from "../ids";
import { makeInvoice } from "../objects/make-invoice";
import type { InvoiceLineInput } from "../objects/make-invoice-line";
import type { Customer, Invoice, Subscription } from "../wire";
import type { World } from "../world";
import { pendingItems, pendingLines } from "./pending-items";
import { periodEndAfter } from "./periods";
import { fullPeriod, type ItemChange, type PeriodItem, planChange, prorationLines } from "./proration";
import type { NewItem } from "./subscriptions";

export interface PreviewChange {
  items: ItemChange[];
  prorationBehavior: "create_prorations" | "always_invoice" | "none";
  /** Unix seconds. */
  at: number;
}

/** The next invoice of a running subscription, with a change taken in. */
export function previewSubscription(
  world: World,
  subscription: Subscription,
  change: PreviewChange,
): Invoice {
  const { id } = subscription;
  const plan = planChange(subscription, change.items, change.at);
  const prorations =
    change.items.length > 0
      ? prorationLines(world, subscription, plan, change.at, change.prorationBehavior !== "none")
      : [];
  const waiting = pendingLines(world, pendingItems(world, id));
  const isNow = prorations.length > 0 && (plan.resetsPeriod || change.prorationBehavior === "always_invoice");
  const period = { periodStart: plan.periodEnd, periodEnd: nextEnd(subscription, plan.periodEnd) };
  const cycle = plan.steps.flatMap(({ before, after }) =>
    after ? [fullPeriod(world, id, before?.id ?? "", after, period)] : [],
  );
  const ends = subscription.cancel_at_period_end;
  return preview(world.need("customers", subscription.customer), {
    lines: [...waiting, ...prorations, ...(isNow || ends ? [] : cycle)],
    created: isNow ? change.at : plan.periodEnd,
    periodStart: plan.periodStart,
    periodEnd: isNow ? change.at : plan.periodEnd,
    subscription,
  });
}

/** The first invoice of a subscription that does not exist yet. */
export function previewNew(world: World, customer: Customer, items: readonly NewItem[], at: number): Invoice {
  const recurring = items[0]?.price.recurring;
  const period = { periodStart: at, periodEnd: recurring ? periodEndAfter(at, at, recurring) : at };
  const lines = items.map((item: PeriodItem) => fullPeriod(world, null, "", item, period));
  return preview(customer, { lines, created: at, periodStart: at, periodEnd: at, subscription: null });
}

interface PreviewInput {
  lines: InvoiceLineInput[];
  created: number;
  periodStart: number;
  periodEnd: number;
  subscription: Subscription | null;
}

function preview(customer: Customer, input: PreviewInput): Invoice {
  const { subscription } = input;
  const invoice = makeInvoice({
    id: `upcoming_in_1${randomLetters(23)}`,
    created: input.created,
    customer,
    currency: subscription?.currency ?? input.lines[0]?.price.currency ?? customer.currency ?? "usd",
    billingReason: "upcoming",
    lines: input.lines,
    periodStart: input.periodStart,
    periodEnd: input.periodEnd,
    subscription: subscription && { id: subscription.id, metadata: subscription.metadata },
    defaultPaymentMethod: null,
  });
  const owed = invoice.total + customer.balance;
  const due = Math.max(0, owed);
  return {
    ...invoice,
    amount_due: due,
    amount_remaining: due,
    ending_balance: Math.min(0, owed),
    next_payment_attempt: input.created,
  };
}

function nextEnd(subscription: Subscription, from: number): number {
  const recurring = subscription.items.data[0]?.price.recurring;
  return recurring ? periodEndAfter(from, subscription.billing_cycle_anchor, recurring) : from;
}
