/**
 * The account that the stand-in plays: its objects, its clock and its event log. Everything that changes an object goes
 * through `add`, `change` or `remove`, which make the event in the same breath.
 */
import type { SandboxStore } from "@/lib/sandbox/kernel/types";
import { createId } from "./ids";
import type {
  BalanceTransaction,
  Charge,
  CheckoutSession,
  Customer,
  EventEnvelope,
  EventType,
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
import { API_VERSION } from "./wire";

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

/** The API call that causes what happens; null ids when a person did it on a hosted page, or time did. */
export interface Cause {
  id: string | null;
  idempotency_key: string | null;
}

export interface WorldOptions {
  store: SandboxStore;
  /** Unix milliseconds. */
  now(): number;
  /** Where the stand-in is reached, no trailing slash. */
  baseUrl: string;
  /** Hands a new event to the webhook endpoints. */
  deliver(event: EventEnvelope): void;
  /** How many endpoints want events of a type. */
  countEndpoints(type: EventType): number;
}

export type World = ReturnType<typeof createWorld>;

/** The vendor keeps events for thirty days; a sandbox that is loaded on purpose should not keep them all. */
const MAXIMUM_EVENTS = 10_000;

const NOBODY: Cause = { id: null, idempotency_key: null };

export function createWorld(options: WorldOptions) {
  const { store, baseUrl } = options;
  let cause = NOBODY;
  let revision = 0;
  const collection = (name: TableName) => `stripe.${name}`;

  const tables = createTableCache(store, collection);
  const get = <Name extends TableName>(name: Name, id: string): Row<Name> | undefined =>
    tables.rowsOf(name).get(id);

  const put = <Name extends TableName>(name: Name, row: Row<Name>): Row<Name> => {
    store.put(collection(name), row.id, row);
    // What a restart would read back, so that nothing depends on whether there was one.
    const kept = deepFreeze<Row<Name>>(JSON.parse(JSON.stringify(row)));
    tables.rowsOf(name).set(row.id, kept);
    revision += 1;
    return kept;
  };

  let replayedTime: number | null = null;

  /** Unix seconds for everything that belongs to this customer; the place where test clocks will come in. */
  const nowFor = (_customerId: string | null): number => replayedTime ?? Math.floor(options.now() / 1000);

  const remove = (name: TableName, id: string): void => {
    store.delete(collection(name), id);
    tables.rowsOf(name).delete(id);
    revision += 1;
  };

  const forgetOldEvents = () => {
    const events = tables.rowsOf("events");
    for (const id of events.keys()) {
      if (events.size <= MAXIMUM_EVENTS) return;
      remove("events", id);
    }
  };

  const emit = (type: EventType, object: object, previous?: object) => {
    const event: EventEnvelope = {
      id: createId("evt"),
      object: "event",
      api_version: API_VERSION,
      // Always the real time: whoever reads the log from a moment on must not miss what was made up for later.
      created: Math.floor(options.now() / 1000),
      data: previous ? { object, previous_attributes: previous } : { object },
      livemode: false,
      pending_webhooks: options.countEndpoints(type),
      request: cause,
      type,
    };
    put("events", event);
    forgetOldEvents();
    options.deliver(event);
  };

  return {
    baseUrl,
    nowFor,
    now: () => nowFor(null),
    /** Grows with every write in this process. */
    revision: () => revision,
    get,
    put,
    emit,

    /** @throws Error when it is not there: for ids that our own objects refer to. */
    need<Name extends TableName>(name: Name, id: string): Row<Name> {
      const row = get(name, id);
      if (!row) throw new Error(`The sandbox has lost ${name}/${id}.`);
      return row;
    },

    /** Oldest first. */
    list<Name extends TableName>(name: Name): Row<Name>[] {
      return [...tables.rowsOf(name).values()];
    },

    add<Name extends TableName>(name: Name, row: Row<Name>, type?: EventType): Row<Name> {
      put(name, row);
      if (type) emit(type, row);
      return row;
    },

    /** Merges `changes`; the event carries what the changed fields were before, and is not made when nothing changed. */
    change<Name extends TableName>(
      name: Name,
      id: string,
      changes: Partial<Row<Name>>,
      ...types: EventType[]
    ): Row<Name> {
      const before = get(name, id);
      if (!before) throw new Error(`The sandbox has lost ${name}/${id}.`);
      const after: Row<Name> = { ...before, ...changes };
      const previous = previousAttributes(before, after);
      if (Object.keys(previous).length === 0) return before;
      put(name, after);
      for (const type of types) emit(type, after, type.endsWith(".updated") ? previous : undefined);
      return after;
    },

    remove,

    /** To be called when the store was emptied by someone else. */
    forget(): void {
      tables.clear();
      revision += 1;
    },

    /** Runs `action` as if it were that time (Unix seconds): what has come due happens when it was due, even if seen late. */
    at<Result>(time: number, action: () => Result): Result {
      const outer = replayedTime;
      replayedTime = time;
      try {
        return action();
      } finally {
        replayedTime = outer;
      }
    },

    /** Runs `action` with its API call noted on every event that it makes. Actions are synchronous, so calls never mix. */
    causedBy<Result>(call: Cause, action: () => Result): Result {
      const outer = cause;
      cause = call;
      try {
        return action();
      } finally {
        cause = outer;
      }
    },
  };
}

type AnyTables = { [Name in TableName]: Map<string, Row<Name>> };

/** Rows as objects: the store keeps text, and parsing a whole table for each look would grow with the account. */
function createTableCache(store: SandboxStore, collection: (name: TableName) => string) {
  let tables: Partial<AnyTables> = {};

  return {
    rowsOf<Name extends TableName>(name: Name): AnyTables[Name] {
      const known = tables[name];
      if (known) return known;
      const rows = store.list<Row<Name>>(collection(name)).map(deepFreeze);
      const loaded: AnyTables[Name] = new Map(rows.map((row) => [row.id, row]));
      tables[name] = loaded;
      return loaded;
    },
    clear() {
      tables = {};
    },
  };
}

/** Rows are shared by all who look at them; a change has to be a new row. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const entry of Object.values(value)) deepFreeze(entry);
  return Object.freeze(value);
}

/**
 * The old values of what changed, as in `data.previous_attributes`: inside a hash only the changed keys, a list whole.
 * https://docs.stripe.com/api/events/object#event_object-data-previous_attributes
 */
export function previousAttributes(before: object, after: object): Record<string, unknown> {
  const previous: Record<string, unknown> = {};
  const old = new Map<string, unknown>(Object.entries(before));
  const fresh = new Map<string, unknown>(Object.entries(after));
  for (const key of new Set([...old.keys(), ...fresh.keys()])) {
    const [left, right] = [old.get(key), fresh.get(key)];
    if (JSON.stringify(left) === JSON.stringify(right)) continue;
    previous[key] = isHash(left) && isHash(right) ? previousAttributes(left, right) : (left ?? null);
  }
  return previous;
}

function isHash(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
