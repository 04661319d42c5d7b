import { attachMethod, cardError, confirmPayment, findOrCreateMethod } from "../domain/payments";
import { collectInvoice } from "../domain/subscriptions";
import { invalidRequest, missingParam } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata } from "../http/params";
import type { Api } from "../http/router";
import { makePaymentIntent } from "../objects/make-payment-intent";
import type { PaymentIntent } from "../wire";
import type { World } from "../world";

export function registerPaymentIntents(api: Api, world: World): void {
  api.post("/v1/payment_intents", ({ params }) => {
    const amount = params.integer("amount", { minimum: 1 });
    if (amount === undefined) throw missingParam("amount");
    const currency = params.required("currency").toLowerCase();
    const customerId = params.string("customer");
    const customer =
      customerId === undefined ? null : findByParam(world, "customers", customerId, "customer");
    const wanted = params.string("payment_method");
    const confirms = params.boolean("confirm") ?? false;
    const description = params.string("description");
    const receiptEmail = params.string("receipt_email");
    const metadata = mergeMetadata(null, params.metadata());
    const isForSubscription =
      params.oneOf("setup_future_usage", ["off_session", "on_session"]) === "off_session";
    const returnUrl = params.string("return_url") ?? null;
    params.ignore("automatic_payment_methods", "off_session", "payment_method_types");
    params.finish();
    const method = wanted ? findOrCreateMethod(world, wanted, "payment_method").id : null;
    const input = { amount, currency, description, receiptEmail, metadata, isForSubscription };
    const intent = makePaymentIntent({
      ...input,
      created: world.nowFor(customer?.id ?? null),
      customer: customer?.id ?? null,
    });
    world.add("payment_intents", intent, "payment_intent.created");
    if (!method) return intent;
    world.change("payment_intents", intent.id, { payment_method: method, status: "requires_confirmation" });
    return confirms ? confirm(world, intent.id, method, returnUrl) : world.need("payment_intents", intent.id);
  });

  api.get("/v1/payment_intents", ({ params }) => {
    const page = readPage(params);
    const customer = params.string("customer");
    const created = params.timeRange("created");
    params.finish();
    const rows = world.list("payment_intents").filter((intent) => {
      if (customer !== undefined && intent.customer !== customer) return false;
      return intent.created >= created.from && intent.created <= created.to;
    });
    return paginate(rows, page, "/v1/payment_intents", "payment_intent");
  });

  api.get("/v1/payment_intents/:id", ({ params, path }) => {
    params.ignore("client_secret");
    params.finish();
    return findByPath(world, "payment_intents", path("id"));
  });

  api.post("/v1/payment_intents/:id", ({ params, path }) => {
    const intent = findByPath(world, "payment_intents", path("id"));
    const metadata = mergeMetadata(intent.metadata, params.metadata());
    const description = params.nullableString("description");
    params.finish();
    const changes = { metadata, description: description === undefined ? intent.description : description };
    return world.change("payment_intents", intent.id, changes);
  });

  api.post("/v1/payment_intents/:id/confirm", ({ params, path }) => {
    const intent = findByPath(world, "payment_intents", path("id"));
    const wanted = params.string("payment_method") ?? intent.payment_method;
    const returnUrl = params.string("return_url") ?? null;
    params.ignore("off_session");
    params.finish();
    if (!wanted) throw missingParam("payment_method");
    refuseFinished(intent, "confirm");
    return confirm(world, intent.id, findOrCreateMethod(world, wanted, "payment_method").id, returnUrl);
  });

  api.post("/v1/payment_intents/:id/cancel", ({ params, path }) => {
    const intent = findByPath(world, "payment_intents", path("id"));
    const reasons = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"] as const;
    const cancellation_reason = params.oneOf("cancellation_reason", reasons) ?? null;
    params.finish();
    refuseFinished(intent, "cancel");
    const changes = {
      status: "canceled" as const,
      cancellation_reason,
      canceled_at: world.now(),
      next_action: null,
    };
    return world.change("payment_intents", intent.id, changes, "payment_intent.canceled");
  });
}

function refuseFinished(intent: PaymentIntent, verb: string): void {
  if (intent.status !== "succeeded" && intent.status !== "canceled") return;
  const message = `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`;
  throw invalidRequest(message, "payment_intent_unexpected_state");
}

/** @throws ApiError 402 when the card is declined */
function confirm(world: World, id: string, method: string, returnUrl: string | null): PaymentIntent {
  const invoice = world
    .list("invoice_payments")
    .find((payment) => payment.payment.payment_intent === id)?.invoice;
  const outcome = invoice
    ? collectInvoice(world, invoice, method)
    : confirmPayment(world, id, method, {
        authenticated: false,
        authenticationUrl: `${world.baseUrl}/payment_intents/${id}/3ds`,
        returnUrl,
      });
  const intent = world.need("payment_intents", id);
  if (outcome.kind === "declined") {
    throw cardError(outcome.decline, { charge: intent.latest_charge ?? undefined, payment_intent: intent });
  }
  const keepsCard = outcome.kind === "succeeded" && intent.setup_future_usage && intent.customer;
  if (keepsCard && intent.customer) attachMethod(world, method, intent.customer);
  return intent;
}
