/** Finding what a call names, with the vendor's complaint when it is not there. */
import type { Row, TableName } from "../tables";
import type { World } from "../world";
import { noSuch } from "./api-error";

/** What the vendor calls a row of each table in its errors. */
const KINDS: Partial<Record<TableName, string>> = {
  balance_transactions: "balance transaction",
  charges: "charge",
  checkout_sessions: "checkout.session",
  customers: "customer",
  disputes: "dispute",
  events: "event",
  invoice_items: "invoiceitem",
  invoice_payments: "invoice_payment",
  invoices: "invoice",
  payment_intents: "payment_intent",
  payment_methods: "PaymentMethod",
  portal_configurations: "configuration",
  prices: "price",
  products: "product",
  refunds: "refund",
  setup_intents: "setupintent",
  subscriptions: "subscription",
  test_clocks: "test_clock",
  webhook_endpoints: "webhook endpoint",
};

/** The parameter that the vendor blames when the id in a path is unknown. */
const PATH_PARAMS: Partial<Record<TableName, string>> = {
  checkout_sessions: "session",
  invoices: "invoice",
  payment_intents: "intent",
  payment_methods: "payment_method",
  prices: "price",
  setup_intents: "intent",
};

function kindOf(table: TableName): string {
  return KINDS[table] ?? table;
}

/** For an id in the path. @throws ApiError 404 `resource_missing` */
export function findByPath<Name extends TableName>(world: World, table: Name, id: string): Row<Name> {
  const row = world.get(table, id);
  if (!row) throw noSuch(kindOf(table), id, PATH_PARAMS[table] ?? "id", 404);
  return row;
}

/** For an id in a parameter. @throws ApiError 400 `resource_missing` */
export function findByParam<Name extends TableName>(
  world: World,
  table: Name,
  id: string,
  param: string,
): Row<Name> {
  const row = world.get(table, id);
  if (!row) throw noSuch(kindOf(table), id, param, 400);
  return row;
}
