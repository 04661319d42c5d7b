/**
 * `expand[]`: puts objects where an answer has ids, along dotted paths, up to four levels deep.
 * https://docs.stripe.com/api/expanding_objects
 */
import type { TableName } from "../tables";
import type { World } from "../world";
import { invalidRequest } from "./api-error";

/** The table that an id belongs to, told by its prefix. */
const TABLES: Record<string, TableName> = {
  bpc: "portal_configurations",
  ch: "charges",
  clock: "test_clocks",
  cs: "checkout_sessions",
  cus: "customers",
  dp: "disputes",
  in: "invoices",
  pi: "payment_intents",
  pm: "payment_methods",
  price: "prices",
  prod: "products",
  re: "refunds",
  seti: "setup_intents",
  sub: "subscriptions",
  txn: "balance_transactions",
};

/** Fields whose string may be replaced by the object that it names. */
const EXPANDABLE = new Set([
  "balance_transaction",
  "charge",
  "configuration",
  "customer",
  "default_payment_method",
  "default_price",
  "failure_balance_transaction",
  "invoice",
  "latest_charge",
  "latest_invoice",
  "payment_intent",
  "payment_method",
  "pending_setup_intent",
  "price",
  "product",
  "setup_intent",
  "source",
  "subscription",
  "test_clock",
]);

/** Fields that are only answered when asked for, and lists that are there anyway. */
const INCLUDABLE = new Set([
  "confirmation_secret",
  "items",
  "line_items",
  "lines",
  "payments",
  "refunds",
  "sources",
  "subscriptions",
  "tax_ids",
]);

/** Fields of that name which are plain strings in these objects. */
const PLAIN = new Set([
  "billing_portal.session.customer",
  "charge.payment_method",
  "line_item.invoice",
  "subscription_item.subscription",
]);

const MAXIMUM_DEPTH = 4;

type Json = Record<string, unknown>;

/** The value of a field that is only answered when asked for. */
function includable(world: World, object: Json, field: string): object | undefined {
  const id = typeof object.id === "string" ? object.id : "";
  const list = (data: object[], url: string) => ({ object: "list", data, has_more: false, url });
  switch (`${String(object.object)}.${field}`) {
    case "checkout.session.line_items":
      return list(
        world.get("checkout_records", id)?.lineItems ?? [],
        `/v1/checkout/sessions/${id}/line_items`,
      );
    case "invoice.payments":
      return list(
        world.list("invoice_payments").filter((payment) => payment.invoice === id),
        `/v1/invoice_payments?invoice=${id}`,
      );
    case "customer.subscriptions":
      return list(
        world
          .list("subscriptions")
          .filter((row) => row.customer === id && row.status !== "canceled")
          .toReversed(),
        `/v1/customers/${id}/subscriptions`,
      );
    case "customer.sources":
    case "customer.tax_ids":
      return list([], `/v1/customers/${id}/${field}`);
    case "invoice.confirmation_secret": {
      const payment = world.list("invoice_payments").find((row) => row.invoice === id)
        ?.payment.payment_intent;
      const secret = payment && world.get("payment_intents", payment)?.client_secret;
      return secret ? { client_secret: secret, type: "payment_intent" } : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * What can be told before a call is carried out.
 * @throws ApiError 400 for a path that leads nowhere in any object, or too deep.
 */
export function checkExpandPaths(paths: readonly string[]): void {
  for (const path of paths) {
    const last = path.split(".").at(-1) ?? "";
    if (!EXPANDABLE.has(last) && !INCLUDABLE.has(last)) throw cannotExpand(path);
    const depth = path.split(".").filter((segment) => segment !== "data").length;
    if (depth > MAXIMUM_DEPTH) {
      throw invalidRequest(
        `You cannot expand more than ${MAXIMUM_DEPTH} levels of a property. Property: ${path}`,
      );
    }
  }
}

/** Returns a copy of `answer` with every path expanded. */
export function expand(world: World, answer: object, paths: readonly string[]): object {
  if (paths.length === 0) return answer;
  const copy: Json = structuredClone({ ...answer });
  for (const path of paths) {
    if (copy.object === "list" && !path.startsWith("data.")) {
      const hint = `You may want to try expanding 'data.${path}' instead.`;
      throw invalidRequest(`This property cannot be expanded (${path}). ${hint}`, undefined, "expand");
    }
    walk(world, copy, path.split("."), path);
  }
  return copy;
}

function walk(world: World, holder: Json, segments: readonly string[], path: string): void {
  const [field, ...rest] = segments;
  if (field === undefined) return;
  const value = resolve(world, holder, field, rest.length === 0, path);
  if (rest.length === 0 || value === null) return;
  for (const next of Array.isArray(value) ? value : [value]) {
    if (isHash(next)) walk(world, next, rest, path);
    else throw cannotExpand(path);
  }
}

/** What `field` holds after expanding it in place. */
function resolve(world: World, holder: Json, field: string, isLast: boolean, path: string): unknown {
  const included = holder[field] === undefined ? includable(world, holder, field) : undefined;
  if (included) holder[field] = structuredClone(included);
  const value = holder[field];
  if (value === undefined) throw cannotExpand(path);
  if (typeof value !== "string") {
    // Something that is never an id (a number, a flag) cannot be expanded; an object on the way can be walked through.
    if (isLast && value !== null && !isHash(value)) throw cannotExpand(path);
    return value;
  }
  if (!EXPANDABLE.has(field) || PLAIN.has(`${String(holder.object)}.${field}`)) throw cannotExpand(path);
  // A product's id may be of the account's own making.
  const table = field === "product" ? "products" : TABLES[value.split("_")[0] ?? ""];
  const found = table && (world.get(table, value) ?? world.get("deleted", value));
  if (!found) throw new Error(`The sandbox cannot expand ${path}: ${value} is gone.`);
  holder[field] = structuredClone(found);
  return holder[field];
}

function cannotExpand(path: string) {
  return invalidRequest(`This property cannot be expanded (${path}).`, undefined, "expand");
}

function isHash(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
