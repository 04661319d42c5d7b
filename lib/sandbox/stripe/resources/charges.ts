/** Charges, refunds, and the balance's entries for them. */
import { changeRefund, refundCharge } from "../domain/refunds";
import { invalidRequest } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import type { Charge } from "../wire";
import type { World } from "../world";

export function registerCharges(api: Api, world: World): void {
  api.get("/v1/charges", ({ params }) => {
    const page = readPage(params);
    const customer = params.string("customer");
    const intent = params.string("payment_intent");
    const created = params.timeRange("created");
    params.finish();
    const rows = world.list("charges").filter((charge) => {
      if (customer !== undefined && charge.customer !== customer) return false;
      if (intent !== undefined && charge.payment_intent !== intent) return false;
      return charge.created >= created.from && charge.created <= created.to;
    });
    return paginate(rows, page, "/v1/charges", "charge");
  });

  api.get("/v1/charges/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "charges", path("id"));
  });

  api.post("/v1/charges/:id", ({ params, path }) => {
    const charge = findByPath(world, "charges", path("id"));
    const metadata = mergeMetadata(charge.metadata, params.metadata());
    params.finish();
    return world.change("charges", charge.id, { metadata }, "charge.updated");
  });

  api.get("/v1/charges/:id/refunds", ({ params, path }) => {
    const charge = findByPath(world, "charges", path("id"));
    const page = readPage(params);
    params.finish();
    return paginate(charge.refunds.data.toReversed(), page, charge.refunds.url, "refund");
  });

  registerRefunds(api, world);

  api.get("/v1/balance_transactions/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "balance_transactions", path("id"));
  });
}

function registerRefunds(api: Api, world: World): void {
  api.post("/v1/refunds", ({ params }) => {
    const charge = readRefunded(world, params);
    const amount = params.integer("amount", { minimum: 1 }) ?? null;
    const reason = params.oneOf("reason", ["duplicate", "fraudulent", "requested_by_customer"]) ?? null;
    const metadata = mergeMetadata(null, params.metadata());
    params.ignore("refund_application_fee", "reverse_transfer");
    params.finish();
    return refundCharge(world, { charge, amount, reason, metadata });
  });

  api.get("/v1/refunds", ({ params }) => {
    const page = readPage(params);
    const charge = params.string("charge");
    const intent = params.string("payment_intent");
    const created = params.timeRange("created");
    params.finish();
    const rows = world.list("refunds").filter((refund) => {
      if (charge !== undefined && refund.charge !== charge) return false;
      if (intent !== undefined && refund.payment_intent !== intent) return false;
      return refund.created >= created.from && refund.created <= created.to;
    });
    return paginate(rows, page, "/v1/refunds", "refund");
  });

  api.get("/v1/refunds/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "refunds", path("id"));
  });

  api.post("/v1/refunds/:id", ({ params, path }) => {
    const refund = findByPath(world, "refunds", path("id"));
    const metadata = mergeMetadata(refund.metadata, params.metadata());
    params.finish();
    return changeRefund(world, refund.id, { metadata });
  });

  // Only refunds that wait for their owner's bank details can be called off, and none of the sandbox's do.
  api.post("/v1/refunds/:id/cancel", ({ params, path }) => {
    const refund = findByPath(world, "refunds", path("id"));
    params.finish();
    if (refund.status !== "requires_action") {
      const message = `Refund ${refund.id} has a status of ${refund.status}; only refunds with a status of requires_action can be canceled.`;
      throw invalidRequest(message, "status_transition_invalid");
    }
    return changeRefund(world, refund.id, { status: "canceled" });
  });
}

/** The charge that a refund names, itself or by its PaymentIntent. */
function readRefunded(world: World, params: Params): Charge {
  const chargeId = params.string("charge");
  const intentId = params.string("payment_intent");
  if (chargeId !== undefined) return findByParam(world, "charges", chargeId, "charge");
  if (intentId === undefined) {
    throw invalidRequest(
      "One of the following params should be provided for this request: payment_intent or charge.",
    );
  }
  const intent = findByParam(world, "payment_intents", intentId, "payment_intent");
  if (intent.status === "succeeded" && intent.latest_charge)
    return world.need("charges", intent.latest_charge);
  throw invalidRequest(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`);
}
