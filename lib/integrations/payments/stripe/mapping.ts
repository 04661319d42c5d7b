/** From Stripe's objects to ours; the only place that knows their shapes. Pure. */
import type Stripe from "stripe";
import { z } from "zod";
import {
  BILLING_INTERVALS,
  type BillingInterval,
  isPaidPlanKey,
  type PlanKey,
  parsePriceKey,
} from "@/lib/billing/plans";
import { SUBSCRIPTION_STATUSES } from "@/lib/billing/status";
import { IntegrationError } from "@/lib/errors/integration-error";
import { isUuid } from "@/lib/uuid";
import type { CardSnapshot, CheckoutSnapshot, InvoiceSnapshot, SubscriptionSnapshot } from "../port";
import { PROVIDER } from "./errors";

const INVOICE_STATUSES = ["draft", "open", "paid", "uncollectible", "void"] as const;
const CHECKOUT_STATES = ["open", "complete", "expired"] as const;

/**
 * Stripe may add values to its enums. One that we do not know is an error (retried, then shown to a person), never a
 * guess at whether somebody has paid.
 */
function oneOf<T extends string>(known: readonly T[], value: string, field: string): T {
  const found = known.find((candidate) => candidate === value);
  if (found) return found;
  throw new IntegrationError("unknown", {
    provider: PROVIDER,
    operation: `read ${field}`,
    vendorCode: value,
  });
}

/** Keys of the metadata that we write. */
export const METADATA = {
  workspace: "workspace_id",
  operation: "operation_id",
  plan: "plan",
  interval: "interval",
} as const;

export function idOf(reference: string | { id: string }): string {
  return typeof reference === "string" ? reference : reference.id;
}

/** One of our ids from a vendor's metadata; what another product of the same account wrote there is not one. */
function ownId(metadata: Stripe.Metadata | null | undefined, key: string): string | null {
  const value = metadata?.[key];
  return value !== undefined && isUuid(value) ? value : null;
}

const eventObject = z.object({
  metadata: z.record(z.string(), z.string()).nullish(),
  parent: z
    .object({
      subscription_details: z.object({ metadata: z.record(z.string(), z.string()).nullish() }).nullish(),
    })
    .nullish(),
});

/** The operation behind an event's object, of whatever type: its own metadata or, for an invoice, its subscription's. */
export function operationIdOf(object: unknown): string | null {
  const { data } = eventObject.safeParse(object);
  return (
    ownId(data?.metadata, METADATA.operation) ??
    ownId(data?.parent?.subscription_details?.metadata, METADATA.operation)
  );
}

function date(seconds: number | null | undefined): Date | null {
  return seconds == null ? null : new Date(seconds * 1000);
}

function catalogueEntry(price: Stripe.Price): { planKey: PlanKey | null; interval: BillingInterval | null } {
  const interval = BILLING_INTERVALS.find((known) => known === price.recurring?.interval) ?? null;
  // A lookup key moves to the newer price when an amount changes; the metadata stays with the old one.
  const plan = price.metadata[METADATA.plan];
  if (isPaidPlanKey(plan)) return { planKey: plan, interval };
  return { planKey: (price.lookup_key && parsePriceKey(price.lookup_key)?.plan) || null, interval };
}

function cardFrom(method: Stripe.PaymentMethod | string | null | undefined): CardSnapshot | null {
  if (method == null || typeof method === "string" || !method.card) return null;
  const { brand, last4, exp_month, exp_year } = method.card;
  return { brand, last4, expMonth: exp_month, expYear: exp_year };
}

function cardOf(subscription: Stripe.Subscription): CardSnapshot | null {
  const own = cardFrom(subscription.default_payment_method);
  if (own) return own;
  const { customer } = subscription;
  if (typeof customer === "string" || customer.deleted) return null;
  return cardFrom(customer.invoice_settings.default_payment_method);
}

export function subscriptionFrom(subscription: Stripe.Subscription): SubscriptionSnapshot {
  const item = subscription.items.data[0];
  const entry = item ? catalogueEntry(item.price) : { planKey: null, interval: null };
  return {
    id: subscription.id,
    customerId: idOf(subscription.customer),
    workspaceId: ownId(subscription.metadata, METADATA.workspace),
    operationId: ownId(subscription.metadata, METADATA.operation),
    status: oneOf(SUBSCRIPTION_STATUSES, subscription.status, "subscription.status"),
    ...entry,
    quantity: item?.quantity ?? 1,
    unitAmount: item?.price.unit_amount ?? null,
    currency: subscription.currency,
    currentPeriodStart: date(item?.current_period_start),
    currentPeriodEnd: date(item?.current_period_end),
    cancelAtPeriodEnd: subscription.cancel_at_period_end,
    cancelAt: date(subscription.cancel_at),
    canceledAt: date(subscription.canceled_at),
    endedAt: date(subscription.ended_at),
    trialEndsAt: date(subscription.trial_end),
    startedAt: new Date(subscription.created * 1000),
    card: cardOf(subscription),
  };
}

export function invoiceFrom(invoice: Stripe.Invoice): InvoiceSnapshot | null {
  if (!invoice.customer || !invoice.status) return null;
  const details = invoice.parent?.subscription_details;
  const subscription = details?.subscription;
  return {
    id: invoice.id,
    customerId: idOf(invoice.customer),
    subscriptionId: subscription ? idOf(subscription) : null,
    workspaceId: ownId(details?.metadata, METADATA.workspace),
    number: invoice.number,
    status: oneOf(INVOICE_STATUSES, invoice.status, "invoice.status"),
    isFirst: invoice.billing_reason === "subscription_create",
    description: invoice.lines.data[0]?.description ?? invoice.description,
    total: invoice.total,
    amountPaid: invoice.amount_paid,
    amountDue: invoice.amount_due,
    currency: invoice.currency,
    attemptCount: invoice.attempt_count,
    hostedUrl: invoice.hosted_invoice_url ?? null,
    pdfUrl: invoice.invoice_pdf ?? null,
    issuedAt: new Date(invoice.created * 1000),
    paidAt: date(invoice.status_transitions.paid_at),
  };
}

export function checkoutFrom(session: Stripe.Checkout.Session): CheckoutSnapshot {
  return {
    id: session.id,
    state: oneOf(CHECKOUT_STATES, session.status ?? "expired", "checkout.status"),
    url: session.url,
    expiresAt: new Date(session.expires_at * 1000),
    operationId: ownId(session.metadata, METADATA.operation),
    subscriptionId: session.subscription ? idOf(session.subscription) : null,
  };
}
