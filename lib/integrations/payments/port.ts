/**
 * What Breakwater needs of a payments vendor, in its own words. Every method goes through the resilience policy and
 * throws `IntegrationError`. Ids are opaque strings of the vendor's; amounts are minor units (cents).
 */
import type { BillingInterval, Plan, PlanKey } from "@/lib/billing/plans";
import type { SubscriptionStatus } from "@/lib/billing/status";
import type { ProviderConfiguration } from "@/lib/integrations/provider-configuration";
import type { WebhookVerification } from "@/lib/integrations/webhook-verification";
import type { ProviderModeName, ProviderScope } from "@/lib/provider-scope";
import type { Effect } from "@/lib/resilience/call";

export interface CardSnapshot {
  brand: string;
  last4: string;
  expMonth: number;
  expYear: number;
}

export interface SubscriptionSnapshot {
  id: string;
  customerId: string;
  /** From the metadata that we set at checkout; null when it was made elsewhere. */
  workspaceId: string | null;
  /** The operation that caused it, from the same metadata. */
  operationId: string | null;
  status: SubscriptionStatus;
  /** Null when the price is not one of the catalogue's. */
  planKey: PlanKey | null;
  interval: BillingInterval | null;
  quantity: number;
  unitAmount: number | null;
  currency: string;
  currentPeriodStart: Date | null;
  currentPeriodEnd: Date | null;
  cancelAtPeriodEnd: boolean;
  cancelAt: Date | null;
  canceledAt: Date | null;
  endedAt: Date | null;
  trialEndsAt: Date | null;
  startedAt: Date;
  /** The card that the next charge goes to. */
  card: CardSnapshot | null;
}

export interface InvoiceSnapshot {
  id: string;
  customerId: string;
  subscriptionId: string | null;
  /** From the metadata of its subscription; null when that was made elsewhere. */
  workspaceId: string | null;
  number: string | null;
  status: "draft" | "open" | "paid" | "uncollectible" | "void";
  /** True for the first invoice of a subscription: nobody is mailed when that one fails. */
  isFirst: boolean;
  description: string | null;
  total: number;
  amountPaid: number;
  amountDue: number;
  currency: string;
  attemptCount: number;
  hostedUrl: string | null;
  pdfUrl: string | null;
  issuedAt: Date;
  paidAt: Date | null;
  /** The vendor's code of why a draft cannot be made into an invoice; null where nothing is in the way. */
  finalizationError: string | null;
}

export interface CheckoutSnapshot {
  id: string;
  state: "open" | "complete" | "expired";
  /** Where the customer pays; null once it is closed. */
  url: string | null;
  expiresAt: Date;
  operationId: string | null;
  subscriptionId: string | null;
}

/** A payment that was tried. */
export interface PaymentSnapshot {
  id: string;
  /** Null for one by somebody whom the vendor keeps no customer of. */
  customerId: string | null;
  /** The invoice that it pays; null for one that pays none. */
  invoiceId: string | null;
  /** From its metadata, where we wrote it there. */
  workspaceId: string | null;
  /** "requires_action": it waits for the customer, and has not failed. */
  status: "processing" | "requires_action" | "succeeded" | "failed" | "canceled";
  amount: number;
  currency: string;
  /** The vendor's code of why it failed last. */
  failureCode: string | null;
  occurredAt: Date;
}

export interface RefundSnapshot {
  id: string;
  customerId: string | null;
  /** What was paid and is given back. */
  paymentId: string;
  /** The invoice that it had paid; null for none. */
  invoiceId: string | null;
  status: "pending" | "requires_action" | "succeeded" | "failed" | "canceled";
  amount: number;
  currency: string;
  reason: string | null;
  occurredAt: Date;
}

/** A payment that its payer's bank takes back or asks about. */
export interface DisputeSnapshot {
  id: string;
  customerId: string | null;
  paymentId: string;
  /** The invoice that was paid with it; null for none. */
  invoiceId: string | null;
  /** "warning_…": the bank only asks; no money has moved. */
  status:
    | "warning_needs_response"
    | "warning_under_review"
    | "warning_closed"
    | "needs_response"
    | "under_review"
    | "won"
    | "lost"
    | "prevented";
  amount: number;
  currency: string;
  reason: string;
  /** Until when an answer counts. */
  evidenceDueAt: Date | null;
  occurredAt: Date;
}

/** One the vendor was told to delete keeps nothing but its id. */
export interface CustomerSnapshot {
  id: string;
  deleted: boolean;
}

/** A customer as the vendor lists it, with the workspace from the metadata that we set. */
export interface ListedCustomer {
  id: string;
  workspaceId: string | null;
}

/** A page of a list; `next` is the cursor of the one after it, null for the last. Opaque, and may be kept for days. */
export interface ListPage<T> {
  items: T[];
  next: string | null;
}

export interface CreateCheckoutInput {
  /** Idempotency key, and written into the vendor's metadata. */
  operationId: string;
  workspaceId: string;
  customerId: string;
  planKey: PlanKey;
  interval: BillingInterval;
  successUrl: string;
  cancelUrl: string;
  expiresAt: Date;
}

/** What a verified webhook says, as far as it is believed: a hint at what to refetch. */
export interface PaymentsEvent {
  externalId: string;
  account: string;
  mode: ProviderModeName;
  type: string;
  apiVersion: string | null;
  occurredAt: Date;
  objectId: string | null;
  /** The operation that the object's metadata names, to follow a request through the logs; believed in nothing else. */
  operationId: string | null;
  /** The event as JSON text, as it came. */
  payload: string;
}

export interface PaymentsProvider {
  readonly scope: ProviderScope;
  /** The version that payloads must have; others are quarantined. */
  readonly apiVersion: string;
  readonly configuration: ProviderConfiguration;

  /** A cheap read that probes a circuit which is open and due; says whether there was anything to probe. */
  probe(circuit: Effect): Promise<boolean>;
  /**
   * Asked before the reads that only lead up to a write, so that nobody waits for them in vain.
   * @param operation what cannot be done
   * @throws IntegrationError circuit_open, where that circuit would refuse a call now
   */
  refuseIfOpen(circuit: Effect, operation: string): Promise<void>;

  /** Makes the vendor's customer. Idempotent under `operationId`. */
  createCustomer(input: {
    operationId: string;
    workspaceId: string;
    name: string;
    email: string;
  }): Promise<{ customerId: string }>;
  /** The customer that an operation made, where its answer was lost; null when there is none. */
  findCustomerByOperation(input: {
    operationId: string;
    email: string;
  }): Promise<{ customerId: string } | null>;

  /** Whether the vendor still knows a customer that it gave us. */
  hasCustomer(customerId: string): Promise<boolean>;
  getCustomer(customerId: string): Promise<CustomerSnapshot | null>;
  /** All customers that are not deleted, newest first; those made after the first page was read are no part of it. */
  listCustomersPage(input: { cursor: string | null }): Promise<ListPage<ListedCustomer>>;

  /** Opens the vendor's hosted checkout; refused at once while writes are. Idempotent under `operationId`. */
  createCheckout(input: CreateCheckoutInput): Promise<CheckoutSnapshot>;
  getCheckout(checkoutId: string): Promise<CheckoutSnapshot | null>;
  /** The checkout that an operation opened, where its answer was lost. */
  findCheckoutByOperation(input: {
    customerId: string;
    operationId: string;
  }): Promise<CheckoutSnapshot | null>;
  /**
   * Closes an open checkout; answers what it is afterwards (it may have been paid meanwhile). One that the vendor no
   * longer knows is expired.
   */
  expireCheckout(input: { checkoutId: string; operationId: string }): Promise<CheckoutSnapshot>;

  /** Opens the vendor's hosted page for cards and invoices. */
  createPortal(input: { customerId: string; returnUrl: string }): Promise<{ url: string }>;

  getSubscription(subscriptionId: string): Promise<SubscriptionSnapshot | null>;
  /**
   * Switches plan or interval now; the difference is invoiced at once. Refused at once while writes are. Idempotent
   * under `operationId`.
   */
  changePlan(input: {
    operationId: string;
    subscriptionId: string;
    planKey: PlanKey;
    interval: BillingInterval;
  }): Promise<SubscriptionSnapshot>;
  /** Cancels at the period's end, or takes that back. Idempotent under `operationId`. */
  setCancelAtPeriodEnd(input: {
    operationId: string;
    subscriptionId: string;
    cancel: boolean;
  }): Promise<SubscriptionSnapshot>;
  /**
   * Ends a subscription now and gives back what was paid for it. Idempotent; done again it changes nothing, and with one
   * that the vendor does not know there is nothing to do.
   */
  cancelAndRefund(input: {
    operationId: string;
    subscriptionId: string;
    /** Only gives back, and only where it was this operation that ended it: begun is to be done, and no more. */
    onlyIfBegun?: boolean;
  }): Promise<{ refundedAmount: number }>;
  /**
   * Ends a subscription now and gives nothing back: for a workspace that is no more. Idempotent; with one that has
   * ended, or that the vendor does not know, there is nothing to do.
   */
  cancelSubscription(input: { operationId: string; subscriptionId: string }): Promise<void>;
  /**
   * All subscriptions, ended ones too, newest first, without their cards (null); those made after the first page was
   * read are no part of it. `unreadable`: the ids of those that are there, in a state that we have no word for.
   */
  listSubscriptionsPage(input: {
    cursor: string | null;
  }): Promise<ListPage<SubscriptionSnapshot> & { unreadable: string[] }>;

  getInvoice(invoiceId: string): Promise<InvoiceSnapshot | null>;
  getPayment(paymentId: string): Promise<PaymentSnapshot | null>;
  getRefund(refundId: string): Promise<RefundSnapshot | null>;
  /** What was given back of one charge: the ids of the refunds. */
  listRefundIds(chargeId: string): Promise<string[]>;
  getDispute(disputeId: string): Promise<DisputeSnapshot | null>;

  /**
   * Checks a webhook's signature over its raw bytes, and its age in both directions (300 s), before anything is
   * parsed. Never throws.
   */
  verifyWebhook(input: { body: Buffer; headers: Headers; now: Date }): WebhookVerification<PaymentsEvent>;
  /** A page of the events since a moment, newest first; pass the same moment for each page. */
  listEventsPage(input: {
    since: Date;
    cursor: string | null;
  }): Promise<{ events: PaymentsEvent[]; next: string | null }>;

  /** Makes the vendor's products and prices match the catalogue, by stable key; never edits a price in place. */
  pushCatalogue(plans: readonly Plan[]): Promise<{ created: string[]; unchanged: string[] }>;
}
