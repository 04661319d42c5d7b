/** Invoices from draft to paid. https://docs.stripe.com/invoicing/overview#workflow-overview */
import { type InvoiceInput, makeInvoice } from "../objects/make-invoice";
import { makeInvoicePayment } from "../objects/make-invoice-payment";
import { makePaymentIntent } from "../objects/make-payment-intent";
import type { Customer, Invoice, InvoicePayment, PaymentIntent } from "../wire";
import type { World } from "../world";
import { confirmPayment, type PaymentOutcome } from "./payments";

/** Waits before each further attempt at a failed payment, in seconds; then the subscription is cancelled. */
const RETRY_AFTER = [3, 5, 7].map((days) => days * 24 * 3600);

export interface DraftInput extends Omit<InvoiceInput, "customer" | "created"> {
  customer: string;
}

/** A draft, not stored yet, so that a subscription's event can already name it. */
export function draftInvoice(world: World, input: DraftInput): Invoice {
  const customer = world.need("customers", input.customer);
  return makeInvoice({ ...input, customer, created: world.nowFor(customer.id) });
}

/** Stores a draft and makes it final at once. */
export function issueInvoice(world: World, draft: Invoice, paidBy: PaymentIntent | null = null): Invoice {
  world.add("invoices", draft, "invoice.created");
  return finalizeInvoice(world, draft.id, paidBy);
}

/**
 * Makes a draft final: numbers it, applies the customer's balance, and opens a PaymentIntent for what is due (or takes
 * the one that has paid already, or is about to). An invoice with nothing due is paid at once. One that cannot be made
 * final stays a draft, and says why.
 */
export function finalizeInvoice(world: World, id: string, paidBy: PaymentIntent | null = null): Invoice {
  const draft = world.need("invoices", id);
  const customer = world.need("customers", draft.customer);
  if (cannotBeFinal(customer)) return failFinalization(world, draft);
  const now = world.nowFor(customer.id);
  const owed = draft.total + customer.balance;
  const due = Math.max(0, owed);
  const sequence = customer.next_invoice_sequence;
  world.put("customers", { ...customer, next_invoice_sequence: sequence + 1, currency: draft.currency });
  world.change("customers", customer.id, { balance: Math.min(0, owed) }, "customer.updated");
  const invoice = world.change(
    "invoices",
    draft.id,
    {
      status: "open",
      number: `${customer.invoice_prefix}-${String(sequence).padStart(4, "0")}`,
      amount_due: due,
      amount_remaining: due,
      automatically_finalizes_at: null,
      next_payment_attempt: null,
      last_finalization_error: null,
      starting_balance: customer.balance,
      ending_balance: Math.min(0, owed),
      effective_at: now,
      hosted_invoice_url: `${world.baseUrl}/invoice/${draft.id}`,
      invoice_pdf: `${world.baseUrl}/invoice/${draft.id}/pdf`,
      status_transitions: { ...draft.status_transitions, finalized_at: now },
    },
    "invoice.finalized",
  );
  if (due === 0) return markPaid(world, invoice.id);
  const intent = paidBy ?? openIntent(world, invoice);
  world.add("invoice_payments", makeInvoicePayment(invoice, intent.id, now));
  return paidBy?.status === "succeeded" ? markPaid(world, invoice.id) : invoice;
}

/**
 * A seam that the vendor does not have: a customer whose metadata say `sandbox_finalization: "fails"` is one whose address
 * the vendor's tax engine does not understand.
 */
function cannotBeFinal(customer: Customer): boolean {
  return customer.metadata.sandbox_finalization === "fails";
}

function failFinalization(world: World, draft: Invoice): Invoice {
  const changes: Partial<Invoice> = {
    auto_advance: false,
    automatically_finalizes_at: null,
    next_payment_attempt: null,
    automatic_tax: { ...draft.automatic_tax, enabled: true, status: "requires_location_inputs" },
    last_finalization_error: {
      type: "invalid_request_error",
      code: "customer_tax_location_invalid",
      message:
        "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.",
    },
  };
  return world.change("invoices", draft.id, changes, "invoice.updated", "invoice.finalization_failed");
}

function openIntent(world: World, invoice: Invoice): PaymentIntent {
  const intent = makePaymentIntent({
    created: invoice.created,
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    description: describePayment(invoice.billing_reason),
    receiptEmail: null,
    isForSubscription: true,
  });
  return world.add("payment_intents", intent, "payment_intent.created");
}

function describePayment(reason: Invoice["billing_reason"]): string {
  return reason === "subscription_create" ? "Subscription creation" : "Subscription update";
}

/** The PaymentIntent that pays, or is to pay, an invoice. */
export function paymentOf(world: World, invoiceId: string): InvoicePayment | undefined {
  return world.list("invoice_payments").findLast((payment) => payment.invoice === invoiceId);
}

export interface CollectOptions {
  authenticated?: boolean;
  /** The time of the next attempt is planned when this one fails. */
  retries: boolean;
}

/** Tries to charge an open invoice. The subscription's status is the caller's business. */
export function payInvoice(
  world: World,
  id: string,
  methodId: string,
  options: CollectOptions,
): PaymentOutcome {
  const intent = paymentOf(world, id)?.payment.payment_intent;
  if (!intent) throw new Error(`The sandbox has no PaymentIntent for ${id}.`);
  const outcome = confirmPayment(world, intent, methodId, {
    authenticated: options.authenticated ?? false,
    authenticationUrl: `${world.baseUrl}/invoice/${id}`,
    returnUrl: null,
  });
  if (outcome.kind === "succeeded") {
    markPaid(world, id);
    return outcome;
  }
  if (outcome.kind === "processing") return outcome;
  noteFailure(world, id, options.retries, outcome.kind === "requires_action");
  return outcome;
}

/** Counts an attempt that did not pay, and plans the next. */
export function noteFailure(world: World, id: string, retries: boolean, needsAction = false): void {
  const invoice = world.need("invoices", id);
  const attempts = invoice.attempt_count + 1;
  const wait = retries ? RETRY_AFTER[attempts - 1] : undefined;
  const next_payment_attempt = wait === undefined ? null : world.nowFor(invoice.customer) + wait;
  const changes = { attempt_count: attempts, attempted: true, next_payment_attempt };
  const told = needsAction ? "invoice.payment_action_required" : "invoice.payment_failed";
  world.change("invoices", id, changes, "invoice.updated", told);
}

/** Sets everything to paid; `attempt_count` counts the try that did it. */
export function markPaid(world: World, id: string): Invoice {
  const invoice = world.need("invoices", id);
  const now = world.nowFor(invoice.customer);
  const payment = paymentOf(world, id);
  if (payment) {
    const status_transitions = { ...payment.status_transitions, paid_at: now };
    const changes = { amount_paid: invoice.amount_due, status: "paid", status_transitions };
    world.change("invoice_payments", payment.id, changes, "invoice_payment.paid");
  }
  return world.change(
    "invoices",
    id,
    {
      status: "paid",
      amount_paid: invoice.amount_due,
      amount_remaining: 0,
      attempt_count: payment ? invoice.attempt_count + 1 : invoice.attempt_count,
      attempted: true,
      auto_advance: false,
      next_payment_attempt: null,
      status_transitions: { ...invoice.status_transitions, paid_at: now },
    },
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
  );
}

export function voidInvoice(world: World, id: string): Invoice {
  const invoice = world.need("invoices", id);
  const voided_at = world.nowFor(invoice.customer);
  const status_transitions = { ...invoice.status_transitions, voided_at };
  const intent = paymentOf(world, id)?.payment.payment_intent;
  if (intent && world.need("payment_intents", intent).status !== "succeeded") {
    const changes = {
      status: "canceled" as const,
      canceled_at: voided_at,
      cancellation_reason: "void_invoice" as const,
      next_action: null,
    };
    world.change("payment_intents", intent, changes, "payment_intent.canceled");
  }
  const changes = {
    status: "void" as const,
    next_payment_attempt: null,
    auto_advance: false,
    status_transitions,
  };
  return world.change("invoices", id, changes, "invoice.updated", "invoice.voided");
}

/** Written off: nobody will try to collect it any more, though it may still be paid. */
export function markUncollectible(world: World, id: string): Invoice {
  const invoice = world.need("invoices", id);
  const marked_uncollectible_at = world.nowFor(invoice.customer);
  const changes = {
    status: "uncollectible" as const,
    next_payment_attempt: null,
    auto_advance: false,
    status_transitions: { ...invoice.status_transitions, marked_uncollectible_at },
  };
  return world.change("invoices", id, changes, "invoice.updated", "invoice.marked_uncollectible");
}
