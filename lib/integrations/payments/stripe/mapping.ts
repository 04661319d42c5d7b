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
import type {
  CardSnapshot,
  CheckoutSnapshot,
  DisputeSnapshot,
  InvoiceSnapshot,
  PaymentSnapshot,
  RefundSnapshot,
  SubscriptionSnapshot,
} from "../port";
import { PROVIDER } from "./errors";

const INVOICE_STATUSES = ["draft", "open", "paid", "uncollectible", "void"] as const;
const CHECKOUT_STATES = ["open", "complete", "expired"] as const;
const REFUND_STATUSES = ["pending", "requires_action", "succeeded", "failed", "canceled"] as const;
const DISPUTE_STATUSES = [
  "warning_needs_response",
  "warning_under_review",
  "warning_closed",
  "needs_response",
  "under_review",
  "won",
  "lost",
  "prevented",
] as const;
/** An appeal is what comes before it once more: https://docs.stripe.com/api/disputes/object. */
const APPEALS: Readonly<Record<string, DisputeSnapshot["status"]>> = {
  appeal_needs_response: "needs_response",
  appeal_under_review: "under_review",
};

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
export function ownId(metadata: Partial<Stripe.Metadata> | null | undefined, key: string): string | null {
  const value = metadata?.[key];
  return value !== undefined && isUuid(value) ? value : null;
}

/** Of metadata only what is asked for: the rest is others', and may be much. */
const metadata = z.object({ [METADATA.operation]: z.string().optional() }).nullish();
const eventObject = z.object({
  metadata,
  parent: z.object({ subscription_details: z.object({ metadata }).nullish() }).nullish(),
});

/** The operation behind an event's object, of whatever type: its own metadata or, for an invoice, its subscription's. */
export function operationIdOf(object: unknown): string | null {
  const { data } = eventObject.safeParse(object);
  return (
    ownId(data?.metadata, METADATA.operation) ??
    ownId(data?.parent?.subscription_details?.metadata, METADATA.operation)
  );
}

const upcomingInvoice = z.object({
  parent: z.object({ subscription_details: z.object({ subscription: z.string() }).nullish() }).nullish(),
  // In a list events stand in the version of whoever made them; before 2025-03-31.basil it was said here.
  subscription: z.string().nullish(),
});

/** The subscription that an invoice to come is for; null for one of another kind. */
export function upcomingOf(object: unknown): string | null {
  const { data } = upcomingInvoice.safeParse(object);
  return data?.parent?.subscription_details?.subscription ?? data?.subscription ?? null;
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

export function cardFrom(method: Stripe.PaymentMethod | string | null | undefined): CardSnapshot | null {
  if (method == null || typeof method === "string" || !method.card) return null;
  const { brand, last4, exp_month, exp_year } = method.card;
  return { brand, last4, expMonth: exp_month, expYear: exp_year };
}

/** What a subscription is charged to: a payment method of its own, else its customer's; null for none. */
export function chargedTo(subscription: Stripe.Subscription): Stripe.PaymentMethod | string | null {
  const { customer, default_payment_method: own } = subscription;
  if (own) return own;
  if (typeof customer === "string" || customer.deleted) return null;
  return customer.invoice_settings.default_payment_method;
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
    card: cardFrom(chargedTo(subscription)),
  };
}

export function invoiceFrom(invoice: Stripe.Invoice): InvoiceSnapshot | null {
  if (!invoice.customer || !invoice.status) return null;
  const details = invoice.parent?.subscription_details;
  const subscription = details?.subscription;
  const { last_finalization_error: finalizationError } = invoice;
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
    finalizationError: finalizationError ? (finalizationError.code ?? finalizationError.type) : null,
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

const PAYMENT_STATUSES = {
  processing: "processing",
  // Granted by the bank, and not yet taken.
  requires_capture: "processing",
  requires_action: "requires_action",
  requires_confirmation: "requires_action",
  requires_payment_method: "requires_action",
  succeeded: "succeeded",
  canceled: "canceled",
} as const satisfies Record<string, PaymentSnapshot["status"]>;
const INTENT_STATUSES = Object.keys(PAYMENT_STATUSES) as (keyof typeof PAYMENT_STATUSES)[];

/** @param invoiceId the invoice that it pays: the payment intent itself does not say */
export function paymentFrom(intent: Stripe.PaymentIntent, invoiceId: string | null): PaymentSnapshot {
  const { id, customer, amount, currency, last_payment_error: error } = intent;
  const status = oneOf(INTENT_STATUSES, intent.status, "payment_intent.status");
  // It waits for another card: a first one, or one in the place of one that was refused.
  const hasFailed = status === "requires_payment_method" && error !== null;
  return {
    id,
    customerId: customer ? idOf(customer) : null,
    invoiceId,
    workspaceId: ownId(intent.metadata, METADATA.workspace),
    status: hasFailed ? "failed" : PAYMENT_STATUSES[status],
    amount,
    currency,
    failureCode: hasFailed ? (error.decline_code ?? error.code ?? error.type) : null,
    occurredAt: new Date(intent.created * 1000),
  };
}

/** @param refund with its charge and payment intent expanded, which know the customer where it does not itself */
export function refundFrom(refund: Stripe.Refund, invoiceId: string | null): RefundSnapshot | null {
  const { id, charge, payment_intent: intent, amount, currency, reason } = refund;
  const payment = intent ?? charge;
  if (!payment) return null;
  const customer = refund.customer ?? customerOf(intent) ?? customerOf(charge);
  return {
    id,
    customerId: customer ? idOf(customer) : null,
    paymentId: idOf(payment),
    invoiceId,
    status: oneOf(REFUND_STATUSES, refund.status ?? "pending", "refund.status"),
    amount,
    currency,
    reason,
    occurredAt: new Date(refund.created * 1000),
  };
}

/** @param dispute with its charge expanded: it does not name the customer itself */
export function disputeFrom(dispute: Stripe.Dispute, invoiceId: string | null): DisputeSnapshot {
  const { id, charge, payment_intent: intent, amount, currency, reason } = dispute;
  const customer = customerOf(charge);
  return {
    id,
    customerId: customer ? idOf(customer) : null,
    paymentId: idOf(intent ?? charge),
    invoiceId,
    status: APPEALS[dispute.status] ?? oneOf(DISPUTE_STATUSES, dispute.status, "dispute.status"),
    amount,
    currency,
    reason,
    evidenceDueAt: date(dispute.evidence_details.due_by),
    occurredAt: new Date(dispute.created * 1000),
  };
}

function customerOf(payment: string | Stripe.Charge | Stripe.PaymentIntent | null) {
  return payment && typeof payment !== "string" ? payment.customer : null;
}
