/** What the account is made of: one table for each kind of object, and a few of our own. */
import type {
  BalanceTransaction,
  Charge,
  CheckoutSession,
  Customer,
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

export interface AccountRecord {
  id: string;
  /** Unix seconds. */
  created: number;
  /** The endpoint that was laid down for the app itself. */
  appEndpoint: string;
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
  endpoint_secrets: EndpointSecret;
  events: EventEnvelope;
  invoice_items: InvoiceItem;
  invoice_payments: InvoicePayment;
  invoices: Invoice;
  payment_intents: PaymentIntent;
  payment_methods: PaymentMethod;
  portal_configurations: PortalConfiguration;
  portal_records: PortalRecord;
  portal_sessions: PortalSession;
  prices: Price;
  products: Product;
  refunds: Refund;
  setup_intents: SetupIntent;
  subscriptions: Subscription;
  webhook_endpoints: WebhookEndpoint;
}

export type TableName = keyof Tables;

/** What a look at the account's state counts. */
export const COUNTED_TABLES = [
  "charges",
  "checkout_sessions",
  "customers",
  "events",
  "invoices",
  "payment_intents",
  "payment_methods",
  "portal_sessions",
  "prices",
  "products",
  "refunds",
  "subscriptions",
  "webhook_endpoints",
] as const satisfies TableName[];

export type Row<Name extends TableName> = Tables[Name];
