/** Subscriptions: beginning, changing, ending. https://docs.stripe.com/billing/subscriptions/overview */
import { type InvoiceLineInput, makeInvoiceItem } from "../objects/make-invoice-line";
import { makeSubscription, makeSubscriptionItem } from "../objects/make-subscription";
import type { Invoice, Metadata, PaymentIntent, Price, Subscription } from "../wire";
import type { World } from "../world";
import { draftInvoice, finalizeInvoice, issueInvoice, payInvoice } from "./invoices";
import type { PaymentOutcome } from "./payments";
import { claimItems, pendingItems, pendingLines } from "./pending-items";
import { periodEndAfter } from "./periods";
import { fullPeriod, type ItemChange, planChange, prorationLines } from "./proration";

export interface NewItem {
  price: Price;
  quantity: number;
  metadata: Metadata;
}

export type TrialEndBehavior = "cancel" | "create_invoice" | "pause";

export interface StartInput {
  customer: string;
  items: NewItem[];
  metadata: Metadata;
  description: string | null;
  defaultPaymentMethod: string | null;
  /** Unix seconds; null without a trial. */
  trialEnd: number | null;
  /** What becomes of it when its trial ends without a card. Default: an invoice like any other. */
  trialEndBehavior?: TrialEndBehavior;
  /** The PaymentIntent that has paid the first invoice already: hosted checkout charges first. */
  paidBy: PaymentIntent | null;
}

/** Begins a subscription and issues its first invoice; without payment it is `incomplete` until that is paid. */
export function startSubscription(
  world: World,
  input: StartInput,
): { subscription: Subscription; invoice: Invoice } {
  const now = world.nowFor(input.customer);
  const [first] = input.items;
  if (!first?.price.recurring) throw new Error("A subscription needs a recurring price.");
  const anchor = input.trialEnd ?? now;
  const periodEnd = input.trialEnd ?? periodEndAfter(now, now, first.price.recurring);
  const subscription = makeSubscription({
    created: now,
    customer: input.customer,
    currency: first.price.currency,
    items: input.items.map((item) => ({ ...item, created: now, periodStart: now, periodEnd })),
    status: input.trialEnd ? "trialing" : "incomplete",
    billingCycleAnchor: anchor,
    metadata: input.metadata,
    description: input.description,
    defaultPaymentMethod: input.defaultPaymentMethod,
    trialEnd: input.trialEnd,
    trialEndBehavior: input.trialEndBehavior,
    testClock: world.need("customers", input.customer).test_clock,
  });
  const lines = subscription.items.data.map((item): InvoiceLineInput => {
    const plain = { price: item.price, quantity: item.quantity ?? 1, metadata: item.metadata };
    const line = fullPeriod(world, subscription.id, item.id, plain, { periodStart: now, periodEnd });
    return input.trialEnd
      ? { ...line, amount: 0, description: `Trial period for ${line.description}` }
      : line;
  });
  const draft = draftInvoice(world, {
    customer: input.customer,
    currency: subscription.currency,
    billingReason: "subscription_create",
    lines,
    periodStart: now,
    periodEnd: now,
    subscription: { id: subscription.id, metadata: subscription.metadata },
    defaultPaymentMethod: null,
  });
  world.add("subscriptions", { ...subscription, latest_invoice: draft.id }, "customer.subscription.created");
  const invoice = issueInvoice(world, draft, input.paidBy);
  const isProcessing = input.paidBy?.status === "processing";
  return {
    subscription: isProcessing ? trustDebit(world, invoice) : followInvoice(world, invoice),
    invoice: world.need("invoices", invoice.id),
  };
}

/** The card that a subscription is charged on. */
export function defaultMethodOf(world: World, subscription: Subscription): string | null {
  const customer = world.get("customers", subscription.customer);
  return subscription.default_payment_method ?? customer?.invoice_settings.default_payment_method ?? null;
}

/** Charges an open invoice and moves its subscription on. */
export function collectInvoice(
  world: World,
  invoiceId: string,
  methodId: string,
  options: { authenticated?: boolean } = {},
): PaymentOutcome {
  const { billing_reason } = world.need("invoices", invoiceId);
  const outcome = payInvoice(world, invoiceId, methodId, {
    authenticated: options.authenticated,
    retries: billing_reason !== "subscription_create",
  });
  if (outcome.kind === "processing") trustDebit(world, world.need("invoices", invoiceId));
  else followInvoice(world, world.need("invoices", invoiceId));
  return outcome;
}

/** A debit that the bank has yet to decide counts as paid for the time being, and its invoice as tried. */
function trustDebit(world: World, invoice: Invoice): Subscription {
  world.change("invoices", invoice.id, { attempted: true, next_payment_attempt: null }, "invoice.updated");
  const subscription = world.need("subscriptions", invoice.parent?.subscription_details?.subscription ?? "");
  if (!["incomplete", "past_due", "unpaid"].includes(subscription.status)) return subscription;
  return world.change(
    "subscriptions",
    subscription.id,
    { status: "active" },
    "customer.subscription.updated",
  );
}

export function isOver(subscription: Subscription): boolean {
  return subscription.status === "canceled" || subscription.status === "incomplete_expired";
}

/** Brings a subscription's status, and its customer's standing, in line with an invoice of it. */
export function followInvoice(world: World, invoice: Invoice): Subscription {
  const id = invoice.parent?.subscription_details?.subscription ?? "";
  const subscription = world.need("subscriptions", id);
  const setDelinquent = (delinquent: boolean) =>
    world.change("customers", subscription.customer, { delinquent }, "customer.updated");
  const isSettled = invoice.status === "void" || invoice.status === "uncollectible";
  if (isSettled && subscription.latest_invoice === invoice.id) {
    if (subscription.status === "incomplete" && invoice.status === "void") {
      const ended_at = world.nowFor(subscription.customer);
      const changes = { status: "incomplete_expired" as const, ended_at };
      return world.change("subscriptions", id, changes, "customer.subscription.updated");
    }
    // Nothing is owed any more. https://docs.stripe.com/billing/subscriptions/overview#unpaid-subscriptions
    if (!["past_due", "unpaid"].includes(subscription.status)) return subscription;
    setDelinquent(false);
    return world.change("subscriptions", id, { status: "active" }, "customer.subscription.updated");
  }
  if (invoice.status === "paid") {
    setDelinquent(false);
    if (!["incomplete", "past_due", "unpaid"].includes(subscription.status)) return subscription;
    return world.change("subscriptions", id, { status: "active" }, "customer.subscription.updated");
  }
  const hasFailed = invoice.status === "open" && invoice.attempted;
  if (!hasFailed || !["active", "trialing"].includes(subscription.status)) return subscription;
  setDelinquent(true);
  return world.change("subscriptions", id, { status: "past_due" }, "customer.subscription.updated");
}

export interface ChangeInput {
  items: ItemChange[];
  prorationBehavior: "create_prorations" | "always_invoice" | "none";
  /** Other fields to set in the same change. */
  fields: Partial<Subscription>;
  /** Reckons as if the change were made at this moment (Unix seconds), as a preview did. */
  prorationDate?: number;
}

/** Changes items and fields at once: one event, and where money is due now, one invoice that is charged at once. */
export function changeSubscription(world: World, id: string, input: ChangeInput): Subscription {
  const before = world.need("subscriptions", id);
  const now = world.nowFor(before.customer);
  if (input.items.length === 0)
    return world.change("subscriptions", id, input.fields, "customer.subscription.updated");
  const plan = planChange(before, input.items, now);
  const lines = prorationLines(
    world,
    before,
    plan,
    input.prorationDate ?? now,
    input.prorationBehavior !== "none",
  );
  const data = plan.steps.flatMap(({ before: item, after }) => {
    if (!after) return [];
    const fresh = {
      ...after,
      created: item?.created ?? now,
      periodStart: plan.periodStart,
      periodEnd: plan.periodEnd,
    };
    const made = makeSubscriptionItem(id, fresh);
    return [item ? { ...made, id: item.id } : made];
  });
  const invoicesNow = lines.length > 0 && (plan.resetsPeriod || input.prorationBehavior === "always_invoice");
  const waiting = invoicesNow ? pendingItems(world, id) : [];
  const draft = invoicesNow
    ? draftInvoice(world, {
        customer: before.customer,
        currency: before.currency,
        billingReason: "subscription_update",
        lines: [...pendingLines(world, waiting), ...lines],
        periodStart: plan.periodStart,
        periodEnd: now,
        subscription: { id, metadata: before.metadata },
        defaultPaymentMethod: null,
      })
    : null;
  world.change(
    "subscriptions",
    id,
    {
      ...input.fields,
      items: { ...before.items, data },
      billing_cycle_anchor: plan.resetsPeriod ? now : before.billing_cycle_anchor,
      cancel_at: before.cancel_at_period_end ? plan.periodEnd : before.cancel_at,
      latest_invoice: draft?.id ?? before.latest_invoice,
      ...("cancel_at_period_end" in input.fields ? { cancel_at: input.fields.cancel_at } : {}),
    },
    "customer.subscription.updated",
  );
  if (draft) {
    claimItems(world, waiting, draft.id);
    issueAndCollect(world, draft);
  } else {
    for (const line of lines) {
      world.add("invoice_items", makeInvoiceItem(before.customer, now, line), "invoiceitem.created");
    }
  }
  return world.need("subscriptions", id);
}

/** Issues an invoice of a running subscription and charges its card; without a card it counts as failed. */
export function issueAndCollect(world: World, draft: Invoice): Invoice {
  world.add("invoices", draft, "invoice.created");
  return collectCycle(world, draft.id);
}

/** Makes a stored draft final and charges it. One that cannot be made final stays as it is. */
export function collectCycle(world: World, id: string): Invoice {
  const invoice = finalizeInvoice(world, id);
  if (invoice.status === "draft") return invoice;
  if (invoice.status === "paid") {
    followInvoice(world, invoice);
    return invoice;
  }
  const subscription = world.need("subscriptions", invoice.parent?.subscription_details?.subscription ?? "");
  const method = defaultMethodOf(world, subscription);
  if (method) collectInvoice(world, invoice.id, method);
  else {
    const changes = { attempted: true, attempt_count: 1 };
    followInvoice(world, world.change("invoices", invoice.id, changes, "invoice.payment_failed"));
  }
  return world.need("invoices", invoice.id);
}
