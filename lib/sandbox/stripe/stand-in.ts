/**
 * The payments vendor, played on this machine: the real `stripe` package talks to it unchanged. It keeps its objects in
 * the kernel's store, makes an event for every change and delivers it signed.
 */
import { Hono } from "hono";
import type { DeliveryRecord, SigningStandInDeps, VendorStandIn } from "@/lib/sandbox/kernel/types";
import { nextDueAt, settleDue } from "./domain/lifecycle";
import { plainPage } from "./hosted/checkout-page";
import { registerCheckoutPages } from "./hosted/checkout-routes";
import { registerDashboard } from "./hosted/dashboard-routes";
import { registerIntentPages } from "./hosted/intent-routes";
import { registerInvoicePages } from "./hosted/invoice-routes";
import { registerPortalPages } from "./hosted/portal-routes";
import { type ApiErrorFields, errorBody } from "./http/api-error";
import { createApi, unrecognizedRoute } from "./http/router";
import { registerAccount } from "./resources/account";
import { registerBillingPortal } from "./resources/billing-portal";
import { registerCharges } from "./resources/charges";
import { registerCheckoutSessions } from "./resources/checkout-sessions";
import { registerCustomers } from "./resources/customers";
import { registerEvents } from "./resources/events";
import { registerInvoices } from "./resources/invoices";
import { registerPaymentIntents } from "./resources/payment-intents";
import { registerPaymentMethods } from "./resources/payment-methods";
import { registerPrices } from "./resources/prices";
import { registerProducts } from "./resources/products";
import { registerSetupIntents } from "./resources/setup-intents";
import { registerSubscriptionItems } from "./resources/subscription-items";
import { registerSubscriptions } from "./resources/subscriptions";
import { registerWebhookEndpoints } from "./resources/webhook-endpoints";
import { seedAccount } from "./seed";
import { COUNTED_TABLES } from "./tables";
import { createWebhooks } from "./webhooks";
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
  registerEvents(api, world, webhooks.pendingCounts);
  registerCheckoutPages(app, world, settle);
  registerPortalPages(app, world, settle);
  registerInvoicePages(app, world, settle);
  registerIntentPages(app, world);
  registerDashboard(app, world, webhooks.deliverer, settle);
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
    settleDue(world);
    seenRevision = world.revision();
    dueAt = nextDueAt(world);
  };
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
