/** What the account is made of: one table for each kind of object, and a few of our own. */
import type {
  BalanceTransaction,
  Charge,
  CheckoutSession,
  Customer,
  Dispute,
  EventEnvelope,
  Invoice,
  InvoiceItem,
  InvoicePayment,
  LineItem,
  PaymentIntent,
  PaymentMethod,
  PortalConfiguration,
  PortalSession,
  Price,
  Product,
  Refund,
  SetupIntent,
  Subscription,
  TestClock,
  WebhookEndpoint,
} from "./wire";

/** Facts about a card that its PaymentMethod does not show. */
export interface CardRecord {
  /** The PaymentMethod's id. */
  id: string;
  /** The test card's number, which decides how charges on it end. */
  number: string;
  /** Whether its owner has passed 3-D Secure for later payments. */
  authenticated: boolean;
}

/** What the hosted checkout page remembers between two clicks. */
export interface CheckoutRecord {
  /** The session's id. */
  id: string;
  lineItems: LineItem[];
  subscriptionData: {
    metadata: Record<string, string>;
    description: string | null;
    trialPeriodDays: number | null;
  };
  paymentIntent: string | null;
  paymentMethod: string | null;
}

/** What the portal remembers while a card is being authenticated. */
export interface PortalRecord {
  id: string;
  setupIntent: string;
}

/** What has been told about a subscription's future, so that it is told once. */
export interface SubscriptionRecord {
  /** The subscription's id. */
  id: string;
  /** The end of the period whose next invoice was announced; null: none yet. */
  announcedFor: number | null;
  /** The end of the trial of which was warned; null: none yet. */
  warnedFor: number | null;
}

/** What happens by itself at a moment of the real clock. */
export interface LaterRecord {
  /** The object's id: one thing at a time is to happen to it. */
  id: string;
  /** Unix seconds. */
  at: number;
  task: "async_payment" | "begin_dispute" | "decide_dispute" | "refund";
  outcome: "succeeds" | "fails";
}

export interface AccountRecord {
  id: string;
  /** Unix seconds. */
  created: number;
  /** The endpoint that was laid down for the app itself. */
  appEndpoint: string;
  /** At least so many events are kept, where that is more than usual. */
  keptEvents?: number;
  settings?: BillingSettings;
}

/** What a person would set in the vendor's dashboard. https://docs.stripe.com/billing/revenue-recovery */
export interface BillingSettings {
  /** What becomes of a subscription when every attempt at a payment has failed. */
  afterRetries: "cancel" | "mark_unpaid" | "leave_past_due";
  /** Days before a renewal at which `invoice.upcoming` is told; 0: never. */
  upcomingDays: number;
}

export interface EndpointSecret {
  /** The endpoint's id. */
  id: string;
  secret: string;
}

/** What stays of a deleted object: the vendor still answers `{id, object, deleted: true}` for a customer. */
export interface Tombstone {
  id: string;
  object: string;
  deleted: true;
}

interface Tables {
  account: AccountRecord;
  balance_transactions: BalanceTransaction;
  cards: CardRecord;
  charges: Charge;
  checkout_records: CheckoutRecord;
  checkout_sessions: CheckoutSession;
  customers: Customer;
  deleted: Tombstone;
  disputes: Dispute;
  endpoint_secrets: EndpointSecret;
  events: EventEnvelope;
  invoice_items: InvoiceItem;
  invoice_payments: InvoicePayment;
  invoices: Invoice;
  later: LaterRecord;
  payment_intents: PaymentIntent;
  payment_methods: PaymentMethod;
  portal_configurations: PortalConfiguration;
  portal_records: PortalRecord;
  portal_sessions: PortalSession;
  prices: Price;
  products: Product;
  refunds: Refund;
  setup_intents: SetupIntent;
  subscription_records: SubscriptionRecord;
  subscriptions: Subscription;
  test_clocks: TestClock;
  webhook_endpoints: WebhookEndpoint;
}

export type TableName = keyof Tables;

/** What a look at the account's state counts. */
export const COUNTED_TABLES = [
  "charges",
  "checkout_sessions",
  "customers",
  "disputes",
  "events",
  "invoices",
  "payment_intents",
  "payment_methods",
  "portal_sessions",
  "prices",
  "products",
  "refunds",
  "subscriptions",
  "test_clocks",
  "webhook_endpoints",
] as const satisfies TableName[];

export type Row<Name extends TableName> = Tables[Name];
