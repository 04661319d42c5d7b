import { cancellationFields, cancelSubscription } from "../domain/cancellations";
import { resumeSubscription } from "../domain/pausing";
import { attachMethod, cardError, findOrCreateMethod, predictCharge } from "../domain/payments";
import { planChange, prorationLines } from "../domain/proration";
import {
  changeSubscription,
  collectInvoice,
  defaultMethodOf,
  isOver,
  startSubscription,
  type TrialEndBehavior,
} from "../domain/subscriptions";
import { invalidRequest } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import type { Subscription } from "../wire";
import type { World } from "../world";
import { readItemChanges, readNewItems } from "./subscription-params";

const PRORATION_BEHAVIORS = ["create_prorations", "always_invoice", "none"] as const;
const PAYMENT_BEHAVIORS = ["allow_incomplete", "default_incomplete", "error_if_incomplete"] as const;
/** Real parameters that make no difference to what the sandbox plays. */
const IGNORED = [
  "automatic_tax",
  "billing_mode",
  "currency",
  "description",
  "invoice_settings",
  "off_session",
  "payment_settings",
];

export function registerSubscriptions(api: Api, world: World): void {
  api.post("/v1/subscriptions", ({ params }) => createSubscription(world, params));
  api.get("/v1/subscriptions", ({ params }) => listSubscriptions(world, params));

  api.get("/v1/subscriptions/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "subscriptions", path("id"));
  });

  api.post("/v1/subscriptions/:id", ({ params, path }) =>
    updateSubscription(world, findByPath(world, "subscriptions", path("id")), params),
  );

  api.post("/v1/subscriptions/:id/resume", ({ params, path }) => {
    params.oneOf("billing_cycle_anchor", ["now"]);
    params.ignore("proration_behavior", "proration_date");
    params.finish();
    return resumeSubscription(world, findByPath(world, "subscriptions", path("id")));
  });

  api.delete("/v1/subscriptions/:id", ({ params, path }) => {
    const subscription = findByPath(world, "subscriptions", path("id"));
    const details = params.object("cancellation_details");
    const input = {
      reason: "cancellation_requested" as const,
      comment: details?.nullableString("comment"),
      feedback: details?.nullableString("feedback"),
      prorate: params.boolean("prorate") ?? false,
      invoiceNow: params.boolean("invoice_now") ?? false,
    };
    params.finish();
    if (isOver(subscription)) {
      throw invalidRequest(`No such subscription: '${subscription.id}'`, "resource_missing", "id", 404);
    }
    return cancelSubscription(world, subscription.id, input);
  });
}

function readTrialEndBehavior(params: Params): TrialEndBehavior | undefined {
  const choices = ["cancel", "create_invoice", "pause"] as const;
  return params.object("trial_settings")?.object("end_behavior")?.oneOf("missing_payment_method", choices);
}

function trialSettings(missing_payment_method: TrialEndBehavior): Subscription["trial_settings"] {
  return { end_behavior: { billing_cycle_anchor: null, missing_payment_method } };
}

function createSubscription(world: World, params: Params): Subscription {
  const customer = findByParam(world, "customers", params.required("customer"), "customer");
  const items = readNewItems(world, params);
  const metadata = mergeMetadata(null, params.metadata());
  const wanted = params.string("default_payment_method");
  const behavior = params.oneOf("payment_behavior", PAYMENT_BEHAVIORS) ?? "allow_incomplete";
  const trialDays = params.integer("trial_period_days", { minimum: 0, maximum: 730 });
  const trialEnd =
    params.integer("trial_end") ?? (trialDays ? world.nowFor(customer.id) + trialDays * 24 * 3600 : null);
  const cancels = params.boolean("cancel_at_period_end") ?? false;
  const description = params.string("description") ?? null;
  const trialEndBehavior = readTrialEndBehavior(params);
  params.oneOf("collection_method", ["charge_automatically"]);
  params.oneOf("proration_behavior", PRORATION_BEHAVIORS);
  params.ignore(...IGNORED);
  params.finish();
  const method = wanted
    ? attachMethod(world, findOrCreateMethod(world, wanted, "default_payment_method").id, customer.id).id
    : null;
  const charged = method ?? customer.invoice_settings.default_payment_method;
  if (!charged && behavior !== "default_incomplete" && !trialEnd) {
    const message =
      "This customer has no attached payment source or default payment method. Please consider adding a default payment " +
      "method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.";
    throw invalidRequest(message, "resource_missing");
  }
  const decline = charged && behavior === "error_if_incomplete" ? predictCharge(world, charged) : null;
  if (decline) throw cardError(decline);
  const { subscription, invoice } = startSubscription(world, {
    customer: customer.id,
    items,
    metadata,
    description,
    defaultPaymentMethod: method,
    trialEnd,
    trialEndBehavior,
    paidBy: null,
  });
  if (invoice.status === "open" && charged && behavior !== "default_incomplete")
    collectInvoice(world, invoice.id, charged);
  if (!cancels) return world.need("subscriptions", subscription.id);
  const fields = cancellationFields(world.need("subscriptions", subscription.id), true, subscription.created);
  return world.change("subscriptions", subscription.id, fields, "customer.subscription.updated");
}

function updateSubscription(world: World, subscription: Subscription, params: Params): Subscription {
  const now = world.nowFor(subscription.customer);
  const items = readItemChanges(world, params, subscription);
  const prorationBehavior = params.oneOf("proration_behavior", PRORATION_BEHAVIORS) ?? "create_prorations";
  const paymentBehavior = params.oneOf("payment_behavior", PAYMENT_BEHAVIORS) ?? "allow_incomplete";
  const cancels = params.boolean("cancel_at_period_end");
  const wanted = params.nullableString("default_payment_method");
  const metadata = mergeMetadata(subscription.metadata, params.metadata());
  const description = params.nullableString("description");
  const details = params.object("cancellation_details");
  const comment = details?.nullableString("comment") ?? null;
  const feedback = details?.nullableString("feedback") ?? null;
  const endsTrial = params.string("trial_end");
  const trialEndBehavior = readTrialEndBehavior(params);
  const prorationDate = params.integer("proration_date");
  params.ignore("billing_cycle_anchor", ...IGNORED);
  params.finish();
  if (isOver(subscription)) {
    const message = "A canceled subscription can only update its cancellation_details and metadata.";
    if (items.length > 0 || cancels !== undefined || wanted !== undefined) {
      throw invalidRequest(message, "invalid_canceled_subscription_fields");
    }
  }
  const method = wanted
    ? attachMethod(
        world,
        findOrCreateMethod(world, wanted, "default_payment_method").id,
        subscription.customer,
      ).id
    : wanted;
  const fields: Partial<Subscription> = {
    metadata,
    ...(description === undefined ? {} : { description }),
    ...(trialEndBehavior ? { trial_settings: trialSettings(trialEndBehavior) } : {}),
    ...(method === undefined ? {} : { default_payment_method: method }),
    ...(cancels === undefined ? {} : cancellationFields(subscription, cancels, now, { comment, feedback })),
  };
  if (paymentBehavior === "error_if_incomplete" && prorationBehavior === "always_invoice") {
    refuseUnpayable(world, subscription, items, now);
  }
  changeSubscription(world, subscription.id, { items, prorationBehavior, fields, prorationDate });
  return endsTrial === "now"
    ? endTrial(world, subscription.id, now)
    : world.need("subscriptions", subscription.id);
}

/** @throws ApiError 402 when a change costs something that the card would not pay */
function refuseUnpayable(
  world: World,
  subscription: Subscription,
  items: Parameters<typeof planChange>[1],
  now: number,
): void {
  if (items.length === 0) return;
  const lines = prorationLines(world, subscription, planChange(subscription, items, now), now, true);
  const method = defaultMethodOf(world, subscription);
  const costs = lines.reduce((sum, line) => sum + line.amount, 0) > 0;
  const decline = costs && method ? predictCharge(world, method) : null;
  if (decline) throw cardError(decline);
}

/** The trial is over as soon as time is next looked at. */
function endTrial(world: World, id: string, now: number): Subscription {
  const subscription = world.need("subscriptions", id);
  if (subscription.status !== "trialing") return subscription;
  const data = subscription.items.data.map((item) => ({ ...item, current_period_end: now }));
  const changes = { trial_end: now, billing_cycle_anchor: now, items: { ...subscription.items, data } };
  return world.change("subscriptions", id, changes, "customer.subscription.updated");
}

function listSubscriptions(world: World, params: Params): object {
  const page = readPage(params);
  const customer = params.string("customer");
  const price = params.string("price");
  const status = params.string("status");
  const created = params.timeRange("created");
  const clock = params.string("test_clock");
  params.ignore("automatic_tax", "collection_method", "customer_account");
  params.timeRange("current_period_end");
  params.timeRange("current_period_start");
  params.finish();
  if (customer !== undefined && !world.get("customers", customer) && !world.get("deleted", customer)) {
    findByParam(world, "customers", customer, "customer");
  }
  const rows = world.list("subscriptions").filter((subscription) => {
    if (customer !== undefined && subscription.customer !== customer) return false;
    // Those on test clocks are only listed for their clock or their customer.
    const wantsClock = clock ?? (customer === undefined ? null : subscription.test_clock);
    if (subscription.test_clock !== wantsClock) return false;
    if (price !== undefined && !subscription.items.data.some((item) => item.price.id === price)) return false;
    if (subscription.created < created.from || subscription.created > created.to) return false;
    if (status === "all") return true;
    if (status === "ended") return isOver(subscription);
    return status === undefined ? subscription.status !== "canceled" : subscription.status === status;
  });
  return paginate(rows, page, "/v1/subscriptions", "subscription");
}
