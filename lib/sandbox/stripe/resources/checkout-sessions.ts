import { expireSession } from "../domain/checkout";
import { amountOf } from "../domain/money";
import { productName } from "../domain/proration";
import { invalidRequest, missingParam } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import { makeCheckoutSession, makeLineItem } from "../objects/make-checkout-session";
import type { CheckoutSession, LineItem } from "../wire";
import type { World } from "../world";

const MINIMUM_LIFE = 30 * 60;
const MAXIMUM_LIFE = 24 * 3600;
/** Clocks differ, and half an hour asked for from another machine must not be a second short. */
const TOLERANCE = 60;

/** Real parameters of a hosted session that make no difference to what the sandbox plays. */
const IGNORED = [
  "adaptive_pricing",
  "after_expiration",
  "automatic_tax",
  "billing_address_collection",
  "branding_settings",
  "consent_collection",
  "custom_text",
  "customer_update",
  "integration_identifier",
  "name_collection",
  "origin_context",
  "payment_method_configuration",
  "payment_method_options",
  "phone_number_collection",
  "saved_payment_method_options",
  "submit_type",
  "tax_id_collection",
  "wallet_options",
];

export function registerCheckoutSessions(api: Api, world: World): void {
  api.post("/v1/checkout/sessions", ({ params }) => createSession(world, params));

  api.get("/v1/checkout/sessions", ({ params }) => {
    const page = readPage(params);
    const customer = params.string("customer");
    const subscription = params.string("subscription");
    const paymentIntent = params.string("payment_intent");
    const status = params.oneOf("status", ["open", "complete", "expired"]);
    const email = params.object("customer_details")?.string("email");
    const created = params.timeRange("created");
    params.finish();
    const rows = world.list("checkout_sessions").filter((session) => {
      if (customer !== undefined && session.customer !== customer) return false;
      if (subscription !== undefined && session.subscription !== subscription) return false;
      if (paymentIntent !== undefined && session.payment_intent !== paymentIntent) return false;
      if (status !== undefined && session.status !== status) return false;
      if (email !== undefined && session.customer_details?.email !== email) return false;
      return session.created >= created.from && session.created <= created.to;
    });
    return paginate(rows, page, "/v1/checkout/sessions", "checkout.session");
  });

  api.get("/v1/checkout/sessions/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "checkout_sessions", path("id"));
  });

  api.post("/v1/checkout/sessions/:id", ({ params, path }) => {
    const session = findByPath(world, "checkout_sessions", path("id"));
    const metadata = mergeMetadata(session.metadata, params.metadata());
    params.finish();
    return world.change("checkout_sessions", session.id, { metadata });
  });

  api.get("/v1/checkout/sessions/:id/line_items", ({ params, path }) => {
    const session = findByPath(world, "checkout_sessions", path("id"));
    const page = readPage(params);
    params.finish();
    const items = world.need("checkout_records", session.id).lineItems.toReversed();
    return paginate(items, page, `/v1/checkout/sessions/${session.id}/line_items`, "item");
  });

  api.post("/v1/checkout/sessions/:id/expire", ({ params, path }) => {
    const session = findByPath(world, "checkout_sessions", path("id"));
    params.finish();
    if (session.status !== "open") {
      const message = `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`;
      throw invalidRequest(message);
    }
    return expireSession(world, session.id);
  });
}

function createSession(world: World, params: Params): CheckoutSession {
  readMode(params);
  const now = world.now();
  const customer = params.string("customer");
  const customerEmail = params.string("customer_email");
  const known = customer === undefined ? null : findByParam(world, "customers", customer, "customer");
  if (customer !== undefined && customerEmail !== undefined) {
    const message = "You may only specify one of these parameters: customer, customer_email.";
    throw invalidRequest(message, "parameters_exclusive", "customer_email");
  }
  const lineItems = readLineItems(world, params);
  const subscriptionData = readSubscriptionData(params.object("subscription_data"));
  const total = lineItems.reduce((sum, item) => sum + item.amount_total, 0);
  const session = makeCheckoutSession({
    created: now,
    expiresAt: readExpiry(params, now),
    customer: customer ?? null,
    customerEmail: customerEmail ?? known?.email ?? null,
    clientReferenceId: params.string("client_reference_id") ?? null,
    metadata: mergeMetadata(null, params.metadata()),
    successUrl: readUrl(params, "success_url") ?? throwMissing("success_url"),
    cancelUrl: readUrl(params, "cancel_url") ?? null,
    currency: params.string("currency") ?? lineItems[0]?.currency ?? "usd",
    amountTotal: subscriptionData.trialPeriodDays ? 0 : total,
    amountSubtotal: subscriptionData.trialPeriodDays ? 0 : total,
    paymentMethodCollection: params.oneOf("payment_method_collection", ["always", "if_required"]) ?? "always",
    allowPromotionCodes: params.boolean("allow_promotion_codes") ?? null,
    locale: params.string("locale") ?? null,
    baseUrl: world.baseUrl,
  });
  params.ignore(...IGNORED);
  params.finish();
  const record = { id: session.id, lineItems, subscriptionData, paymentIntent: null, paymentMethod: null };
  world.put("checkout_records", record);
  return world.put("checkout_sessions", session);
}

/** The sandbox plays hosted subscription checkouts and says so for anything else. */
function readMode(params: Params): void {
  const mode = params.oneOf("mode", ["payment", "setup", "subscription"]);
  if (!mode) throw missingParam("mode");
  if (mode !== "subscription") {
    throw invalidRequest(
      `This sandbox plays mode=subscription only; you asked for mode=${mode}.`,
      undefined,
      "mode",
    );
  }
  const uiMode = params.string("ui_mode");
  if (uiMode !== undefined && uiMode !== "hosted_page") {
    throw invalidRequest(
      `This sandbox plays ui_mode=hosted_page only; you asked for ${uiMode}.`,
      undefined,
      "ui_mode",
    );
  }
}

function readLineItems(world: World, params: Params): LineItem[] {
  const entries = params.objects("line_items");
  if (!entries || entries.length === 0) throw missingParam("line_items");
  const items = entries.map((entry) => {
    const price = findByParam(world, "prices", entry.required("price"), entry.pathOf("price"));
    if (!price.active) {
      throw invalidRequest(
        `The price specified is inactive. This field only accepts active prices.`,
        undefined,
        entry.pathOf("price"),
      );
    }
    const quantity = entry.integer("quantity", { minimum: 1 });
    entry.ignore("adjustable_quantity", "metadata", "tax_rates");
    if (quantity === undefined) throw missingParam(entry.pathOf("quantity"));
    return makeLineItem(price, productName(world, price), quantity, amountOf(price, quantity));
  });
  if (!items.some((item) => item.price?.recurring)) {
    const message = "You must provide at least one recurring price in `subscription` mode when using prices.";
    throw invalidRequest(message, undefined, "line_items");
  }
  return items;
}

function readSubscriptionData(params: Params | undefined) {
  params?.ignore(
    "billing_cycle_anchor",
    "billing_mode",
    "default_tax_rates",
    "invoice_settings",
    "proration_behavior",
    "trial_settings",
  );
  return {
    metadata: mergeMetadata(null, params?.metadata()),
    description: params?.string("description") ?? null,
    trialPeriodDays: params?.integer("trial_period_days", { minimum: 1, maximum: 730 }) ?? null,
  };
}

/** Between half an hour and a day from now; a day when not given. */
function readExpiry(params: Params, now: number): number {
  const expiresAt = params.integer("expires_at");
  if (expiresAt === undefined) return now + MAXIMUM_LIFE;
  if (expiresAt < now + MINIMUM_LIFE - TOLERANCE) {
    throw invalidRequest(
      "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
      undefined,
      "expires_at",
    );
  }
  if (expiresAt > now + MAXIMUM_LIFE + TOLERANCE) {
    throw invalidRequest(
      "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
      undefined,
      "expires_at",
    );
  }
  return expiresAt;
}

function readUrl(params: Params, name: string): string | undefined {
  const url = params.string(name);
  if (url === undefined) return undefined;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url.replaceAll(/[{}]/g, ""))) {
    throw invalidRequest("Not a valid URL", "url_invalid", name);
  }
  return url;
}

function throwMissing(name: string): never {
  throw missingParam(name);
}
