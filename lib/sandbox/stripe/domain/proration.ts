/**
 * What a change of plan costs, to the second: credit for the time that was paid for and will not be used, a charge for
 * the time that is left. https://docs.stripe.com/billing/subscriptions/prorations
 */
import type { InvoiceLineInput } from "../objects/make-invoice-line";
import type { Price, Subscription, SubscriptionItem } from "../wire";
import type { World } from "../world";
import { amountOf, formatDate, formatPrice } from "./money";
import { haveSameInterval, periodEndAfter } from "./periods";

export interface ItemChange {
  /** Absent: a new item. */
  id?: string;
  price?: Price;
  quantity?: number;
  deleted?: boolean;
  metadata?: Record<string, string>;
}

/** One item before and after; a new one has no `before`, a removed one no `after`. */
export interface ItemStep {
  before: SubscriptionItem | null;
  after: { price: Price; quantity: number; metadata: Record<string, string> } | null;
}

export interface ChangePlan {
  steps: ItemStep[];
  /** Whether the billing period begins anew, because the interval changes. */
  resetsPeriod: boolean;
  /** Unix seconds. */
  periodStart: number;
  periodEnd: number;
}

/** Lays out what a change would do, without doing it. */
export function planChange(
  subscription: Subscription,
  changes: readonly ItemChange[],
  at: number,
): ChangePlan {
  const steps: ItemStep[] = subscription.items.data.map((before) => {
    const change = changes.find((candidate) => candidate.id === before.id);
    const keep = { price: before.price, quantity: before.quantity ?? 1, metadata: before.metadata };
    if (!change) return { before, after: keep };
    if (change.deleted) return { before, after: null };
    return {
      before,
      after: {
        price: change.price ?? keep.price,
        quantity: change.quantity ?? keep.quantity,
        metadata: change.metadata ?? keep.metadata,
      },
    };
  });
  for (const change of changes) {
    if (change.id || !change.price) continue;
    const after = { price: change.price, quantity: change.quantity ?? 1, metadata: change.metadata ?? {} };
    steps.push({ before: null, after });
  }
  const [first] = subscription.items.data;
  const next = steps.find((step) => step.after)?.after;
  if (!first || !next) throw new Error(`${subscription.id} has no items.`);
  const resetsPeriod = !haveSameInterval(first.price, next.price) && subscription.status !== "trialing";
  const { recurring } = next.price;
  if (!resetsPeriod || !recurring) {
    return {
      steps,
      resetsPeriod,
      periodStart: first.current_period_start,
      periodEnd: first.current_period_end,
    };
  }
  return { steps, resetsPeriod, periodStart: at, periodEnd: periodEndAfter(at, at, recurring) };
}

/** The lines that a change makes at `at` (Unix seconds); none while nothing has been paid for. */
export function prorationLines(
  world: World,
  subscription: Subscription,
  plan: ChangePlan,
  at: number,
  credits: boolean,
): InvoiceLineInput[] {
  if (subscription.status === "trialing" || subscription.status === "incomplete") return [];
  return plan.steps.flatMap((step) => {
    const lines: InvoiceLineInput[] = [];
    const isSame =
      step.before?.price.id === step.after?.price.id && (step.before?.quantity ?? 1) === step.after?.quantity;
    if (isSame && !plan.resetsPeriod) return lines;
    if (step.before && credits) lines.push(unusedTime(world, subscription.id, step.before, at));
    if (step.after && plan.resetsPeriod) {
      lines.push(fullPeriod(world, subscription.id, step.before?.id ?? "", step.after, plan));
    } else if (step.after && credits) lines.push(remainingTime(world, subscription, step, at, plan));
    return lines;
  });
}

/** The credit for what is left of an item's period. */
export function unusedTime(
  world: World,
  subscription: string,
  item: SubscriptionItem,
  at: number,
): InvoiceLineInput {
  const { price, current_period_start: start, current_period_end: end } = item;
  const quantity = item.quantity ?? 1;
  const share = Math.min(1, Math.max(0, (end - at) / (end - start)));
  return {
    amount: -Math.round(amountOf(price, quantity) * share),
    description: `Unused time on ${labelOf(world, price, quantity)} after ${formatDate(at)}`,
    price,
    quantity,
    periodStart: at,
    periodEnd: end,
    proration: true,
    subscription,
    subscriptionItem: item.id,
    invoiceItem: null,
    metadata: item.metadata,
  };
}

function remainingTime(
  world: World,
  subscription: Subscription,
  { before, after }: ItemStep,
  at: number,
  plan: ChangePlan,
): InvoiceLineInput {
  if (!after) throw new Error("A removed item has no time remaining.");
  const { periodStart: start, periodEnd: end } = plan;
  const share = Math.min(1, Math.max(0, (end - at) / (end - start)));
  return {
    amount: Math.round(amountOf(after.price, after.quantity) * share),
    description: `Remaining time on ${labelOf(world, after.price, after.quantity)} after ${formatDate(at)}`,
    price: after.price,
    quantity: after.quantity,
    periodStart: at,
    periodEnd: end,
    proration: true,
    subscription: subscription.id,
    subscriptionItem: before?.id ?? "",
    invoiceItem: null,
    metadata: after.metadata,
  };
}

export interface PeriodItem {
  price: Price;
  quantity: number;
  metadata: Record<string, string>;
}

/** The ordinary line of a whole period. */
export function fullPeriod(
  world: World,
  subscription: string | null,
  subscriptionItem: string,
  item: PeriodItem,
  period: { periodStart: number; periodEnd: number },
): InvoiceLineInput {
  return {
    amount: amountOf(item.price, item.quantity),
    description: `${item.quantity} × ${productName(world, item.price)} (at ${formatPrice(item.price)})`,
    price: item.price,
    quantity: item.quantity,
    periodStart: period.periodStart,
    periodEnd: period.periodEnd,
    proration: false,
    subscription,
    subscriptionItem,
    invoiceItem: null,
    metadata: item.metadata,
  };
}

export function productName(world: World, price: Price): string {
  return world.get("products", price.product)?.name ?? price.product;
}

function labelOf(world: World, price: Price, quantity: number): string {
  return quantity === 1 ? productName(world, price) : `${quantity} × ${productName(world, price)}`;
}
