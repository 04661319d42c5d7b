/**
 * The payments vendor, played on this machine: the real `stripe` package talks to it unchanged. It keeps its objects in
 * the kernel's store, makes an event for every change and delivers it signed.
 */
import { Hono } from "hono";
import { ControlRefusedError } from "@/lib/sandbox/kernel/controls";
import type { DeliveryRecord, SigningStandInDeps, VendorStandIn } from "@/lib/sandbox/kernel/types";
import { seedBulk } from "./bulk-seed";
import { nextDueAt, settleDue } from "./domain/lifecycle";
import { settleClocks } from "./domain/test-clocks";
import { plainPage } from "./hosted/checkout-page";
import { registerCheckoutPages } from "./hosted/checkout-routes";
import { registerDashboard } from "./hosted/dashboard-routes";
import { registerIntentPages } from "./hosted/intent-routes";
import { registerInvoicePages } from "./hosted/invoice-routes";
import { registerPaymentPages } from "./hosted/payment-routes";
import { registerPortalPages } from "./hosted/portal-routes";
import { type ApiErrorFields, errorBody } from "./http/api-error";
import { createApi, unrecognizedRoute } from "./http/router";
import { registerAccount } from "./resources/account";
import { registerBillingPortal } from "./resources/billing-portal";
import { registerCharges } from "./resources/charges";
import { registerCheckoutSessions } from "./resources/checkout-sessions";
import { registerCustomers } from "./resources/customers";
import { registerDisputes } from "./resources/disputes";
import { registerEvents } from "./resources/events";
import { registerInvoices } from "./resources/invoices";
import { registerPaymentIntents } from "./resources/payment-intents";
import { registerPaymentMethods } from "./resources/payment-methods";
import { registerPrices } from "./resources/prices";
import { registerProducts } from "./resources/products";
import { registerSetupIntents } from "./resources/setup-intents";
import { registerSubscriptionItems } from "./resources/subscription-items";
import { registerSubscriptions } from "./resources/subscriptions";
import { registerTestClocks } from "./resources/test-clocks";
import { registerWebhookEndpoints } from "./resources/webhook-endpoints";
import { seedAccount } from "./seed";
import { changeSettings } from "./settings";
import { COUNTED_TABLES } from "./tables";
import { createWebhooks, type Webhooks } from "./webhooks";
import { createWorld, type World } from "./world";

/** How often due things are looked for when nobody calls. */
const TICK_MS = 1000;

/**
 * Makes the stand-in over a store, which may hold an account already.
 */
export function createStripeStandIn(deps: SigningStandInDeps): VendorStandIn {
  const { store, baseUrl, appUrl } = deps;
  const app = new Hono();
  const webhooks = createWebhooks(deps, () => world);
  const world: World = createWorld({
    store,
    baseUrl,
    now: () => deps.now(),
    deliver: (event) => webhooks.deliver(event),
    countEndpoints: (type) => webhooks.endpointsFor(type).length,
  });
  const settle = createSettle(world);
  const api = createApi({ app, world, store, now: () => deps.now(), settle });

  registerCustomers(api, world);
  registerProducts(api, world);
  registerPrices(api, world);
  registerCheckoutSessions(api, world);
  registerSubscriptions(api, world);
  registerSubscriptionItems(api, world);
  registerInvoices(api, world);
  registerPaymentIntents(api, world);
  registerPaymentMethods(api, world);
  registerSetupIntents(api, world);
  registerCharges(api, world);
  registerBillingPortal(api, world);
  registerWebhookEndpoints(api, world);
  registerAccount(api, world);
  registerTestClocks(api, world);
  registerDisputes(api, world);
  registerEvents(api, world, webhooks.pendingCounts);
  registerCheckoutPages(app, world, settle);
  registerPortalPages(app, world, settle);
  registerInvoicePages(app, world, settle);
  registerIntentPages(app, world);
  registerPaymentPages(app, world, settle);
  registerDashboard(app, world, webhooks, settle);
  app.onError((error, context) => {
    console.error(`[stripe sandbox] ${context.req.method} ${context.req.path}:`, error);
    return plainPage("The sandbox failed", "Its terminal says why. Nothing real is affected.", null, 500);
  });
  app.notFound((context) =>
    context.req.path.startsWith("/v1/")
      ? unrecognizedRoute(context, baseUrl)
      : plainPage(
          "There is no such page",
          "The link is wrong.",
          { href: "/", label: "Payments sandbox" },
          404,
        ),
  );

  seedAccount(world, appUrl);
  const timer = setInterval(settle, TICK_MS);
  timer.unref();

  return {
    vendor: "stripe",
    app,
    deliverer: webhooks.deliverer,
    stop: () => clearInterval(timer),
    describe: () => ({
      account: world.list("account")[0]?.id ?? null,
      counts: Object.fromEntries(COUNTED_TABLES.map((name) => [name, world.list(name).length])),
      deliveries: countStates(webhooks.deliverer.list()),
    }),
    seedBulk: (input) => seedBulk(world, input),
    changeSettings: (input) => changeSettings(world, input),
    eventsAfter: (id, limit) => eventsAfter(world, id, limit),
    redeliver: (ids) => redeliverEvents(world, webhooks, ids),
    seed() {
      world.forget();
      seedAccount(world, appUrl);
    },
    errorBody: (status) => errorBody(faultError(status), null, baseUrl),
  };
}

/** Looks through everything only when something was written or has come due since the last look. */
function createSettle(world: World): () => void {
  let seenRevision = -1;
  let dueAt = 0;
  return () => {
    if (world.revision() === seenRevision && world.now() < dueAt) return;
    settleClocks(world);
    settleDue(world);
    seenRevision = world.revision();
    dueAt = nextDueAt(world);
  };
}

/** @throws ControlRefusedError for an event that is not there */
function eventsAfter(world: World, id: string | null, limit: number): { events: object[]; hasMore: boolean } {
  const all = world.list("events");
  const from = id === null ? 0 : all.findIndex((event) => event.id === id) + 1;
  if (id !== null && from === 0) throw new ControlRefusedError(`after: there is no event '${id}'`);
  return { events: all.slice(from, from + limit), hasMore: from + limit < all.length };
}

/** @throws ControlRefusedError for an event that is not there; then none is sent */
function redeliverEvents(world: World, webhooks: Webhooks, ids: readonly string[]): void {
  const events = ids.map((id) => {
    const event = world.get("events", id);
    if (!event) throw new ControlRefusedError(`ids: there is no event '${id}'`);
    return event;
  });
  webhooks.redeliver(events);
}

function countStates(deliveries: readonly DeliveryRecord[]): Record<DeliveryRecord["state"], number> {
  const counts = { pending: 0, delivered: 0, failed: 0 };
  for (const { state } of deliveries) counts[state] += 1;
  return counts;
}

/** The error that the vendor gives with a status. https://docs.stripe.com/api/errors */
function faultError(status: number): ApiErrorFields {
  if (status === 401)
    return { type: "invalid_request_error", message: "Invalid API Key provided: sk_test_*******" };
  if (status === 402) {
    const message = "Your card was declined.";
    return { type: "card_error", code: "card_declined", decline_code: "generic_decline", message };
  }
  if (status === 409) {
    return {
      type: "idempotency_error",
      code: "idempotency_key_in_use",
      message: "Another request holds this key.",
    };
  }
  if (status === 429) {
    const message =
      "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.";
    return { type: "invalid_request_error", code: "rate_limit", message };
  }
  if (status >= 400 && status < 500)
    return { type: "invalid_request_error", message: "The request was refused." };
  return { type: "api_error", message: "An unknown error occurred." };
}
