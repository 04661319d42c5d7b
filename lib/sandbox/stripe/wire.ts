/**
 * The vendor's objects as they travel and as they are stored: the SDK's own types, with two things undone that the SDK
 * or `expand` do later. Decimals are strings on the wire, and a field that may hold an id or an object holds the id.
 */
import type Stripe from "stripe";

/**
 * `T` as JSON: `string | Customer | null` becomes `string | null`, `Decimal` becomes `string`. Nothing else is relaxed,
 * so that a factory returning `Wire<Stripe.X>` has to give every field of `Stripe.X`.
 */
export type Wire<T> = [Extract<T, string>] extends [never]
  ? WireEach<T>
  : Extract<T, string | null | undefined>;

type WireEach<T> = T extends Stripe.Decimal
  ? string
  : T extends ReadonlyArray<infer Element>
    ? Wire<Element>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;

export interface WireList<T> {
  object: "list";
  data: T[];
  has_more: boolean;
  url: string;
}

export type BalanceTransaction = Wire<Stripe.BalanceTransaction>;
/** `refunds` is always there in our answers; the SDK calls it optional because the vendor leaves it out unless asked. */
export type Charge = Wire<Stripe.Charge> & { refunds: WireList<Refund> };
/** `line_items` are kept apart and only answered when expanded. */
export type CheckoutSession = Wire<Stripe.Checkout.Session>;
export type Customer = Wire<Stripe.Customer> & {
  balance: number;
  invoice_prefix: string;
  next_invoice_sequence: number;
};
/** The published example still has the top-level `subscription`, which the SDK's type has dropped: always null. */
export type Dispute = Wire<Stripe.Dispute>;
export type Invoice = Wire<Stripe.Invoice> & { subscription: null; customer: string };
export type InvoiceItem = Wire<Stripe.InvoiceItem>;
export type InvoiceLine = Wire<Stripe.InvoiceLineItem>;
export type InvoicePayment = Wire<Stripe.InvoicePayment>;
export type LineItem = Wire<Stripe.LineItem>;
export type PaymentIntent = Wire<Stripe.PaymentIntent>;
export type PaymentMethod = Wire<Stripe.PaymentMethod>;
export type Plan = Wire<Stripe.Plan>;
export type PortalConfiguration = Wire<Stripe.BillingPortal.Configuration>;
export type PortalSession = Wire<Stripe.BillingPortal.Session>;
export type Price = Wire<Stripe.Price>;
export type Product = Wire<Stripe.Product>;
export type Refund = Wire<Stripe.Refund>;
export type SetupIntent = Wire<Stripe.SetupIntent>;
export type Subscription = Wire<Stripe.Subscription>;
export type SubscriptionItem = Wire<Stripe.SubscriptionItem>;
export type TestClock = Wire<Stripe.TestHelpers.TestClock>;
export type WebhookEndpoint = Wire<Stripe.WebhookEndpoint>;
export type EventType = Stripe.Event["type"];
export type Metadata = Record<string, string>;

/** The envelope of `Stripe.Event`, whose `data.object` is typed by `type`; here it is whatever was changed. */
export interface EventEnvelope {
  id: string;
  object: "event";
  api_version: string;
  created: number;
  data: { object: object; previous_attributes?: object };
  livemode: boolean;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null };
  type: EventType;
}

/** The API version that the objects are shaped after: the one that the SDK pins. */
export const API_VERSION = "2026-10-28.endive" satisfies Stripe.LatestApiVersion;
