import { cardError, findOrCreateMethod } from "../domain/payments";
import { setUpCard } from "../domain/set-up-card";
import { invalidRequest, missingParam } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata } from "../http/params";
import type { Api } from "../http/router";
import { makeSetupIntent } from "../objects/make-setup-intent";
import type { SetupIntent } from "../wire";
import type { World } from "../world";

export function registerSetupIntents(api: Api, world: World): void {
  api.post("/v1/setup_intents", ({ params }) => {
    const customerId = params.string("customer");
    const customer =
      customerId === undefined ? null : findByParam(world, "customers", customerId, "customer").id;
    const wanted = params.string("payment_method");
    const confirms = params.boolean("confirm") ?? false;
    const description = params.string("description") ?? null;
    const metadata = mergeMetadata(null, params.metadata());
    const usage = params.oneOf("usage", ["off_session", "on_session"]);
    const returnUrl = params.string("return_url") ?? null;
    params.ignore("automatic_payment_methods", "payment_method_types");
    params.finish();
    const paymentMethod = wanted ? findOrCreateMethod(world, wanted, "payment_method").id : null;
    const intent = makeSetupIntent({
      created: world.now(),
      customer,
      paymentMethod,
      description,
      metadata,
      usage,
    });
    world.add("setup_intents", intent, "setup_intent.created");
    return confirms && paymentMethod ? confirm(world, intent, paymentMethod, returnUrl) : intent;
  });

  api.get("/v1/setup_intents", ({ params }) => {
    const page = readPage(params);
    const customer = params.string("customer");
    const method = params.string("payment_method");
    const created = params.timeRange("created");
    params.finish();
    const rows = world.list("setup_intents").filter((intent) => {
      if (customer !== undefined && intent.customer !== customer) return false;
      if (method !== undefined && intent.payment_method !== method) return false;
      return intent.created >= created.from && intent.created <= created.to;
    });
    return paginate(rows, page, "/v1/setup_intents", "setupintent");
  });

  api.get("/v1/setup_intents/:id", ({ params, path }) => {
    params.ignore("client_secret");
    params.finish();
    return findByPath(world, "setup_intents", path("id"));
  });

  api.post("/v1/setup_intents/:id/confirm", ({ params, path }) => {
    const intent = findByPath(world, "setup_intents", path("id"));
    const wanted = params.string("payment_method") ?? intent.payment_method;
    const returnUrl = params.string("return_url") ?? null;
    params.finish();
    if (!wanted) throw missingParam("payment_method");
    refuseFinished(intent, "confirm");
    return confirm(world, intent, findOrCreateMethod(world, wanted, "payment_method").id, returnUrl);
  });

  api.post("/v1/setup_intents/:id/cancel", ({ params, path }) => {
    const intent = findByPath(world, "setup_intents", path("id"));
    const reasons = ["abandoned", "duplicate", "requested_by_customer"] as const;
    const cancellation_reason = params.oneOf("cancellation_reason", reasons) ?? null;
    params.finish();
    refuseFinished(intent, "cancel");
    const changes = { status: "canceled" as const, cancellation_reason, next_action: null };
    return world.change("setup_intents", intent.id, changes, "setup_intent.canceled");
  });
}

function refuseFinished(intent: SetupIntent, verb: string): void {
  if (intent.status !== "succeeded" && intent.status !== "canceled") return;
  const message = `You cannot ${verb} this SetupIntent because it has a status of ${intent.status}.`;
  throw invalidRequest(message, "setup_intent_unexpected_state");
}

/** @throws ApiError 402 when the bank refuses the card */
function confirm(world: World, intent: SetupIntent, method: string, returnUrl: string | null): SetupIntent {
  const authenticationUrl = `${world.baseUrl}/setup_intents/${intent.id}/3ds`;
  const outcome = setUpCard(world, intent.id, method, { authenticated: false, authenticationUrl, returnUrl });
  const after = world.need("setup_intents", intent.id);
  if (outcome.kind !== "declined") return after;
  throw cardError(outcome.decline, {
    payment_method: world.need("payment_methods", method),
    setup_intent: after,
  });
}
