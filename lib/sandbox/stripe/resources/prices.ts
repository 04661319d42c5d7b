import { invalidRequest, missingParam } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import { makePrice, type RecurringInput } from "../objects/make-price";
import { makeProduct } from "../objects/make-product";
import type { Price } from "../wire";
import type { World } from "../world";

const INTERVALS = ["day", "week", "month", "year"] as const;

export function registerPrices(api: Api, world: World): void {
  api.post("/v1/prices", ({ params }) => createPrice(world, params));
  api.get("/v1/prices", ({ params }) => listPrices(world, params));

  api.get("/v1/prices/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "prices", path("id"));
  });

  api.post("/v1/prices/:id", ({ params, path }) => {
    const price = findByPath(world, "prices", path("id"));
    const lookupKey = params.nullableString("lookup_key");
    const transfers = params.boolean("transfer_lookup_key") ?? false;
    const nickname = params.nullableString("nickname");
    const changes: Partial<Price> = {
      active: params.boolean("active") ?? price.active,
      metadata: mergeMetadata(price.metadata, params.metadata()),
      nickname: nickname === undefined ? price.nickname : nickname,
      lookup_key: lookupKey === undefined ? price.lookup_key : lookupKey,
      tax_behavior:
        params.oneOf("tax_behavior", ["exclusive", "inclusive", "unspecified"]) ?? price.tax_behavior,
    };
    params.ignore("currency_options");
    params.finish();
    if (lookupKey) claimLookupKey(world, lookupKey, price.id, transfers);
    return world.change("prices", price.id, changes, "price.updated");
  });
}

function createPrice(world: World, params: Params): Price {
  const currency = params.required("currency").toLowerCase();
  if (!/^[a-z]{3}$/.test(currency)) {
    throw invalidRequest(`Invalid currency: ${currency}.`, undefined, "currency");
  }
  const productData = params.object("product_data");
  const productName = productData?.required("name");
  const productMetadata = mergeMetadata(null, productData?.metadata());
  productData?.ignore("active", "statement_descriptor", "tax_code", "tax_details", "unit_label");
  const product = productData ? undefined : params.string("product");
  if (!productData && product === undefined) throw missingParam("product");
  if (product) findByParam(world, "products", product, "product");
  const lookupKey = params.string("lookup_key");
  const transfers = params.boolean("transfer_lookup_key") ?? false;
  const input = {
    created: world.now(),
    currency,
    unitAmountDecimal: readPriceAmount(params),
    recurring: readRecurring(params.object("recurring")),
    active: params.boolean("active"),
    lookupKey,
    nickname: params.string("nickname"),
    metadata: mergeMetadata(null, params.metadata()),
    taxBehavior: params.oneOf("tax_behavior", ["exclusive", "inclusive", "unspecified"]),
  };
  params.oneOf("billing_scheme", ["per_unit"]);
  params.finish();
  const owner = product ?? addProduct(world, productName ?? "", productMetadata);
  const price = makePrice({ ...input, product: owner });
  if (lookupKey) claimLookupKey(world, lookupKey, price.id, transfers);
  return world.add("prices", price, "price.created");
}

function addProduct(world: World, name: string, metadata: Record<string, string>): string {
  return world.add("products", makeProduct({ created: world.now(), name, metadata }), "product.created").id;
}

function listPrices(world: World, params: Params): object {
  const page = readPage(params);
  const active = params.boolean("active");
  const lookupKeys = params.strings("lookup_keys");
  if (lookupKeys && lookupKeys.length > 10) {
    throw invalidRequest("You can only list up to 10 lookup_keys at a time.", undefined, "lookup_keys");
  }
  const product = params.string("product");
  const currency = params.string("currency");
  const type = params.oneOf("type", ["one_time", "recurring"]);
  const interval = readIntervalFilter(params.object("recurring"));
  const created = params.timeRange("created");
  params.finish();
  const rows = world.list("prices").filter((price) => {
    if (active !== undefined && price.active !== active) return false;
    if (lookupKeys && !lookupKeys.includes(price.lookup_key ?? "")) return false;
    if (product !== undefined && price.product !== product) return false;
    if (currency !== undefined && price.currency !== currency) return false;
    if (type !== undefined && price.type !== type) return false;
    if (interval !== undefined && price.recurring?.interval !== interval) return false;
    return price.created >= created.from && price.created <= created.to;
  });
  return paginate(rows, page, "/v1/prices", "price");
}

function readIntervalFilter(recurring: Params | undefined) {
  recurring?.ignore("meter", "usage_type");
  return recurring?.oneOf("interval", INTERVALS);
}

/** Minor units as a decimal string. */
export function readPriceAmount(params: Params): string {
  const whole = params.integer("unit_amount", { minimum: 0 });
  const decimal = params.string("unit_amount_decimal");
  if (decimal !== undefined && !/^\d+(\.\d{1,12})?$/.test(decimal)) {
    throw invalidRequest(`Invalid decimal: ${decimal}`, undefined, params.pathOf("unit_amount_decimal"));
  }
  const amount = whole === undefined ? decimal : String(whole);
  if (amount === undefined) {
    const message =
      "When `billing_scheme` is set to `per_unit`, you must pass in `unit_amount` or `unit_amount_decimal`.";
    throw invalidRequest(message, "parameter_missing", params.pathOf("unit_amount"));
  }
  return amount;
}

export function readRecurring(params: Params | undefined): RecurringInput | null {
  if (!params) return null;
  const interval = params.oneOf("interval", INTERVALS);
  if (!interval) throw missingParam(params.pathOf("interval"));
  params.oneOf("usage_type", ["licensed"]);
  return {
    interval,
    intervalCount: params.integer("interval_count", { minimum: 1, maximum: 36 }) ?? 1,
    trialPeriodDays: params.integer("trial_period_days", { minimum: 0 }) ?? null,
  };
}

/** A lookup key belongs to one price; `transfer_lookup_key` takes it over. */
function claimLookupKey(world: World, key: string, priceId: string, transfers: boolean): void {
  const holder = world.list("prices").find((price) => price.lookup_key === key && price.id !== priceId);
  if (!holder) return;
  if (!transfers) {
    const message = `A price (\`${holder.id}\`) already uses that lookup key.`;
    throw invalidRequest(message, "resource_already_exists", "lookup_key");
  }
  world.change("prices", holder.id, { lookup_key: null }, "price.updated");
}
